import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { type Head, header, headersOf, type WireRequest } from '../../core/wire.ts';
import { whenAborted } from '../../world/abort.ts';
import { brokenBy } from './dial.ts';
import { UpstreamFailure } from './failures.ts';

export interface Said extends Pick<WireRequest, 'method' | 'headers' | 'body'> {
  /** With its query. */
  path: string;
}

export interface Heard {
  head: Head;
  body: AsyncIterable<Uint8Array>;
}

/**
 * One request over a connection of its own, and nothing that a client library would add. Both the promise and the body
 * reject with an UpstreamFailure where the connection breaks, and with the signal's reason once it fires, which ends the
 * connection.
 */
export function exchange(socket: Socket, { method, path, headers, body }: Said, signal: AbortSignal): Promise<Heard> {
  let how: 'reset' | 'closed' = 'closed';
  let first: Error | undefined;
  const notice = (error: Error) => {
    first ??= error;
    if (brokenBy(error) === 'reset') how = 'reset';
  };
  const broken = (): unknown => (signal.aborted ? signal.reason : new UpstreamFailure(how, false, first));
  socket.on('error', notice);
  const forget = whenAborted(signal, () => socket.destroy());
  socket.once('close', forget);
  return new Promise((resolve, reject) => {
    const sent = request({ method, path, headers: headers.flat(), createConnection: () => socket });
    sent.on('error', notice);
    sent.on('close', () => reject(broken()));
    sent.on('response', (reply) => {
      reply.on('error', notice);
      resolve({ head: headOf(reply), body: bodyOf(reply, broken) });
    });
    sent.end(body);
  });
}

async function* bodyOf(reply: IncomingMessage, broken: () => unknown): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of reply) yield chunk;
  } catch {
    throw broken();
  }
  if (!reply.complete) throw broken();
}

function headOf({ statusCode = 0, rawHeaders }: IncomingMessage): Head {
  const headers = headersOf(rawHeaders);
  const framing = /\bchunked\b/i.test(header(headers, 'transfer-encoding') ?? '')
    ? 'chunked'
    : header(headers, 'content-length') === undefined
      ? 'close'
      : 'length';
  return { status: statusCode, headers, framing };
}
