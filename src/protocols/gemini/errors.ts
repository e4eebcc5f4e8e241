import type { FailureMode } from '../../core/taxonomy.ts';
import type { ErrorPart } from '../../core/wire.ts';
import { isRecord, type Json } from '../../text/json.ts';
import { type ErrorVoice, gatewayPage, named, type ReadError, rowsWith } from '../errors.ts';
import { asList, asRecord, asText } from '../json.ts';

const BAD_REQUEST = { status: 400, type: 'INVALID_ARGUMENT' };

/** How Google says each failure mode. Its status names the class; what it is about stands in the details or in the message. */
const ROWS = rowsWith(BAD_REQUEST, {
  timeout: { status: 504, type: 'DEADLINE_EXCEEDED' },
  rate_limit: { status: 429, type: 'RESOURCE_EXHAUSTED' },
  quota_exhausted: { status: 429, type: 'RESOURCE_EXHAUSTED' },
  auth: { ...BAD_REQUEST, code: 'API_KEY_INVALID' },
  regional_access: {
    status: 400,
    type: 'FAILED_PRECONDITION',
    says: 'User location is not supported for the API use.',
  },
  model_not_found: { status: 404, type: 'NOT_FOUND' },
  context_overflow: {
    ...BAD_REQUEST,
    says: 'The input token count exceeds the maximum number of tokens allowed.',
  },
  schema_error: { ...BAD_REQUEST, param: 'generation_config.response_schema' },
  tool_mismatch: { ...BAD_REQUEST, says: 'Function calling is not enabled for this model.' },
  safety_block: { ...BAD_REQUEST, says: 'The request contains prohibited content.' },
  server_error: { status: 500, type: 'INTERNAL' },
  overloaded: { status: 503, type: 'UNAVAILABLE' },
  network: { status: 502, type: 'UNAVAILABLE' },
  truncated: { status: 500, type: 'INTERNAL' },
  malformed_response: { status: 200, type: 'INTERNAL' },
});

/** The status that goes with an HTTP status other than the usual one of a mode. */
const STATUS: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** Reasons of an `ErrorInfo`, and statuses, that name a mode by themselves. */
const NAMED = named({
  API_KEY_INVALID: 'auth',
  API_KEY_SERVICE_BLOCKED: 'auth',
  BILLING_DISABLED: 'quota_exhausted',
  RATE_LIMIT_EXCEEDED: 'rate_limit',
  UNAUTHENTICATED: 'auth',
  PERMISSION_DENIED: 'auth',
  NOT_FOUND: 'model_not_found',
  RESOURCE_EXHAUSTED: 'rate_limit',
  DEADLINE_EXCEEDED: 'timeout',
  CANCELLED: 'timeout',
  UNAVAILABLE: 'overloaded',
  INTERNAL: 'server_error',
  UNKNOWN: 'server_error',
});

/** What messages of the unspecific statuses tell. */
const SAID: [RegExp, FailureMode][] = [
  [/token count.* exceeds/i, 'context_overflow'],
  [/location is not supported/i, 'regional_access'],
  [/prohibited content/i, 'safety_block'],
  [/API key (?:not valid|expired)/i, 'auth'],
  [/billing/i, 'quota_exhausted'],
  [/function calling is not|malformed function call|unexpected tool call|too many tool calls/i, 'tool_mismatch'],
];

const RPC = 'type.googleapis.com/google.rpc.';
/** Where quotas are counted: of so many requests a minute, or a day. */
const QUOTA = 'GenerateRequestsPerMinutePerProjectPerModel';
const DAY_QUOTA = 'GenerateRequestsPerDayPerProjectPerModel';

function read(json: unknown): ReadError | undefined {
  if (!isRecord(json) || !isRecord(json['error'])) return undefined;
  const { status, message, details } = json['error'];
  const text = asText(message);
  const detail = (type: string) => detailIn(details, type);
  const field = asRecord(asList(detail('BadRequest')['fieldViolations'])[0])['field'];
  const unspecific = status === 'INVALID_ARGUMENT' || status === 'FAILED_PRECONDITION';
  const mode =
    NAMED.get(asText(detail('ErrorInfo')['reason'])) ??
    (asList(detail('QuotaFailure')['violations']).some(isSpent) ? 'quota_exhausted' : undefined) ??
    (unspecific ? (SAID.find(([pattern]) => pattern.test(text))?.[1] ?? modeOfField(asText(field))) : undefined) ??
    NAMED.get(asText(status));
  if (mode === undefined) return undefined;
  return { mode, message: text, ...(typeof field === 'string' && { param: field }) };
}

