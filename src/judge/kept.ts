import type { Rows } from '../core/report.ts';
import { createSpool, type Spool } from './spool.ts';
import { temporaryFile } from './temporary-file.ts';

/** So many events are kept as they are, and so many tasks: nothing is paid for what a short run keeps. */
export const EVENTS = 16_384;
export const TASKS = 1_024;

/**
 * JSON values in the order they came, to be gone through again: what is more than a short run has waits in a file. Of those
 * the field `late` is parsed only where it is read; each has it, as its last field, and it holds none of its own name.
 */
export class Kept<T> implements Rows<T> {
  readonly #first: T[] = [];
  readonly #asTheyAre: number;
  readonly #late: string | undefined;
  #spool: Spool | undefined;
  #others = 0;

  constructor(asTheyAre: number, late?: keyof T & string) {
    this.#asTheyAre = asTheyAre;
    this.#late = late;
  }

  get length(): number {
    return this.#first.length + this.#others;
  }

  push(value: T): void {
    if (this.#first.length < this.#asTheyAre) {
      this.#first.push(value);
      return;
    }
    this.#spool ??= createSpool(temporaryFile());
    this.#spool.write(`${JSON.stringify(value)}\n`);
    this.#others += 1;
  }

  *[Symbol.iterator](): Iterator<T> {
    yield* this.#first;
    for (const line of this.#lines()) yield this.#late === undefined ? JSON.parse(line) : parsed(line, this.#late);
  }

  *texts(): Iterable<string> {
    for (const value of this.#first) yield JSON.stringify(value);
    yield* this.#lines();
  }

  #lines(): Iterable<string> {
    return this.#spool?.lines() ?? [];
  }

  /** They are needed no more. */
  close(): void {
    this.#spool?.close();
    this.#spool = undefined;
    this.#others = 0;
    this.#first.length = 0;
  }
}

/** The value of a line; its last field is parsed once it is read. */
function parsed(line: string, last: string) {
  const mark = `,"${last}":`;
  const at = line.lastIndexOf(mark);
  const value = JSON.parse(`${line.slice(0, at)}}`);
  let late: unknown;
  return Object.defineProperty(value, last, {
    enumerable: true,
    get: () => (late ??= JSON.parse(line.slice(at + mark.length, -1))),
  });
}
