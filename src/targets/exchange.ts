import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { parseJson } from '../text/json.ts';
import { pointedAt } from '../text/json-pointer.ts';

/** More than any answer; the rest is not read. */
const MOST_BYTES = 8_000_000;
const MOST_REDIRECTS = 5;
const ACCEPTED = 202;

/** Why there is no response, or only a part of one, in words. */
export class ExchangeFailure extends Error {
  /** What had come before, where something had. */
  readonly part: Response | undefined;
  /** Whoever was asked may be gone: there was no connection, or it broke. */
  readonly lost: boolean;

  constructor(why: string, { part, lost = false }: { part?: Response; lost?: boolean } = {}) {
    super(why);
    this.part = part;
    this.lost = lost;
  }
}

export interface Polling {
  every_ms: number;
  /** A JSON pointer to the URL of the job; the `location` header without it. */
  url?: string | undefined;
}

type Sent = Pick<RequestInit, 'method' | 'body'> & { headers: Headers };

/**
 * Sends a request and reads the whole response; a job that was only accepted is asked for until it is done. Nothing goes to
 * another host than the one of `url`. Throws an ExchangeFailure, or the signal's reason.
 */
export async function exchange(
  url: URL,
  sent: Sent,
  { clock, poll, signal }: { clock: Clock; poll?: Polling | undefined; signal: AbortSignal },
): Promise<Response> {
  // A connection that was kept may be closed by the service just when it is used again.
  sent.headers.set('connection', 'close');
  const first = await whole(await reached(url, sent, signal), signal);
  if (poll === undefined || first.status !== ACCEPTED) return first;
  const job = jobIn(
    first,
    poll.url === undefined ? undefined : pointedAt(parseJson(await first.text()), poll.url),
    url,
  );
  for (;;) {
    await clock.sleep(poll.every_ms, signal);
    const looked = await whole(await reached(job, asGet(sent), signal), signal);
    if (looked.status !== ACCEPTED) return looked;
  }
}

function jobIn({ headers }: Response, pointed: unknown, url: URL): URL {
  const said = pointed ?? headers.get('location');
  if (typeof said !== 'string' || !URL.canParse(said, url.href))
    throw new ExchangeFailure('it answered HTTP 202 and did not say where its job is');
  const job = new URL(said, url);
  if (job.origin !== url.origin) throw new ExchangeFailure(`its job is at another host: ${job.origin}`);
  return job;
}

/** The response to a request, however its host leads there. */
async function reached(url: URL, sent: Sent, signal: AbortSignal): Promise<Response> {
  let [here, request] = [url, sent];
  for (let i = 0; i <= MOST_REDIRECTS; i++) {
    const response = await fetched(here, request, signal);
    const location = response.headers.get('location');
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, here.href) ? new URL(location, here) : undefined;
    if (next?.origin !== url.origin) throw new ExchangeFailure(`it redirects to ${next?.origin ?? 'what is no URL'}`);
    if (response.status < 307) request = asGet(request);
    here = next;
  }
  throw new ExchangeFailure('it redirects without end');
}

function asGet({ headers: given }: Sent): Sent {
  const headers = new Headers(given);
  headers.delete('content-type');
  return { method: 'GET', headers };
}

async function fetched(url: URL, sent: Sent, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { ...sent, redirect: 'manual', signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new ExchangeFailure(`${url.origin} gave no response: ${why(error)}`, { lost: true });
  }
}

/** The response with all of its body, or as much as came. */
async function whole(response: Response, signal: AbortSignal): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const { status, headers } = response;
  const asFar = () => new Response(isEmpty(status) ? null : Buffer.concat(chunks), { status, headers });
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > MOST_BYTES) throw new ExchangeFailure(`it answered with more than ${MOST_BYTES / 1e6} MB`);
      chunks.push(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ExchangeFailure) throw error;
    throw new ExchangeFailure(`its response broke off: ${why(error)}`, { part: asFar(), lost: true });
  }
  return asFar();
}

/** A response with such a status has no body, not even an empty one. */
const isEmpty = (status: number) => [204, 205, 304].includes(status);

/** What a failed fetch says of its cause; of several addresses that were tried, one is enough. */
function why(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  const one = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (one instanceof Error) return one.message;
  return messageOf(error);
}