const detailIn = (details: unknown, type: string): Json =>
  asRecord(asList(details).find((d) => asRecord(d)['@type'] === RPC + type));

function readWait(json: unknown): ErrorPart['retryAfter'] {
  const { details } = asRecord(asRecord(json)['error']);
  const ms = milliseconds(detailIn(details, 'RetryInfo')['retryDelay']);
  return ms === undefined ? undefined : { ms, as: 'seconds' };
}

/** A quota of which there is nothing left today, or of which there never was anything. */
function isSpent(violation: unknown): boolean {
  const { quotaId, quotaValue } = asRecord(violation);
  return asText(quotaId).includes('PerDay') || quotaValue === '0';
}

function modeOfField(field: string): FailureMode | undefined {
  if (/^generation_config\.response_/.test(field)) return 'schema_error';
  return field === 'tool_config' ? 'tool_mismatch' : undefined;
}

/** Of a duration as JSON has it: `17s`, `0.25s`. */
function milliseconds(duration: unknown): number | undefined {
  const [, seconds] = /^(\d+(?:\.\d+)?)s$/.exec(asText(duration)) ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

const duration = (ms: number) => `${ms / 1000}s`;

/** What an error says of when to come back: only its body does, and no page of a gateway. */
export function waitIn(part: ErrorPart): number | undefined {
  if (part.retryAfter === undefined || part.retryAfter.as === 'garbage') return undefined;
  return gatewayPage(part, '', 0) === undefined ? Math.max(0, part.retryAfter.ms) : undefined;
}

function detailsOf(part: ErrorPart, model: string): object[] {
  const { mode, param, retryAfter, message } = part;
  const { code: reason, param: usual } = ROWS[mode];
  const field = param ?? usual;
  const quotaId = mode === 'rate_limit' ? QUOTA : mode === 'quota_exhausted' ? DAY_QUOTA : undefined;
  const ms = waitIn(part);
  const retryDelay = retryAfter?.as === 'garbage' ? 'soon' : ms === undefined ? undefined : duration(ms);
  const violation = {
    quotaMetric: 'generativelanguage.googleapis.com/generate_content_requests',
    quotaId,
    quotaDimensions: { location: 'global', model },
    quotaValue: '1000',
  };
  const links = [
    { description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' },
  ];
  return [
    ...(reason === undefined
      ? []
      : [{ '@type': `${RPC}ErrorInfo`, reason, domain: 'googleapis.com', metadata: { service: SERVICE } }]),
    ...(field === undefined
      ? []
      : [
          {
            '@type': `${RPC}BadRequest`,
            fieldViolations: [{ ...(field !== '' && { field }), description: message }],
          },
        ]),
    ...(quotaId === undefined
      ? []
      : [
          { '@type': `${RPC}QuotaFailure`, violations: [violation] },
          { '@type': `${RPC}Help`, links },
        ]),
    ...(retryDelay === undefined ? [] : [{ '@type': `${RPC}RetryInfo`, retryDelay }]),
  ];
}

const SERVICE = 'generativelanguage.googleapis.com';

/** An error names the model whose quota it is. */
export const errorsFor = (model: string): ErrorVoice => ({
  rows: ROWS,
  read,
  readWait,
  body(part) {
    const { mode, message } = part;
    const { status: usual, type, says } = ROWS[mode];
    const code = part.status ?? usual;
    const status = code === usual ? type : (STATUS[code] ?? type);
    const details = detailsOf(part, model);
    const told = says === undefined || read({ error: { status, message } })?.mode === mode;
    const error = { code, message: told ? message : `${says} ${message}`, status };
    return { error: { ...error, ...(details.length > 0 && { details }) } };
  },
  // When to come back stands in the body alone.
  headers: () => [],
  event: '',
  indent: 2,
});
