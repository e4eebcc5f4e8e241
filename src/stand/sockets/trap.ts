import { createServer, type IncomingMessage, request as open, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Listener } from './listen.ts';

/** What would have left this machine. */
export interface Leaving {
  method: string;
  origin: string;
  path: string;
}

/**
 * A proxy that says what was sent to it, and lets through what `lets` allows; without it, nothing. What is tunnelled counts as
 * `https` on its usual port.
 */
export async function trap(
  tell: (seen: Leaving, passes: boolean) => void,
  lets: (origin: string) => boolean = () => false,
): Promise<Listener> {
  const server = createServer((request, response) => {
    const { method = 'GET', url = '', headers } = request;
    const { origin, pathname: path, href } = new URL(url, `http://${headers.host ?? 'unknown'}`);
    tell({ method, origin, path }, lets(origin));
    if (lets(origin)) return forward(href, request, response);
    response.writeHead(502, { 'content-type': 'text/plain', connection: 'close' }).end(REFUSED);
  });
  const tunnels = new Set<Duplex>();
  server.on('connect', ({ url = '' }, socket: Duplex) => {
    const port = url.match(/:(\d+)$/)?.[1];
    const origin = port === '443' ? `https://${url.slice(0, -4)}` : `http://${url}`;
    tell({ method: 'CONNECT', origin, path: '/' }, lets(origin));
    socket.on('error', () => {});
    if (lets(origin)) return tunnel(url, socket, tunnels);
    socket.end(`HTTP/1.1 502 Bad Gateway\r\ncontent-length: ${REFUSED.length}\r\nconnection: close\r\n\r\n${REFUSED}`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    host: address,
    port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const socket of tunnels) socket.destroy();
      await closed;
    },
  };
}

const REFUSED = 'A drill is under way: nothing leaves this machine.\n';

function forward(url: string, request: IncomingMessage, response: ServerResponse): void {
  const { 'proxy-connection': _, ...headers } = request.headers;
  const sent = open(url, { method: request.method, headers }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
    reply.pipe(response);
  });
  sent.on('error', () => response.destroy());
  request.pipe(sent);
}

/** Joins both ends; one that breaks breaks the other. */
function tunnel(to: string, socket: Duplex, open: Set<Duplex>): void {
  const { hostname, port } = new URL(`http://${to}`);
  const other = connect(Number(port || 80), hostname, () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    socket.pipe(other).pipe(socket);
  });
  for (const [one, end] of [
    [socket, other],
    [other, socket],
  ] as const) {
    open.add(one);
    one.on('error', () => end.destroy());
    one.on('close', () => {
      open.delete(one);
      end.destroy();
    });
  }
}
