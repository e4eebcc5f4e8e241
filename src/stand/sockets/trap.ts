import { createServer, type IncomingMessage, request as openPlain, type ServerResponse } from 'node:http';
import { request as openTls } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
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
    const base = `http://${headers.host ?? 'unknown'}`;
    if (!URL.canParse(url, base)) return void response.writeHead(400, { connection: 'close' }).end();
    const { origin, pathname: path, href } = new URL(url, base);
    tell({ method, origin, path }, lets(origin));
    if (lets(origin)) return forward(href, request, response);
    response.writeHead(502, { 'content-type': 'text/plain', connection: 'close' }).end(REFUSED);
  });
  const tunnels = new Set<Duplex>();
  server.on('connect', ({ url = '' }, socket: Duplex, early: Buffer) => {
    socket.on('error', () => {});
    if (!URL.canParse(`http://${url}`)) return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const to = new URL(`http://${url}`);
    // What is spoken inside is not seen: a provider is known by its host and port.
    const https = new URL(`https://${url}`).origin;
    const passes = lets(https) && lets(to.origin);
    const origin = /:443$/.test(url) ? https : to.origin;
    tell({ method: 'CONNECT', origin, path: '/' }, passes);
    if (passes) return tunnel(to, socket, early, tunnels);
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
  const open = url.startsWith('https:') ? openTls : openPlain;
  const left = new AbortController();
  response.once('close', () => left.abort());
  const sent = open(url, { method: request.method, headers, signal: left.signal }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
    pipeline(reply, response, () => {});
  });
  sent.on('error', () => response.destroy());
  request.pipe(sent);
}

/** Joins both ends; one that breaks breaks the other. */
function tunnel({ hostname, port }: URL, socket: Duplex, early: Buffer, open: Set<Duplex>): void {
  const other = connect(Number(port || 80), hostname.replace(/^\[(.*)\]$/, '$1'), () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (early.length > 0) other.write(early);
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
