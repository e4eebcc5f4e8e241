import { deflateRawSync, gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { withoutNeedles } from './coded.ts';

const KEY = 'sk-real-9f8e7d6c5b4a39';
const G = gzipSync('hello hello');

async function read(coding: string, status: number, ...chunks: Uint8Array[]) {
  async function* body() {
    yield* chunks;
  }
  const head = { status, headers: [['content-encoding', coding] as const], framing: 'chunked' as const };
  const reply = await withoutNeedles({ head, body: body() }, [Buffer.from(KEY)]);
  const got: Uint8Array[] = [];
  for await (const bytes of reply.body) got.push(bytes);
  return Buffer.concat(got);
}

it.each<[string, string, Uint8Array[]]>([
  ['is none', 'gzip', [Buffer.from('plain')]],
  ['goes on after its end', 'gzip', [Buffer.concat([G, Buffer.from('xx')])]],
  ['has more after its end', 'gzip', [G, Buffer.from('\n')]],
  ['has no head', 'deflate', [deflateRawSync('hello')]],
])('a packed reply that %s passes as it came', async (_, coding, chunks) => {
  expect(await read(coding, 200, ...chunks)).toEqual(Buffer.concat(chunks));
});

it('a key in what some servers call deflate is found as well', async () => {
  const packed = deflateRawSync(`Incorrect API key: ${KEY}`);
  expect((await read('deflate', 401, packed)).toString()).toMatch(/^Incorrect API key: \[key removed\]/);
  await expect(read('deflate', 200, packed)).rejects.toThrow('put its key into a packed reply');
});

it('of an error that cannot be unpacked nothing is handed on', async () => {
  expect(await read('gzip', 401, Buffer.from(KEY))).toHaveLength(0);
});
