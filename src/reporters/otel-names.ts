/**
 * Names of the OpenTelemetry conventions for generative AI (semantic-conventions-genai, status Development: they may change, and
 * then here alone). What they have no name for stands below `drill.`.
 */
export const GEN_AI = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  agent: 'gen_ai.agent.name',
  workflow: 'gen_ai.workflow.name',
  model: 'gen_ai.request.model',
  stream: 'gen_ai.request.stream',
  maxTokens: 'gen_ai.request.max_tokens',
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  /** Seconds. */
  firstChunk: 'gen_ai.response.time_to_first_chunk',
  tool: 'gen_ai.tool.name',
  toolCall: 'gen_ai.tool.call.id',
  evaluation: 'gen_ai.evaluation.name',
  evaluationLabel: 'gen_ai.evaluation.score.label',
  evaluationWhy: 'gen_ai.evaluation.explanation',
  /** The name of an event. */
  evaluationResult: 'gen_ai.evaluation.result',
  // Of the stable conventions.
  error: 'error.type',
  status: 'http.response.status_code',
  resends: 'http.request.resend_count',
} as const;

/** What a call in a protocol does; `chat` in all others. */
export const OPERATIONS: Record<string, string> = { gemini: 'generate_content' };

/** Well-known values of `gen_ai.provider.name` for names under which providers are configured; others stay as they are. */
export const PROVIDERS: Record<string, string> = {
  azure: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  gemini: 'gcp.gemini',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  vertex: 'gcp.vertex_ai',
  xai: 'x_ai',
};
