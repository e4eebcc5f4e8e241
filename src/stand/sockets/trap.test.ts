import { request } from 'node:http';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { type Leaving, trap } from './trap.ts';

const PROVIDERS = ['https://api.openai.com', 'https://models.example:8443', 'http://127.0.0.1:9'];

/** The first line of what the proxy says to these bytes, and what it told of them. */
async function said(bytes: string): Promise<[string, boolean | undefined]> {
  const told: [Leaving, boolean][] = [];
  const proxy = await trap(
    (seen, passes) => void told.push([seen, passes]),
    (origin) => !PROVIDERS.includes(origin),
  );
  try {
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect(proxy.port, proxy.host, () => socket.write(bytes));
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
      socket.once('error', reject);
      socket.once('close', () => resolve(''));
    });
    return [text.split('\r\n')[0] ?? '', told[0]?.[1]];
  } finally {
    await proxy.close();
  }
}

it.each(['api.openai.com:443', 'API.OpenAI.com:443', 'models.example:8443', '127.0.0.1:9'])(
  'no tunnel leads to a provider: %s',
  async (to) => {
    expect(await said(`CONNECT ${to} HTTP/1.1\r\nhost: ${to}\r\n\r\n`)).toEqual(['HTTP/1.1 502 Bad Gateway', false]);
  },
);

it.each(['CONNECT x:99999', 'CONNECT :', 'GET http://[:1/'])(
  'what is no address is a bad request: %s',
  async (line) => {
    expect(await said(`${line} HTTP/1.1\r\nhost: x\r\n\r\n`)).toEqual(['HTTP/1.1 400 Bad Request', undefined]);
  },
);

it('https in the clear, as some clients ask a proxy for it, goes on over TLS', async () => {
  const told: boolean[] = [];
  const proxy = await trap(
    (_, passes) => void told.push(passes),
    () => true,
  );
  try {
    // Nobody is there: what matters is that it ends.
    const ended = await new Promise((resolve) => {
      const sent = request({ host: proxy.host, port: proxy.port, path: 'https://127.0.0.1:9/x' }, resolve);
      sent.on('error', (error) => resolve(error.message));
      sent.end();
    });
    expect([ended, told]).toEqual(['socket hang up', [true]]);
  } finally {
    await proxy.close();
  }
});
