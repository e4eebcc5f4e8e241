import type { ErrorPart, Headers } from '../../../core/wire.ts';
import { isWholeReply, writeRetryAfter } from '../../errors.ts';
import { openaiErrors } from '../../openai-errors.ts';
import { hashOf } from '../../openai-plain.ts';
import type { Complaint } from '../../request.ts';
import { type ChatBody, type ChatChoice, type Dialect, plainUsage, type Refusal, withoutNulls } from '../dialect.ts';
import { FIELDS } from '../openai.ts';

const BAD_REQUEST = { status: 400, type: 'invalid_request_error' };

const shared = openaiErrors(FIELDS, {
  rows: {
    timeout: { status: 408, type: 'request_timeout', says: 'Request timed out' },
    rate_limit: { status: 429, type: 'rate_limited', code: '1300' },
    quota_exhausted: { status: 402, type: 'invalid_request_error', says: 'usage limit' },
    auth: { status: 401, type: 'invalid_request_error', says: 'Unauthorized' },
    regional_access: { status: 403, type: 'invalid_request_error', says: 'not available in your region' },
    model_not_found: { ...BAD_REQUEST, type: 'invalid_model', code: '1500' },
    context_overflow: { ...BAD_REQUEST, code: '3051', says: 'maximum context length' },
    schema_error: { ...BAD_REQUEST, says: 'response_format' },
    tool_mismatch: { ...BAD_REQUEST, says: 'Function calling is not enabled for this model' },
    safety_block: { ...BAD_REQUEST, says: 'blocked by a content policy' },
    server_error: { status: 500, type: 'internal_server_error', code: '1000' },
    // A model that has no room is told as a limit of the caller's.
    overloaded: { status: 429, type: 'service_tier_capacity_exceeded', code: '3505' },
  },
  names: {
    rate_limited: 'rate_limit',
    invalid_model: 'model_not_found',
    '3051': 'context_overflow',
    internal_server_error: 'server_error',
    service_tier_capacity_exceeded: 'overloaded',
  },
});

/** Rules of the conversation have types and codes of their own. */
const RULES = [
  { says: /^Tool call id was /, type: 'invalid_function_call', code: '3280' },
  { says: /^Expected last role|^Unexpected role/, type: 'invalid_request_message_order', code: '3230' },
];

/** Flat: nothing stands around it. */
function body(part: ErrorPart, id: string): object {
  const { message, type, code } = shared.error(part);
  const status = part.status ?? shared.rows[part.mode].status;
  if (part.mode === 'auth' && isWholeReply(part)) return { message, request_id: id };
  const flat = { object: 'error', message, type, param: null, code, raw_status_code: status };
  if (status === 422) return { ...flat, message: { detail: [detailOf(part)] }, code: null };
  const rule = RULES.find(({ says }) => says.test(message));
  return { ...flat, ...(rule && { type: rule.type, code: rule.code }) };
}

/** What is wrong at one place of the body: the place is told beside it. */
const detailOf = ({ message, param = '', code }: ErrorPart) => ({
  type: code,
  loc: ['body', ...param.split('.').map((key) => (/^\d+$/.test(key) ? Number(key) : key))],
  msg: message.replace(`${param}: `, ''),
});

const WRONG = {
  missing: { code: 'missing', says: 'Field required' },
  unexpected: { code: 'extra_forbidden', says: 'Extra inputs are not permitted' },
  invalid: { code: 'value_error', says: 'Value error' },
};

function complain({ path, what, detail }: Complaint): Refusal {
  const { code, says } = WRONG[what];
  const param = path.map(String).join('.');
  return { status: 422, param, code, message: `${param}: ${says}${what === 'invalid' ? `, ${detail}` : ''}` };
}

function headers(part: ErrorPart, atMs: number): Headers {
  if (part.mode !== 'rate_limit') return writeRetryAfter(part, atMs);
  return [
    ...writeRetryAfter(part, atMs),
    ['x-ratelimit-limit-req-minute', '60'],
    ['x-ratelimit-remaining-req-minute', '0'],
  ];
}

/** Nine letters and digits, the same ones for the same id. */
function callId(id: string): string {
  if (/^[a-zA-Z0-9]{9}$/.test(id)) return id;
  return hashOf(id).toString(36).padStart(7, '0') + hashOf(`${id}/2`).toString(36).padStart(2, '0').slice(-2);
}

function choiceOf({ message, delta, index, finish_reason }: ChatChoice): object {
  const { annotations: _, refusal, ...said } = message ?? delta ?? {};
  const words = { ...said, ...(typeof refusal === 'string' && { refusal }) };
  if (message === undefined) return { index, delta: withoutNulls({ content: '', ...words }), finish_reason };
  return { index, message: { tool_calls: null, ...words, content: said['content'] ?? '' }, finish_reason };
}

/** Its clients take no null for a usage. */
const dress = ({ id, object, created, model, choices, usage }: ChatBody): object => ({
  id,
  object,
  created,
  model,
  choices: choices.map(choiceOf),
  ...plainUsage(usage),
});

export const mistral: Dialect = {
  summary: 'Mistral: flat errors, strict parameters and turns, ids of tool calls of nine letters and digits.',
  example:
    'backup: { provider: mistral, protocol: openai-chat, dialect: mistral, base_url: https://api.mistral.ai/v1, model: mistral-small-latest, key_env: MISTRAL_API_KEY }',
  api: 'mistral',
  keyEnvs: { MISTRAL_API_KEY: 'always' },
  keeps: ['mistral-correlation-id'],
  rules: { tool_call_ids: { pattern: '[a-z0-9]{9}', max_length: 9 }, turns: 'answered' },
  limit: 'max_tokens',
  foreign: ['max_completion_tokens'],
  complain,
  errors: { ...shared, indent: 0, body, headers },
  idOf: ({ id }) => id.padStart(32, '0'),
  headers: ({ id }) => [
    ['mistral-correlation-id', `${id}-0000-7000-8000-000000000000`],
    ['x-kong-request-id', `${id}-0000-7000-8000-000000000000`],
    ['x-ratelimit-limit-req-minute', '60'],
    ['x-ratelimit-remaining-req-minute', '59'],
  ],
  callId,
  wholeCalls: true,
  usage: 'with the end',
  dress,
  idle: 'none',
};
