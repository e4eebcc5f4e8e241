import { createServer, type RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { fetchTransport } from './fetch-transport.ts';
import type { WireReply } from './wire.ts';

const transport = fetchTransport(fetch);

/** Speaks to a real server on loopback, for as long as `work` lasts. */
async function against<T>(listener: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  try {
    return await work(`http://127.0.0.1:${address.port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function textOf(reply: WireReply): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
const post = (url: string) => ({
  method: 'POST',
  url,
  headers: [['x-one', '1']] as const,
  body: new TextEncoder().encode('hello'),
});

test('carries bytes, headers and status both ways', async () => {
  await against(
    (req, res) => {
      res.writeHead(429, { 'retry-after': '3', 'x-saw': `${req.method} ${req.headers['x-one']}` });
      req.pipe(res);
    },
    async (url) => {
      const reply = await transport(post(url));
      expect(reply.status).toBe(429);
      expect(reply.headers).toEqual(
        expect.arrayContaining([
          ['retry-after', '3'],
          ['x-saw', 'POST 1'],
        ]),
      );
      expect(await textOf(reply)).toBe('hello');
    },
  );
});

test('a port nobody listens on is refused', async () => {
  const url = await against(
    () => {},
    async (url) => url,
  );
  await expect(transport(post(url))).rejects.toMatchObject({ name: 'NetworkFailure', how: 'refused' });
});

test('a cut before or inside the reply is a network failure', async () => {
  await against(
    (req) => req.socket.destroy(),
    (url) => expect(transport(post(url))).rejects.toMatchObject({ name: 'NetworkFailure', how: 'closed' }),
  );
  await against(
    (req, res) => {
      res.writeHead(200, { 'content-length': '100' });
      res.write('half', () => req.socket.destroy());
    },
    async (url) =>
      expect(textOf(await transport(post(url)))).rejects.toMatchObject({ name: 'NetworkFailure', how: 'closed' }),
  );
});

test('a caller who leaves gets the signal’s reason', async () => {
  await against(
    () => {},
    async (url) => {
      const controller = new AbortController();
      const call = transport(post(url), controller.signal);
      controller.abort(new Error('gone'));
      await expect(call).rejects.toThrow('gone');
    },
  );
});

test('what is not the network’s fault stays what it is', async () => {
  await expect(transport(post('no url'))).rejects.toThrow(TypeError);
});
