import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  gunzipSync,
  inflateSync,
} from 'node:zlib';
import { type Head, type Headers, header } from '../../core/wire.ts';
import { UpstreamRefused } from './failures.ts';
import { createReplacer, replacedIn } from './redacted.ts';

interface Reply {
  head: Head;
  body: AsyncIterable<Uint8Array>;
}

/** An error that is longer when it is unpacked is no provider's. */
const MOST_BYTES = 16 * 1024 * 1024;
const some = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_BYTES };
const gzip = { whole: (bytes: Uint8Array) => gunzipSync(bytes, some), stream: createGunzip };
const CODINGS = new Map([
  ['gzip', gzip],
  ['x-gzip', gzip],
  ['deflate', { whole: (bytes: Uint8Array) => inflateSync(bytes, some), stream: createInflate }],
  [
    'br',
    {
      whole: (bytes: Uint8Array) =>
        brotliDecompressSync(bytes, {
          finishFlush: constants.BROTLI_OPERATION_FLUSH,
          maxOutputLength: MOST_BYTES,
        }),
      stream: createBrotliDecompress,
    },
  ],
]);

/** A caller's accept-encoding without what we could not look through for a key; as it was where that is nothing. */
export function readable(accepted: string): string {
  const all = accepted.split(',').map((one) => one.trim());
  const known = all.filter((one) => {
    const name = (one.split(';')[0] ?? '').trim().toLowerCase();
    return name === 'identity' || CODINGS.has(name);
  });
  return known.length === all.length ? accepted : known.join(', ') || 'identity';
}

/**
 * The reply without what is looked for, wherever it stands. Packed bytes pass as they are; a packed error that holds it is
 * handed on unpacked, and any other packed reply ends before it.
 */
export function withoutNeedles({ head, body }: Reply, needles: readonly Buffer[]): Reply | Promise<Reply> {
  if (needles.length === 0) return { head, body };
  const name = header(head.headers, 'content-encoding')?.trim().toLowerCase() || 'identity';
  if (name === 'identity') return { head, body: replacedIn(body, needles) };
  const coding = CODINGS.get(name);
  if (coding === undefined)
    throw new UpstreamRefused(
      `the provider packed its reply as ${name.slice(0, 40)}, which cannot be looked through for its key`,
      'Have it send gzip, deflate, br or identity: nothing else was asked for.',
      false,
    );
  return head.status >= 400
    ? unpackedIfIn({ head, body }, coding.whole, needles)
    : { head, body: watched(body, coding.stream(), needles) };
}

async function unpackedIfIn(
  { head, body }: Reply,
  unpack: (bytes: Uint8Array) => Uint8Array,
  needles: readonly Buffer[],
): Promise<Reply> {
  const { chunks, broken } = await gathered(body);
  const plain = unpacked(chunks, unpack);
  async function* again(all: Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
    yield* all;
    if (broken !== undefined) throw broken.error;
  }
  const replacer = createReplacer(needles);
  const clean = [...replacer.push(plain), ...replacer.end()];
  if (!replacer.found) return { head, body: again(chunks) };
  return {
    head: { ...head, headers: without(head.headers, 'content-encoding'), framing: 'chunked' },
    body: again(clean),
  };
}

async function gathered(
  body: AsyncIterable<Uint8Array>,
): Promise<{ chunks: Uint8Array[]; broken?: { error: unknown } }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) chunks.push(chunk);
  } catch (error) {
    return { chunks, broken: { error } };
  }
  return { chunks };
}

/** Nothing where nobody can unpack it. */
function unpacked(chunks: readonly Uint8Array[], unpack: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  try {
    return unpack(Buffer.concat(chunks));
  } catch {
    return new Uint8Array();
  }
}

async function* watched(
  body: AsyncIterable<Uint8Array>,
  unpacking: ReturnType<(typeof gzip)['stream']>,
  needles: readonly Buffer[],
): AsyncIterable<Uint8Array> {
  const replacer = createReplacer(needles);
  let waiting: Uint8Array[] = [];
  let readableNoMore = false;
  unpacking.on('data', (plain: Uint8Array) => replacer.push(plain));
  unpacking.on('error', () => {
    readableNoMore = true;
  });
  try {
    for await (const chunk of body) {
      waiting.push(chunk);
      // What cannot be unpacked here cannot be read there.
      if (!readableNoMore) await new Promise<void>((resolve) => unpacking.write(chunk, () => resolve()));
      if (replacer.found)
        throw new UpstreamRefused(
          'the provider put its key into a packed reply, which was ended before it',
          'Ask for the reply without compression: `accept-encoding: identity`.',
          false,
        );
      if (replacer.midway) continue;
      yield* waiting;
      waiting = [];
    }
    yield* waiting;
  } finally {
    unpacking.destroy();
  }
}

const without = (headers: Headers, name: string): Headers => headers.filter(([one]) => one.toLowerCase() !== name);
