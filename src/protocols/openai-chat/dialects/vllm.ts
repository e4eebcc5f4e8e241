import type { ErrorPart } from '../../../core/wire.ts';
import { isWholeReply } from '../../errors.ts';
import { openaiErrors } from '../../openai-errors.ts';
import { type ChatBody, type ChatChoice, type Dialect, eventOf, withoutNulls } from '../dialect.ts';
import { FIELDS } from '../openai.ts';

const BAD_REQUEST = { status: 400, type: 'BadRequestError' };

/** Classes in place of codes. What it does not say by itself, the gateway that stands before it says the same way. */
const shared = openaiErrors(FIELDS, {
  rows: {
    timeout: { status: 408, type: 'RequestTimeoutError' },
    rate_limit: { status: 429, type: 'RateLimitError' },
    quota_exhausted: { status: 429, type: 'RateLimitError', says: 'Quota exceeded' },
    auth: { status: 401, type: 'AuthenticationError' },
    regional_access: { status: 403, type: 'PermissionDeniedError', says: 'Not available in your region' },
    model_not_found: { status: 404, type: 'NotFoundError', param: 'model' },
    context_overflow: { ...BAD_REQUEST, param: 'input_tokens' },
    schema_error: { ...BAD_REQUEST, param: 'response_format' },
    tool_mismatch: { ...BAD_REQUEST, says: '"auto" tool choice requires --enable-auto-tool-choice' },
    safety_block: { ...BAD_REQUEST, says: 'Blocked by a content policy' },
    server_error: { status: 500, type: 'InternalServerError' },
    overloaded: { status: 503, type: 'ServiceUnavailableError' },
  },
  usual: BAD_REQUEST,
  names: { InternalServerError: 'server_error', ServiceUnavailableError: 'overloaded' },
});

/** The status is the code. What looks at keys stands before the API, and says it in one word. */
function body(part: ErrorPart): object {
  if (part.mode === 'auth' && isWholeReply(part)) return { error: part.message };
  return { error: { ...shared.error(part), code: part.status ?? shared.rows[part.mode].status } };
}

const MESSAGE = { refusal: null, annotations: null, audio: null, function_call: null, tool_calls: [] };

function choiceOf({ message, delta, ...choice }: ChatChoice): object {
  const said = message === undefined ? { delta: withoutNulls(delta ?? {}) } : { message: asMessage(message) };
  return { ...choice, ...said, ...(choice.finish_reason !== null && { stop_reason: null }), token_ids: null };
}

const asMessage = (message: object) => ({ ...MESSAGE, ...message, annotations: null });

function dress({ choices, usage, service_tier, system_fingerprint, ...said }: ChatBody): object {
  return {
    ...said,
    choices: choices.map(choiceOf),
    ...(usage != null && { usage: { ...usage, prompt_tokens_details: null } }),
    ...(said.object === 'chat.completion' && { service_tier: null, system_fingerprint: null, prompt_logprobs: null }),
  };
}

export const vllm: Dialect = {
  summary: 'vLLM: numeric codes and class names in errors, thoughts as `reasoning`, [DONE] after an error too.',
  example:
    'backup: { provider: vllm, protocol: openai-chat, dialect: vllm, base_url: http://localhost:8000/v1, model: qwen3-8b, key_env: VLLM_API_KEY }',
  api: 'vllm',
  serves: (api) => api === 'openai' || api === 'anthropic',
  keyEnvs: { VLLM_API_KEY: 'if set' },
  errors: { ...shared, indent: 0, body },
  headers: () => [['server', 'uvicorn']],
  thoughts: 'reasoning',
  dress,
  failure: (error) => [eventOf(error), 'data: [DONE]\n\n'],
};
