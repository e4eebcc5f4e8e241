import { FAILURE_MODES, type FailureMode } from '../core/taxonomy.ts';
import type { ErrorPart, Head, Headers } from '../core/wire.ts';
import { header } from '../core/wire.ts';
import { formatHttpDate, parseHttpDate } from '../text/http-date.ts';

/** How a provider says one failure mode. */
export interface ErrorRow {
  status: number;
  type: string;
  code?: string;
  param?: string;
  /** Words the message must have, where nothing else on the wire names the mode. */
  says?: string;
}

/** What a provider's error body says, once read. */
export interface ReadError {
  mode: FailureMode;
  message: string;
  param?: string;
}

/** How a provider says failures, and what it means by them. */
export interface ErrorVoice {
  rows: Record<FailureMode, ErrorRow>;
  /** Undefined where a body names no failure mode. */
  read(json: unknown): ReadError | undefined;
  /** When to come back, where it is the body that says so and no header. */
  readWait?(json: unknown): ErrorPart['retryAfter'];
  body(part: ErrorPart, id: string): object;
  /** Headers of an error reply, among them when to come back. */
  headers(part: ErrorPart, atMs: number): Headers;
  /** What stands before the `data:` of an error inside a stream. */
  event: string;
  /** Spaces by which the body of an error reply is indented. */
  indent?: number;
}

/** The rows of an API that says modes without a row of their own all alike. */
export const rowsWith = (usual: ErrorRow, rows: Partial<Record<FailureMode, ErrorRow>>): ErrorVoice['rows'] => ({
  ...(Object.fromEntries(Object.keys(FAILURE_MODES).map((mode) => [mode, usual])) as ErrorVoice['rows']),
  ...rows,
});

/** Failure modes by the words that name them; a word of the language, such as `constructor`, names none. */
export const named = (words: Record<string, FailureMode>) => new Map(Object.entries(words));

export const MALFORMED = 'the reply could not be read';
export const TRUNCATED = 'the reply stopped before it was finished';

/** Whether the part is the whole reply: an HTTP error instead of an answer. */
export function isWholeReply(part: ErrorPart): boolean {
  return part.inBand !== true && part.mode !== 'truncated';
}

/** When the provider's own counters say that there is room again: in a minute where the error says nothing. */
export const resetMs = ({ retryAfter }: ErrorPart): number => Math.max(0, retryAfter?.ms ?? 60_000);

/** The last resort, when the body names nothing. A page instead of JSON on 403 is a network border's. */
export function modeOfStatus(status: number, isJson: boolean): FailureMode {
  if (status === 401) return 'auth';
  if (status === 402) return 'quota_exhausted';
  if (status === 403) return isJson ? 'auth' : 'regional_access';
  if (status === 404) return 'model_not_found';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate_limit';
  if (status === 451) return 'regional_access';
  if (status === 529) return 'overloaded';
  return status >= 500 ? 'server_error' : 'unknown';
}

/** `retry-after-ms` before `retry-after`, in seconds or as a date. */
export function readRetryAfter(headers: Headers, nowMs: number): ErrorPart['retryAfter'] {
  const ms = header(headers, 'retry-after-ms')?.trim();
  if (ms !== undefined && /^\d+(\.\d+)?$/.test(ms)) return { ms: Math.ceil(Number(ms)), as: 'seconds' };
  const after = header(headers, 'retry-after')?.trim();
  if (after === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(after)) return { ms: Math.ceil(Number(after) * 1000), as: 'seconds' };
  const date = parseHttpDate(after);
  return date === undefined ? undefined : { ms: Math.max(0, date - nowMs), as: 'http-date' };
}

/** Rounded up to the whole second, so that nobody is told to come back too early. */
export function writeRetryAfter(part: ErrorPart, atMs: number): Headers {
  if (part.retryAfter === undefined) return [];
  const { ms, as } = part.retryAfter;
  if (as === 'garbage') return [['retry-after', 'soon']];
  if (as === 'seconds') return [['retry-after', String(Math.ceil(ms / 1000))]];
  return [['retry-after', formatHttpDate(Math.ceil((atMs + ms) / 1000) * 1000)]];
}

const GATEWAY: Record<number, string> = {
  502: 'Bad gateway',
  503: 'Service unavailable',
  504: 'Gateway time-out',
  520: 'Web server is returning an unknown error',
  522: 'Connection timed out',
  524: 'A timeout occurred',
};

/** The reply of the network in front of a provider: a page, no JSON, no request id. Undefined where the provider itself speaks. */
export function gatewayPage(part: ErrorPart, id: string, atMs: number): { head: Head; body: string } | undefined {
  const status = part.status ?? 200;
  const title = part.mode === 'malformed_response' ? 'Just a moment…' : part.mode === 'server_error' && GATEWAY[status];
  if (title === undefined || title === false) return undefined;
  const headers: Headers = [
    ['date', formatHttpDate(atMs)],
    ['content-type', 'text/html; charset=UTF-8'],
    ['server', 'cloudflare'],
    ['cf-ray', `${id}-FRA`],
  ];
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head>\n<body><h1>${status} ${title}</h1></body></html>\n`;
  return { head: { status, headers, framing: 'length' }, body };
}
