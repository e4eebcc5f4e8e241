import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
const LINE_BREAK = 0x0a;

/** The file at `path` is made only where it is needed; where it cannot be written, memory takes all. */
export function createSpool(path: string): Spool {
  let pending = '';
  let fd = -1;
  let size = 0;
  let usable = true;

  function moveOut(): void {
    try {
      if (fd < 0) fd = opened(path);
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
      let chunk = Buffer.allocUnsafe(CHUNK);
      let kept = 0;
      for (let at = 0; at < size; ) {
        // A line may be longer than a chunk.
        if (kept === chunk.length) chunk = Buffer.concat([chunk, Buffer.allocUnsafe(kept)]);
        const read = readSync(fd, chunk, kept, Math.min(chunk.length - kept, size - at), at);
        at += read;
        const whole = chunk.subarray(0, kept + read);
        let from = 0;
        for (let to = whole.indexOf(LINE_BREAK); to >= 0; to = whole.indexOf(LINE_BREAK, from)) {
          yield whole.toString('utf8', from, to);
          from = to + 1;
        }
        chunk.copyWithin(0, from, whole.length);
        kept = whole.length - from;
      }
      const lines = (chunk.toString('utf8', 0, kept) + pending).split('\n');
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

/** Where the system allows it the file has no name any more: nothing is left of it, however this process ends. */
function opened(path: string): number {
  const fd = openSync(path, 'wx+', 0o600);
  try {
    rmSync(path);
  } catch {
    // Then it goes when it is closed.
  }
  return fd;
}

let files = 0;

/** A place for a spool that nobody is to find. */
export const temporaryFile = () => join(tmpdir(), `drill-${process.pid}-${++files}`);
