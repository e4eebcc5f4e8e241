import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { NetworkFailure, type Transport } from '../core/wire.ts';

/**
 * Real sockets in front of a transport: every request to `url` reaches it as one to `origin`, and what it answers,
 * failures included, happens on the wire. A reply that has begun is not cut before it has `arrived`: a client that gets
 * the last bytes and the cut at once drops the bytes. Nothing of it outlives `close()`.
 */
export async function openLoopback(transport: Transport, origin: string, arrived: () => Promise<void>) {
  const bugs: unknown[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => breakOff(response, error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a loopback server has a port');

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const left = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) left.abort(new DOMException('The client left', 'AbortError'));
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = 'GET', url = '/', rawHeaders } = request;
    const headers = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : []));
    const asked = { method, url: `${origin}${url}`, headers, body: Buffer.concat(chunks) };
    const reply = await transport(asked, left.signal);
    response.sendDate = false;
    response.writeHead(reply.status, reply.headers.flat());
    response.flushHeaders();
    for await (const chunk of reply.body) await write(response, chunk);
    response.end();
  }

  async function breakOff(response: ServerResponse, error: unknown): Promise<void> {
    const { socket } = response;
    // Without a socket the client has left, and the transport said so.
    if (socket === null || socket.destroyed) return;
    if (!(error instanceof NetworkFailure)) bugs.push(error);
    if (response.headersSent) await arrived();
    if (error instanceof NetworkFailure && error.how === 'closed') socket.end();
    else socket.resetAndDestroy();
  }

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    if (bugs.length > 0) throw new AggregateError(bugs, 'the transport failed as no network does');
  }
  return { url: `http://127.0.0.1:${address.port}`, close };
}

/** Resolves once the bytes are the system's to send. */
function write(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    response.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
