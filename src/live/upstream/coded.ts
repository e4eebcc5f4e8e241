import type { Duplex } from 'node:stream';
import {
  brotliDecompressSync,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import { orElse } from '../../core/errors.ts';
import { type Headers, header } from '../../core/wire.ts';
import type { Heard } from './exchange.ts';
import { UpstreamRefused } from './failures.ts';
import { createReplacer, replacedIn } from './redacted.ts';

/** Some servers send what they call deflate without its head, and clients read it. */
const hasZlibHead = ([first = 8]: Uint8Array): boolean => (first & 0x0f) === 8;

/** An error that is longer when it is unpacked is no provider's. */
const MOST_BYTES = 16 * 1024 * 1024;
const some = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_BYTES };
interface Coding {
  whole(bytes: Uint8Array): Uint8Array;
  /** `first`: the first bytes that come. */
  stream(first: Uint8Array): Duplex;
}

const gzip: Coding = { whole: (bytes) => gunzipSync(bytes, some), stream: () => createGunzip() };
const deflate: Coding = {
  whole: (bytes) => (hasZlibHead(bytes) ? inflateSync(bytes, some) : inflateRawSync(bytes, some)),
  stream: (first) => (hasZlibHead(first) ? createInflate() : createInflateRaw()),
};
const br: Coding = {
  whole: (bytes) => brotliDecompressSync(bytes, { ...some, finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  stream: () => createBrotliDecompress(),
};
const CODINGS = new Map(Object.entries({ gzip, 'x-gzip': gzip, deflate, br }));

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
export function withoutNeedles({ head, body }: Heard, needles: readonly Buffer[]): Heard | Promise<Heard> {
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
    : { head, body: watched(body, coding.stream, needles) };
}

async function unpackedIfIn(
  { head, body }: Heard,
  unpack: (bytes: Uint8Array) => Uint8Array,
  needles: readonly Buffer[],
): Promise<Heard> {
  const { chunks, broken } = await gathered(body);
  const plain = orElse(() => unpack(Buffer.concat(chunks)), undefined);
  const headers = without(head.headers, 'content-encoding');
  async function* again(all: Iterable<Uint8Array>): AsyncIterable<Uint8Array> {
    yield* all;
    if (broken !== undefined) throw broken.error;
  }
  // Whoever reads otherwise than we do might find it.
  if (plain === undefined) return { head: { ...head, headers, framing: 'chunked' }, body: again([]) };
  const replacer = createReplacer(needles);
  const clean = [...replacer.push(plain), ...replacer.end()];
  if (!replacer.found) return { head, body: again(chunks) };
  return {
    head: { ...head, headers, framing: 'chunked' },
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

async function* watched(
  body: AsyncIterable<Uint8Array>,
  open: Coding['stream'],
  needles: readonly Buffer[],
): AsyncIterable<Uint8Array> {
  const replacer = createReplacer(needles);
  let waiting: Uint8Array[] = [];
  let readableNoMore = false;
  let gaveUp = () => {};
  let unpacking: ReturnType<typeof open> | undefined;
  const opened = (first: Uint8Array) => {
    const stream = open(first);
    stream.on('data', (plain: Uint8Array) => replacer.push(plain));
    stream.on('error', () => {
      readableNoMore = true;
      gaveUp();
    });
    return stream;
  };
  try {
    for await (const chunk of body) {
      waiting.push(chunk);
      unpacking ??= opened(chunk);
      const stream = unpacking;
      // What cannot be unpacked here cannot be read there.
      if (!readableNoMore)
        await new Promise<void>((resolve) => {
          gaveUp = resolve;
          stream.write(chunk, () => resolve());
        });
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
    unpacking?.destroy();
  }
}

const without = (headers: Headers, name: string): Headers => headers.filter(([one]) => one.toLowerCase() !== name);
