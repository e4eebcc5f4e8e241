import { openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let files = 0;

/** A place for a file that nobody is to find. */
export const temporaryFile = () => join(tmpdir(), `drill-${process.pid}-${++files}`);

/**
 * Where the system allows it the file has no name any more: nothing is left of it, however this process ends. `a` appends
 * whatever is written, wherever to.
 */
export function openTemporary(path: string, flags: 'wx+' | 'ax+' = 'wx+'): number {
  const fd = openSync(path, flags, 0o600);
  unname(path);
  return fd;
}

/** Takes the name of an open file away; where the system does not allow it, it goes when it is closed. */
export function unname(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}

/** So many bytes are read at once. */
const CHUNK = 64 * 1024;
const LINE_BREAK = 0x0a;

/** Reads a file line by line. */
export class FileLines {
  readonly #fd: number;
  #chunk = Buffer.allocUnsafe(CHUNK);
  /** So many bytes were read. */
  at = 0;
  #kept = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** More lines, without their line breaks, of those that are whole, of so many bytes; undefined at the end of what there is. */
  some(bytes: number): string[] | undefined {
    // A line may be longer than a chunk.
    if (this.#kept === this.#chunk.length) this.#chunk = Buffer.concat([this.#chunk, Buffer.allocUnsafe(this.#kept)]);
    const most = Math.min(this.#chunk.length - this.#kept, bytes - this.at);
    const read = most > 0 ? readSync(this.#fd, this.#chunk, this.#kept, most, this.at) : 0;
    if (read === 0) return undefined;
    this.at += read;
    const whole = this.#chunk.subarray(0, this.#kept + read);
    const lines: string[] = [];
    let from = 0;
    for (let to = whole.indexOf(LINE_BREAK); to >= 0; to = whole.indexOf(LINE_BREAK, from)) {
      lines.push(whole.toString('utf8', from, to));
      from = to + 1;
    }
    whole.copyWithin(0, from);
    this.#kept = whole.length - from;
    return lines;
  }

  /** What came after the last line break. */
  get rest(): string {
    return this.#chunk.toString('utf8', 0, this.#kept);
  }
}
