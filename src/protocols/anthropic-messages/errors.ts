import type { FailureMode } from '../../core/taxonomy.ts';
import type { ErrorPart, Headers } from '../../core/wire.ts';
import { formatRfc3339 } from '../../text/http-date.ts';
import { isRecord } from '../../text/json.ts';
import { type ErrorVoice, named, type ReadError, resetMs, rowsWith, writeRetryAfter } from '../errors.ts';
import { asRecord, asText } from '../json.ts';

const BAD_REQUEST = { status: 400, type: 'invalid_request_error' };

/** How Anthropic says each failure mode. Much is told by the message alone. */
const ROWS = rowsWith(BAD_REQUEST, {
  timeout: { status: 504, type: 'timeout_error' },
  rate_limit: { status: 429, type: 'rate_limit_error' },
  quota_exhausted: { status: 402, type: 'billing_error' },
  auth: { status: 401, type: 'authentication_error' },
  regional_access: { status: 403, type: 'permission_error', says: 'Not available in your region' },
  model_not_found: { status: 404, type: 'not_found_error' },
  context_overflow: { ...BAD_REQUEST, says: 'prompt is too long' },
  schema_error: { ...BAD_REQUEST, says: 'output_config.format' },
  tool_mismatch: { ...BAD_REQUEST, says: 'tools' },
  safety_block: { ...BAD_REQUEST, says: 'Output blocked by content filtering policy' },
  server_error: { status: 500, type: 'api_error' },
  overloaded: { status: 529, type: 'overloaded_error' },
  network: { status: 502, type: 'api_error' },
  truncated: { status: 500, type: 'api_error' },
  malformed_response: { status: 200, type: 'api_error' },
});

/** `details.error_code` and `type` values that name a mode by themselves. */
const NAMED = named({
  enforced_spend_limit_reached: 'quota_exhausted',
  contract_spend_limit_reached: 'quota_exhausted',
  ramp_limit_exceeded: 'rate_limit',
  tool_name_conflict: 'tool_mismatch',
  available_tools_limit_exceeded: 'tool_mismatch',
  compaction_unavailable: 'overloaded',
  timeout_error: 'timeout',
  rate_limit_error: 'rate_limit',
  billing_error: 'quota_exhausted',
  authentication_error: 'auth',
  permission_error: 'auth',
  not_found_error: 'model_not_found',
  overloaded_error: 'overloaded',
  api_error: 'server_error',
});

/** What messages of the unspecific types tell. */
const SAID: [RegExp, FailureMode][] = [
  [/prompt is too long|exceed context limit/, 'context_overflow'],
  [/API usage limits|credit balance is too low/, 'quota_exhausted'],
  [/content filtering policy/, 'safety_block'],
  [/^output_config\.format/, 'schema_error'],
  [/^tools\b/, 'tool_mismatch'],
];
const REGION = /\bregion\b|\bcountry\b/i;

function read(json: unknown): ReadError | undefined {
  if (!isRecord(json) || !isRecord(json['error'])) return undefined;
  const { type, message, details } = json['error'];
  const text = asText(message);
  const mode =
    NAMED.get(asText(asRecord(details)['error_code'])) ??
    (type === 'permission_error' && REGION.test(text) ? 'regional_access' : undefined) ??
    (type === 'invalid_request_error' ? SAID.find(([pattern]) => pattern.test(text))?.[1] : undefined) ??
    NAMED.get(asText(type));
  return mode === undefined ? undefined : { mode, message: text };
}

export const errors: ErrorVoice = {
  rows: ROWS,
  read,
  body({ mode, message }, id) {
    const { type, says } = ROWS[mode];
    const told = says === undefined || read({ error: { type, message } })?.mode === mode;
    return { type: 'error', error: { type, message: told ? message : `${says}: ${message}` }, request_id: `req_${id}` };
  },
  headers: (part, atMs) => [...writeRetryAfter(part, atMs), ...rateLimits(part, atMs)],
  event: 'event: error\n',
};

function rateLimits(part: ErrorPart, atMs: number): Headers {
  if (part.mode !== 'rate_limit') return [];
  const reset = formatRfc3339(Math.ceil((atMs + resetMs(part)) / 1000) * 1000);
  return [
    ['anthropic-ratelimit-requests-limit', '50'],
    ['anthropic-ratelimit-requests-remaining', '0'],
    ['anthropic-ratelimit-requests-reset', reset],
    ['anthropic-ratelimit-input-tokens-limit', '50000'],
    ['anthropic-ratelimit-input-tokens-remaining', '42000'],
    ['anthropic-ratelimit-input-tokens-reset', reset],
    ['anthropic-ratelimit-output-tokens-limit', '10000'],
    ['anthropic-ratelimit-output-tokens-remaining', '9000'],
    ['anthropic-ratelimit-output-tokens-reset', reset],
  ];
}
