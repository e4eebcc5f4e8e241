import type { Message, ToolCall, ToolSchema } from '../core/model-call.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { EndReason } from '../core/wire.ts';

/** One call to a model, whoever serves it. Messages may carry tool calls, and `tool` messages their results. */
export interface ModelRequest {
  taskId: string;
  tenantId: string;
  messages: Message[];
  tools?: ToolSchema[];
  /** JSON Schema the reply must follow. */
  responseSchema?: unknown;
  maxOutputTokens: number;
  temperature: number;
  /** The reply is to come as a stream. It is handed out whole all the same: nobody reads what is not known to be good. */
  stream?: boolean;
  /** Whole milliseconds for this one call, connection and body together; of a stream, for its first piece and for each further one. */
  timeoutMs: number;
  /** Of a stream: whole milliseconds for all of it, however well it flows. Without it there is no such limit. */
  streamMs?: number;
}

/** What came of one call, normalised: the same shape from every provider. */
export interface ModelResult {
  provider: string;
  model: string;
  status: 'ok' | 'timeout' | 'rate_limited' | 'blocked' | 'invalid_schema' | 'failed';
  /** The exact failure behind the status; absent where it is `ok`. */
  failureMode?: FailureMode;
  /** What the model wrote, kept also where it fails validation. */
  text?: string;
  /** The parsed text, where a `responseSchema` was asked for and met. */
  json?: unknown;
  toolCalls?: ToolCall[];
  finishReason?: EndReason;
  /** `inputTokens` includes cached ones; `costUsd` is in US dollars, absent where the price is unknown. */
  usage?: { inputTokens: number; outputTokens: number; costUsd?: number };
  latencyMs: number;
  /** Milliseconds after which the provider asked to be called again. */
  retryAfterMs?: number;
  /** At most 200 characters of what went wrong, for operators. */
  rawError?: string;
}

/** A model behind one interface. An adapter never rejects for what a provider did: that is a `ModelResult`. */
export interface ModelAdapter {
  readonly name: string;
  readonly supportsTools: boolean;
  readonly supportsJsonSchema: boolean;
  readonly maxContextTokens: number;
  /** How soon it usually answers, as declared; `standard` without. */
  readonly latency?: 'low' | 'standard';
  /** The model's name, for the log; without it the adapter's name is used. */
  readonly model?: string;
  /** The most a request can cost in US dollars; where that is not known the budget is not asked beforehand. */
  worstCaseUsd?(request: ModelRequest): number | undefined;
  /** Rejects only with the signal's reason, when the caller leaves. */
  call(request: ModelRequest, signal?: AbortSignal): Promise<ModelResult>;
}

const STATUS_OF: Partial<Record<FailureMode, ModelResult['status']>> = {
  timeout: 'timeout',
  rate_limit: 'rate_limited',
  safety_block: 'blocked',
  schema_error: 'invalid_schema',
};

export function statusOf(mode: FailureMode): ModelResult['status'] {
  return STATUS_OF[mode] ?? 'failed';
}

const MODE_OF = {
  timeout: 'timeout',
  rate_limited: 'rate_limit',
  blocked: 'safety_block',
  invalid_schema: 'schema_error',
  failed: 'unknown',
} as const satisfies Record<Exclude<ModelResult['status'], 'ok'>, FailureMode>;

/** The failure mode of a result, read from its status where an adapter gives no more; null where all went well. */
export function failureModeOf(result: ModelResult): FailureMode | null {
  return result.status === 'ok' ? null : (result.failureMode ?? MODE_OF[result.status]);
}
