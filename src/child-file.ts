import { closeSync, rmSync } from 'node:fs';
import { FileLines, temporaryFile } from './judge/temporary-file.ts';
import { originals } from './world/originals.ts';

/** A file to which another process appends lines: a pipe would have it wait for whoever reads, or wake them for each line. */
export interface ChildFile {
  path: string;
  fd: number;
  some: FileLines['some'];
  close(): void;
}

/** Undefined where there can be no such file: then that process says all by its pipe. */
export function childFile(open: (path: string) => number): ChildFile | undefined {
  const path = temporaryFile();
  try {
    const fd = open(path);
    let file: FileLines | undefined = new FileLines(fd);
    const close = () => {
      if (file === undefined) return;
      file = undefined;
      closeSync(fd);
      rmSync(path, { force: true });
    };
    return { path, fd, some: () => file?.some(), close };
  } catch {
    return undefined;
  }
}

/**
 * Reads the file and the words that come by a pipe: what was written to the file before a word is handed on before it. It does
 * so a piece at a turn: whoever reads has more to do. An empty word says that the file has more.
 */
export function readBoth(file: ChildFile | undefined, take: (line: string) => void) {
  const words: string[] = [];
  let reading = false;
  let over: (() => void) | undefined;
  function turn(): void {
    const kept = file?.some();
    for (const line of kept ?? words.splice(0)) if (line !== '') take(line);
    if (kept !== undefined) originals.setImmediate(turn);
    else if (over === undefined) reading = false;
    else over();
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
    /** Resolves when all that was said is handed on; nothing is said after that. */
    end: () =>
      new Promise<void>((resolve) => {
        over = resolve;
        look();
      }),
  };
}
