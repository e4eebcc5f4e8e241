import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Rows } from '../core/report.ts';

/** How many are kept as they are, so that nothing is paid for what a short run keeps, and how many are packed together. */
interface Sizes {
  plain: number;
  chunk: number;
}
/** Text of a kind repeats itself: the fastest way takes nine tenths of it. */
const FAST = { level: 1 };

/** Sizes for events. */
export const EVENTS: Sizes = { plain: 2_048, chunk: 128 };
/** Sizes for what is told of tasks: an ask has about ten events. */
export const TASKS: Sizes = { plain: 256, chunk: 16 };

/** JSON values in the order they came, to be gone through again: many of them take a small part of the room they would. */
export class Packed<T> implements Rows<T> {
  readonly #plain: T[] = [];
  readonly #chunks: { bytes: Uint8Array; length: number }[] = [];
  #open: T[] = [];
  readonly #sizes: Sizes;

  constructor(sizes: Sizes) {
    this.#sizes = sizes;
  }

  get length(): number {
    return this.#plain.length + this.#chunks.length * this.#sizes.chunk + this.#open.length;
  }

  push(value: T): void {
    if (this.#plain.length < this.#sizes.plain) {
      this.#plain.push(value);
      return;
    }
    this.#open.push(value);
    if (this.#open.length < this.#sizes.chunk) return;
    const json = Buffer.from(JSON.stringify(this.#open));
    // What zlib gives is a part of something larger.
    this.#chunks.push({ bytes: new Uint8Array(deflateRawSync(json, FAST)), length: json.length });
    this.#open = [];
  }

  *[Symbol.iterator](): Iterator<T> {
    yield* this.#plain;
    // In one piece: else zlib makes it of many, and then once more of those.
    for (const { bytes, length } of this.#chunks)
      yield* JSON.parse(inflateRawSync(bytes, { chunkSize: length + 64 }).toString()) as T[];
    yield* this.#open;
  }
}
