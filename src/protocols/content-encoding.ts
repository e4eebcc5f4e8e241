import { once } from 'node:events';
import { createBrotliDecompress, createGunzip, createInflate, type Zlib } from 'node:zlib';
import type { Received } from '../core/upstream.ts';
import { header } from '../core/wire.ts';
import { concat } from './json.ts';

const OPENERS: Readonly<Record<string, () => Zlib & NodeJS.ReadWriteStream>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Takes the bytes of a body as they come and gives back what they stand for. */
interface Inflater {
  push(bytes: Uint8Array): Promise<Uint8Array>;
}

const AS_IT_IS: Inflater = { push: async (bytes) => bytes };
/** What cannot be read says nothing. */
const UNREAD: Inflater = { push: async () => new Uint8Array(0) };

export function createInflater({ headers }: Pick<Received['head'], 'headers'>): Inflater {
  const encoding = header(headers, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return AS_IT_IS;
  const open = OPENERS[encoding];
  if (open === undefined) return UNREAD;
  const stream = open();
  let out: Uint8Array[] = [];
  let broken = false;
  stream.on('data', (bytes: Uint8Array) => out.push(bytes));
  stream.on('error', () => {
    broken = true;
  });
  return {
    async push(bytes) {
      if (broken) return new Uint8Array(0);
      const written = new Promise<void>((resolve) => void stream.write(bytes, () => resolve()));
      await Promise.race([written, once(stream, 'error')]).catch(() => {});
      const ready = concat(out);
      out = [];
      return ready;
    },
  };
}

/** The same reply without its content encoding, for whoever changes it on its way. */
export function inflated({ head, body }: Received): Received {
  if (header(head.headers, 'content-encoding') === undefined) return { head, body };
  const inflater = createInflater(head);
  const headers = head.headers.filter(([name]) => name.toLowerCase() !== 'content-encoding');
  async function* plain() {
    for await (const bytes of body) yield await inflater.push(bytes);
  }
  return { head: { ...head, headers }, body: plain() };
}
