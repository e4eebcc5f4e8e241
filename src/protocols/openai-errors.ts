import { FailureMode } from '../core/taxonomy.ts';
import type { ErrorPart, Headers } from '../core/wire.ts';
import { isRecord, type Json } from '../text/json.ts';
import { type ErrorRow, type ErrorVoice, modeOfStatus, named, resetMs, rowsWith, writeRetryAfter } from './errors.ts';
import { asText } from './json.ts';

const BAD_REQUEST = { status: 400, type: 'invalid_request_error' };

/** What one of OpenAI's APIs calls the fields that errors name. */
interface Fields {
  conversation: string;
  format: string;
}

/** How OpenAI says each failure mode. Modes no provider says are a bad request, and a proxy's word for the network. */
const rowsFor = ({ conversation, format }: Fields, usual: ErrorRow) =>
  rowsWith(usual, {
    timeout: { status: 408, type: 'server_error', code: 'timeout' },
    rate_limit: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
    quota_exhausted: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
    auth: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
    regional_access: { status: 403, type: 'request_forbidden', code: 'unsupported_country_region_territory' },
    model_not_found: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
    context_overflow: { ...BAD_REQUEST, param: conversation, code: 'context_length_exceeded' },
    schema_error: { ...BAD_REQUEST, param: format },
    tool_mismatch: { ...BAD_REQUEST, param: 'tools', code: 'unsupported_parameter' },
    safety_block: { ...BAD_REQUEST, code: 'content_policy_violation' },
    server_error: { status: 500, type: 'server_error' },
    overloaded: { status: 503, type: 'service_unavailable_error', code: 'server_is_overloaded' },
    network: { status: 502, type: 'server_error' },
    truncated: { status: 500, type: 'server_error' },
    malformed_response: { status: 200, type: 'server_error' },
  });

/** Codes and types that name a mode by themselves. */
const NAMED = named({
  timeout: 'timeout',
  rate_limit_exceeded: 'rate_limit',
  rate_limit_error: 'rate_limit',
  slow_down: 'rate_limit',
  requests: 'rate_limit',
  tokens: 'rate_limit',
  insufficient_quota: 'quota_exhausted',
  credit_balance_exhausted: 'quota_exhausted',
  invalid_api_key: 'auth',
  unsupported_country_region_territory: 'regional_access',
  data_residency_mismatch: 'regional_access',
  model_not_found: 'model_not_found',
  NotFoundError: 'model_not_found',
  context_length_exceeded: 'context_overflow',
  invalid_function_parameters: 'schema_error',
  invalid_json_schema: 'schema_error',
  previous_response_not_found: 'unknown',
  vector_store_timeout: 'timeout',
  content_filter: 'safety_block',
  content_policy_violation: 'safety_block',
  bio_policy: 'safety_block',
  misalignment_policy_violation: 'safety_block',
  // In words it is any bad prompt; it is said of those that the provider's policy forbids.
  invalid_prompt: 'safety_block',
  server_is_overloaded: 'overloaded',
  service_unavailable_error: 'overloaded',
  server_error: 'server_error',
});

/** What a server that speaks like OpenAI says otherwise. */
interface Differences {
  rows?: Partial<Record<FailureMode, ErrorRow>>;
  /** How it says modes that no provider says. */
  usual?: ErrorRow;
  /** Codes and types that name a mode by themselves. */
  names?: Record<string, FailureMode>;
}

function reader({ rows = {}, names = {} }: Differences): ErrorVoice['read'] {
  const all = new Map([...NAMED, ...named(names)]);
  const sayings = Object.entries(rows).map(([mode, { says }]) => [FailureMode.parse(mode), says] as const);
  const saidIn = (message: string) => sayings.find(([, says]) => says !== undefined && message.includes(says))?.[0];
  return (json) => {
    const error = isRecord(json) ? errorIn(json) : undefined;
    if (error === undefined) return undefined;
    const { code, type, param } = error;
    const message = asText(error['message']);
    // A code that is a number is an HTTP status, as OpenAI-compatible servers write it.
    const mode =
      all.get(asText(code)) ??
      modeOfParam(asText(param)) ??
      all.get(asText(type)) ??
      saidIn(message) ??
      modeOfWords(message) ??
      (typeof code === 'number' ? known(modeOfStatus(code, true)) : undefined);
    return mode && { mode, message, ...(typeof param === 'string' && { param }) };
  };
}

/** The error in a body or an event; some servers say it without an object around it. */
export function errorIn(json: Json): Json | undefined {
  if (isRecord(json['error'])) return json['error'];
  return json['object'] === 'error' ? json : undefined;
}

const known = (mode: FailureMode) => (mode === 'unknown' ? undefined : mode);

function modeOfWords(message: string): FailureMode | undefined {
  if (/maximum context length/i.test(message)) return 'context_overflow';
  // Its status is that of a model that does not exist.
  return /^Item with id .* not found/.test(message) ? 'unknown' : undefined;
}

function modeOfParam(param: string): FailureMode | undefined {
  if (/^(?:response_format|text\.format)|^tools.*\.parameters$/.test(param)) return 'schema_error';
  if (param === 'tools' || param === 'tool_choice') return 'tool_mismatch';
  return param === 'input_tokens' ? 'context_overflow' : undefined;
}

/** The error object, which stands in the body of an error reply and inside streams. */
export interface OpenaiError {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** The voice of one of OpenAI's APIs, or of one like it; `error` is what it says inside its bodies. */
export function openaiErrors(
  fields: Fields,
  differences: Differences = {},
): ErrorVoice & { error(part: ErrorPart): OpenaiError } {
  const rows = { ...rowsFor(fields, differences.usual ?? BAD_REQUEST), ...differences.rows };
  const read = reader(differences);
  const error = ({ mode, message: told, param, code }: ErrorPart): OpenaiError => {
    const { says = '', ...row } = rows[mode];
    const message = told.includes(says) ? told : `${says}: ${told}`;
    return { message, type: row.type, param: param ?? row.param ?? null, code: code ?? row.code ?? null };
  };
  return {
    rows,
    read,
    error,
    body: (part) => ({ error: error(part) }),
    headers: (part, atMs) => [...writeRetryAfter(part, atMs), ...preciseRetryAfter(part), ...rateLimits(part)],
    event: '',
    indent: 4,
  };
}

/** OpenAI adds milliseconds where whole seconds do not say it. */
function preciseRetryAfter({ retryAfter }: ErrorPart): Headers {
  if (retryAfter?.as !== 'seconds' || retryAfter.ms % 1000 === 0) return [];
  return [['retry-after-ms', String(retryAfter.ms)]];
}

function rateLimits(part: ErrorPart): Headers {
  if (part.mode !== 'rate_limit') return [];
  return [
    ['x-ratelimit-limit-requests', '500'],
    ['x-ratelimit-limit-tokens', '200000'],
    ['x-ratelimit-remaining-requests', '0'],
    ['x-ratelimit-remaining-tokens', '198500'],
    ['x-ratelimit-reset-requests', goDuration(resetMs(part))],
    ['x-ratelimit-reset-tokens', '450ms'],
  ];
}

/** `12ms`, `1.5s`, `6m0s`, `24h0m0s`. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
  return `${hours > 0 ? `${hours}h` : ''}${ms >= 60_000 ? `${minutes}m` : ''}${seconds}s`;
}
