import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Listener } from './listen.ts';

/** What would have left this machine. */
export interface Leaving {
  method: string;
  origin: string;
  path: string;
}

/** A proxy that lets nothing through, and says what was sent to it. */
export async function trap(tell: (seen: Leaving) => void): Promise<Listener> {
  const server = createServer((request, response) => {
    const { method = 'GET', url = '', headers } = request;
    const { origin, pathname: path } = new URL(url, `http://${headers.host ?? 'unknown'}`);
    tell({ method, origin, path });
    response.writeHead(502, { 'content-type': 'text/plain', connection: 'close' }).end(REFUSED);
  });
  server.on('connect', ({ url = '' }, socket) => {
    const port = url.match(/:(\d+)$/)?.[1];
    const origin = port === '443' ? `https://${url.slice(0, -4)}` : `http://${url}`;
    tell({ method: 'CONNECT', origin, path: '/' });
    socket.on('error', () => {});
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
      await closed;
    },
  };
}

const REFUSED = 'A drill is under way: nothing leaves this machine.\n';
