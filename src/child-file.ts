import { closeSync } from 'node:fs';
import { FileLines, temporaryFile, unname } from './judge/temporary-file.ts';
import { originals } from './world/originals.ts';

/** A file to which another process appends lines. With a pipe it would wait for the reader, or wake the reader for each line. */
export interface ChildFile {
  path: string;
  fd: number;
  /** Bytes that were read. */
  read(): number;
  /** As of `FileLines`; undefined once the file is closed. */
  some: FileLines['some'];
  /** Does nothing the second time: by then the descriptor may be of another file. */
  close(): void;
}

/** Undefined where there can be no such file: then that process says all by its pipe. */
export function childFile(openAt: (path: string) => number): ChildFile | undefined {
  const path = temporaryFile();
  try {
    const fd = openAt(path);
    const lines = new FileLines(fd);
    let open = true;
    const some = (bytes: number) => (open ? lines.some(bytes) : undefined);
    const close = () => {
      if (!open) return;
      open = false;
      closeSync(fd);
      // Where the system lets no open file lose its name.
      if (process.platform === 'win32') unname(path);
    };
    return { path, fd, read: () => lines.at, some, close };
  } catch {
    return undefined;
  }
}

/**
 * Reads the file and the words that come by a pipe. What was told of the file before a word is handed on before it, a piece at a
 * turn of the event loop, because this process has other work.
 */
export function readBoth(file: ChildFile | undefined, take: (line: string) => void) {
  const words: string[] = [];
  let size = 0;
  let reading = false;
  let over: (() => void) | undefined;
  let failure: { error: unknown } | undefined;
  function turn(): void {
    try {
      const kept = failure === undefined ? file?.some(size) : undefined;
      for (const line of kept ?? words.splice(0)) if (failure === undefined) take(line);
      if (kept !== undefined) {
        originals.setImmediate(turn);
        return;
      }
    } catch (error) {
      failure = { error };
    }
    reading = false;
    over?.();
  }
  function look(): void {
    if (reading) return;
    reading = true;
    turn();
  }
  return {
    say(word: string): void {
      words.push(word);
      look();
    },
    /** So many bytes of the file can be read; without a number, all that there are. */
    readUpTo(bytes = Number.POSITIVE_INFINITY): void {
      size = bytes;
      look();
    },
    /** Resolves when everything has been handed on; nothing may be told after that. Rejects with what `take` threw. */
    end: () =>
      new Promise<void>((resolve, reject) => {
        over = () => (failure === undefined ? resolve() : reject(failure.error));
        look();
      }),
    /** What was told of has gone: the file is shorter. */
    get lost(): boolean {
      return file !== undefined && Number.isFinite(size) && file.read() < size;
    },
  };
}
