import { closeSync, readSync, rmSync, writeSync } from 'node:fs';
import { FileLines, openTemporary } from './temporary-file.ts';
import { TextBytes } from './text-bytes.ts';

/** Text that waits for what will stand above it: in memory while it is short, then in a file, so that memory stays flat. */
export interface Spool {
  write(text: string): void;
  /** All that was written, in pieces; each of them is good until the next is asked for. */
  bytes(): Iterable<Uint8Array>;
  /** The same as texts. */
  pieces(): Iterable<string>;
  /** All that was written, line by line; each of them ends with a line break. */
  lines(): Iterable<string>;
  /** Takes the file away. */
  close(): void;
}

/** So many bytes are kept in memory. */
const IN_MEMORY = 256 * 1024;
/** So many bytes are read back at once. */
const CHUNK = 64 * 1024;

/** The file at `path` is made only where it is needed; where it cannot be written, memory takes all. */
export function createSpool(path: string): Spool {
  const pending = new TextBytes();
  let fd = -1;
  let size = 0;
  let usable = true;

  function moveOut(): void {
    try {
      if (fd < 0) fd = openTemporary(path);
      const { bytes } = pending;
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, size + done);
      size += bytes.length;
      pending.clear();
    } catch {
      usable = false;
    }
  }

  function* bytes(): Iterable<Uint8Array> {
    const chunk = Buffer.alloc(CHUNK);
    for (let at = 0; at < size; ) {
      const read = readSync(fd, chunk, 0, Math.min(CHUNK, size - at), at);
      at += read;
      yield chunk.subarray(0, read);
    }
    yield pending.bytes;
  }

  return {
    write(text) {
      pending.add(text);
      if (usable && pending.size > IN_MEMORY) moveOut();
    },
    bytes,
    *pieces() {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      for (const some of bytes()) yield decoder.decode(some, { stream: true });
    },
    *lines() {
      let rest = '';
      if (size > 0) {
        const file = new FileLines(fd);
        for (let some = file.some(size); some !== undefined; some = file.some(size)) yield* some;
        rest = file.rest;
      }
      const lines = `${rest}${pending.bytes}`.split('\n');
      lines.pop();
      yield* lines;
    },
    close() {
      if (fd < 0) return;
      closeSync(fd);
      rmSync(path, { force: true });
      fd = -1;
    },
  };
}
