import { once } from 'node:events';
import type { Received } from '../core/upstream.ts';
import { header } from '../core/wire.ts';
import { concat } from './json.ts';

/** By which function of `node:zlib` each is undone. */
const OPENERS = new Map([
  ['gzip', 'createGunzip'],
  ['x-gzip', 'createGunzip'],
  ['deflate', 'createInflate'],
  ['br', 'createBrotliDecompress'],
] as const);
type Coding = typeof OPENERS extends Map<infer K, unknown> ? K : never;

/** Takes the bytes of a body as they come and gives back what they stand for. */
interface Inflater {
  push(bytes: Uint8Array): Promise<Uint8Array>;
}

const AS_IT_IS: Inflater = { push: async (bytes) => bytes };
const NOTHING = new Uint8Array(0);
/** What cannot be read says nothing. */
const UNREAD: Inflater = { push: async () => NOTHING };

export function createInflater({ headers }: Pick<Received['head'], 'headers'>): Inflater {
  const encoding = header(headers, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return AS_IT_IS;
  const opener = OPENERS.get(encoding as Coding);
  return opener === undefined ? UNREAD : inflaterOf(opener);
}

function inflaterOf(opener: 'createGunzip' | 'createInflate' | 'createBrotliDecompress'): Inflater {
  const out: Uint8Array[] = [];
  let broken = false;
  const opened = async ([first = 8]: Uint8Array) => {
    // Hardly any reply is packed.
    const zlib = await import('node:zlib');
    // Some servers send what they call deflate without its head.
    const raw = opener === 'createInflate' && (first & 0x0f) !== 8;
    const stream = raw ? zlib.createInflateRaw() : zlib[opener]();
    stream.on('data', (bytes: Uint8Array) => out.push(bytes));
    stream.on('error', () => {
      broken = true;
    });
    return stream;
  };
  let opening: ReturnType<typeof opened> | undefined;
  return {
    async push(bytes) {
      opening ??= opened(bytes);
      const stream = await opening;
      if (broken) return NOTHING;
      const written = new Promise<void>((resolve) => void stream.write(bytes, () => resolve()));
      await Promise.race([written, once(stream, 'error')]).catch(() => {});
      return concat(out.splice(0));
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
