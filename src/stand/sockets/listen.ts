import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { headersOf, NetworkFailure, type WireReply, type WireRequest } from '../../core/wire.ts';

/** Who answers what comes to a port. `path` is that of the request, its query included. */
export type Answer = (request: WireRequest & { path: string }, signal: AbortSignal) => Promise<WireReply>;

export interface At {
  /** An address of this machine. */
  host: string;
  /** 0: whichever is free. */
  port: number;
}

export const LOOPBACK: At = { host: '127.0.0.1', port: 0 };

export interface Listener {
  host: string;
  port: number;
  /** Breaks every connection and frees the port. Rejects with what the answers threw that no network does. */
  close(): Promise<void>;
}

/** A reply that has begun is not cut before this: a client that gets the last bytes and the cut at once drops the bytes. */
export const FLUSH_MS = 30;
/** A request that is larger is no model's. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * A port on which every request is answered with bytes, and every failure happens as the network's: a connection that is
 * reset, or closed with half a reply. A refused connection is reset as soon as its request has come: only a closed port
 * refuses, and a closed port sees nobody.
 */
export async function listen(
  answer: Answer,
  clock: Pick<Clock, 'sleep'>,
  { host, port } = LOOPBACK,
): Promise<Listener> {
  const bugs: unknown[] = [];
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    serve(request, response).catch((error: unknown) => breakOff(response, error));
  });
  await bound(server, host, port);
  const address = server.address() as AddressInfo;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) left.abort(new DOMException('The client left', 'AbortError'));
    });
    const body = await bodyOf(request);
    if (body === undefined) return void response.writeHead(413, { connection: 'close' }).end();
    const { method = 'GET', url: path = '/', rawHeaders } = request;
    const headers = headersOf(rawHeaders);
    const url = `http://${request.headers.host ?? host}${path}`;
    await send(response, await answer({ method, url, path, headers, body }, left.signal));
  }

  async function breakOff(response: ServerResponse, error: unknown): Promise<void> {
    const { socket } = response;
    // Without a socket the client has left, and whoever answers was told so.
    if (socket === null || socket.destroyed) return;
    if (!(error instanceof NetworkFailure)) bugs.push(error);
    if (response.headersSent) await clock.sleep(FLUSH_MS);
    if (error instanceof NetworkFailure && error.how === 'closed') socket.end();
    else socket.resetAndDestroy();
  }

  return {
    host: address.address,
    port: address.port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      if (bugs.length > 0) throw new AggregateError(bugs, 'a request was answered as no network does');
    },
  };
}

function bound(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

/** Undefined where it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function send(response: ServerResponse, { status, headers, length, body }: WireReply): Promise<void> {
  response.sendDate = false;
  const known = length === undefined ? [] : [['content-length', String(length)]];
  response.writeHead(status, [...headers, ...known].flat());
  response.flushHeaders();
  for await (const chunk of body) await write(response, chunk);
  response.end();
}

/** Resolves once the bytes are the system's to send. */
function write(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
