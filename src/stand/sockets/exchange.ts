import { request as open } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import { type Headers, headersOf, NetworkFailure, type WireRequest } from '../../core/wire.ts';
import type { Answer } from './listen.ts';

/** What became of one request, seen from the end that made it. */
export interface Exchange {
  /** Null where not even a head arrived. */
  status: number | null;
  headers: Headers;
  body: Uint8Array;
  /** Chunks of the body, as the framing tells them apart. */
  chunks: number;
  /** `left`: the client left before the reply was whole. */
  ended: 'whole' | 'reset' | 'closed' | 'left';
  /** Milliseconds from the request to its end. */
  ms: number;
}

type Unended = Omit<Exchange, 'ended' | 'ms' | 'body'> & { parts: Uint8Array[] };

const begun = (): Unended => ({ status: null, headers: [], chunks: 0, parts: [] });
const endedBy = ({ parts, ...seen }: Unended, ended: Exchange['ended'], ms: number): Exchange => ({
  ...seen,
  body: Buffer.concat(parts),
  ended,
  ms,
});

/**
 * A request over a connection of its own, and nothing that a client library would add: no retry, no pool, no decoding.
 * The client leaves when `signal` fires; `onBytes` hears how many bytes of the body have come so far.
 */
export function exchangeOver(
  { url, method, headers, body }: WireRequest,
  clock: Clock,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<Exchange> {
  const began = clock.now();
  const seen = begun();
  return new Promise((resolve) => {
    let reset = false;
    const end = (how: Exchange['ended']) => resolve(endedBy(seen, how, clock.now() - began));
    const broken = () => end(signal.aborted ? 'left' : reset ? 'reset' : 'closed');
    const sent = open(url, { method, headers: Object.fromEntries(headers), agent: false, signal }, (reply) => {
      seen.status = reply.statusCode ?? null;
      seen.headers = headersOf(reply.rawHeaders);
      let bytes = 0;
      reply.on('data', (chunk: Uint8Array) => {
        seen.parts.push(chunk);
        seen.chunks += 1;
        bytes += chunk.length;
        onBytes(bytes);
      });
      reply.on('error', () => {});
      reply.on('close', () => (reply.complete ? end('whole') : broken()));
    });
    // What the system says of a socket names a call of the system; what Node makes of an end that came too early does not.
    const notice = ({ syscall }: NodeJS.ErrnoException) => {
      reset ||= syscall !== undefined;
    };
    sent.on('socket', (socket) => socket.on('error', notice));
    sent.on('error', (error) => {
      notice(error);
      // Where a reply has begun, its own end tells more.
      if (seen.status === null) broken();
    });
    sent.end(body);
  });
}

/** The same request where it is answered, without any socket between. */
export async function exchangeAt(
  answer: Answer,
  request: Parameters<Answer>[0],
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<Exchange> {
  const seen = begun();
  const end = (how: Exchange['ended']) => endedBy(seen, how, clock.now());
  try {
    const reply = await answer(request, signal);
    seen.status = reply.status;
    seen.headers = reply.headers;
    for await (const chunk of reply.body) {
      seen.parts.push(chunk);
      if (chunk.length > 0) seen.chunks += 1;
    }
    return end('whole');
  } catch (error) {
    if (signal.aborted) return end('left');
    if (!(error instanceof NetworkFailure)) throw error;
    // A socket that listens cannot refuse: see listen.ts.
    return end(error.how === 'closed' ? 'closed' : 'reset');
  }
}
