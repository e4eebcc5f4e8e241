import type { Decoder, Encoder } from '../core/protocol.ts';
import type { Frame, Part } from '../core/wire.ts';

/** Encodes parts as they come. Where the parts break off, so do the frames. */
export async function* encodeFrames(parts: AsyncIterable<Part>, encoder: Encoder): AsyncGenerator<Frame> {
  // No `yield*`: it makes several promises of a list, and most are empty.
  for await (const part of parts) for (const frame of encoder.push(part)) yield frame;
  for (const frame of encoder.end()) yield frame;
}

/** The same of parts that are all there. */
export function* framesOf(parts: Iterable<Part>, encoder: Encoder): Generator<Frame> {
  for (const part of parts) yield* encoder.push(part);
  yield* encoder.end();
}

/** Decodes bytes as they come. Where the bytes break off, what had arrived still goes out before the failure does. */
export async function* decodeFrames(body: AsyncIterable<Uint8Array>, decoder: Decoder): AsyncGenerator<Frame> {
  try {
    for await (const chunk of body) for (const frame of decoder.push(chunk)) yield frame;
  } catch (failure) {
    for (const { wire } of decoder.end()) if (wire.length > 0) yield { wire, parts: [] };
    throw failure;
  }
  for (const frame of decoder.end()) yield frame;
}

/** Looks at the first element without losing it. */
export async function peek<T>(items: AsyncIterable<T>): Promise<{ first: T | undefined; all: AsyncIterable<T> }> {
  const iterator = items[Symbol.asyncIterator]();
  const first = await iterator.next();
  const seen = [first];
  // No generator: every layer of them is several promises a part.
  const all: AsyncIterator<T> = {
    next: async () => seen.pop() ?? iterator.next(),
    return: async (value) => (await iterator.return?.(value)) ?? { done: true, value },
  };
  return { first: first.done === true ? undefined : first.value, all: { [Symbol.asyncIterator]: () => all } };
}
