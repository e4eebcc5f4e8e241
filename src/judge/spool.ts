import { closeSync, readSync, rmSync, writeSync } from 'node:fs';
import { FileLines, openTemporary } from './temporary-file.ts';

/** Text that waits for what will stand above it: in memory while it is short, then in a file, so that memory stays flat. */
export interface Spool {
  write(text: string): void;
  /** All that was written, in pieces. */
  pieces(): Iterable<string>;
  /** All that was written, line by line; each of them ends with a line break. */
  lines(): Iterable<string>;
  /** Takes the file away. */
  close(): void;
}

/** So many characters are kept in memory. */
const IN_MEMORY = 256 * 1024;
/** So many bytes are read back at once. */
const CHUNK = 64 * 1024;

/** The file at `path` is made only where it is needed; where it cannot be written, memory takes all. */
export function createSpool(path: string): Spool {
  let pending = '';
  let fd = -1;
  let size = 0;
  let usable = true;

  function moveOut(): void {
    try {
      if (fd < 0) fd = openTemporary(path);
      const bytes = Buffer.from(pending);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, size + done);
      size += bytes.length;
      pending = '';
    } catch {
      usable = false;
    }
  }

  return {
    write(text) {
      pending += text;
      if (usable && pending.length > IN_MEMORY) moveOut();
    },
    *pieces() {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      const chunk = Buffer.alloc(CHUNK);
      for (let at = 0; at < size; ) {
        const read = readSync(fd, chunk, 0, Math.min(CHUNK, size - at), at);
        at += read;
        yield decoder.decode(chunk.subarray(0, read), { stream: at < size });
      }
      yield pending;
    },
    *lines() {
      let rest = '';
      if (size > 0) {
        const file = new FileLines(fd);
        for (let some = file.some(size); some !== undefined; some = file.some(size)) yield* some;
        rest = file.rest;
      }
      const lines = (rest + pending).split('\n');
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
