import { createServer as createPlain, type IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { certificateFor } from './provider.fixture.ts';

export interface ConnectProxy {
  /** With credentials, where it wants some. */
  url: string;
  ca: string;
  /** What was asked for: `host:port`, and the headers it came with. */
  asked: { authority: string; headers: IncomingMessage['headers'] }[];
  /** Everything that went up through it, as it saw it. */
  seen(): Buffer;
  /** Breaks every tunnel. */
  die(): void;
  close(): Promise<void>;
}

/** A proxy that opens tunnels, to this machine whatever name it is asked for. */
export async function startConnectProxy({
  credentials,
  status = 200,
  tls = false,
}: {
  /** `user:password`. */
  credentials?: string;
  /** Another one refuses; 0 hangs up. */
  status?: number;
  tls?: boolean;
} = {}): Promise<ConnectProxy> {
  const asked: ConnectProxy['asked'] = [];
  const sockets = new Set<Socket>();
  const seen: Buffer[] = [];
  const made = tls ? await certificateFor(['127.0.0.1']) : undefined;
  const server = made === undefined ? createPlain() : createServer({ key: made.key, cert: made.cert });
  const kept = <S extends Socket>(socket: S): S => {
    sockets.add(socket);
    return socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  server.on('connection', kept);
  server.on('connect', (request: IncomingMessage, down: Socket) => {
    const authority = request.url ?? '';
    asked.push({ authority, headers: request.headers });
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    const answer = request.headers['proxy-authorization'] === wanted ? status : 407;
    if (answer !== 200) return void down.end(answer === 0 ? '' : `HTTP/1.1 ${answer} No\r\n\r\n`);
    const up = kept(connect(Number(authority.split(':').at(-1)), '127.0.0.1'));
    down.on('data', (bytes: Buffer) => seen.push(bytes));
    down.write('HTTP/1.1 200 Connection established\r\n\r\n');
    down.pipe(up).pipe(down);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const die = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `${tls ? 'https' : 'http'}://${credentials ? `${credentials.split(':').map(encodeURIComponent).join(':')}@` : ''}127.0.0.1:${port}`,
    ...{ asked, die, ca: made?.ca ?? '', seen: () => Buffer.concat(seen) },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      die();
      await closed;
    },
  };
}
