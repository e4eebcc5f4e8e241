import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { DrillError } from '../core/errors.ts';

/** Where one run's files go. Files that are streamed are appended to; the others appear whole or not at all. */
export interface RunFolder {
  id: string;
  /** As a user would name it. */
  name: string;
  path: string;
  append(file: string): { write(text: string): void; close(): void };
  writeWhole(file: string, text: string): void;
}

/** Text is gathered up to this many characters before it is written. */
const BUFFER_CHARS = 64 * 1024;

/** Makes a new folder `<out>/<id>`, or `<id>-2` … where that exists already. */
export function createRunFolder(out: string, id: string, cwd: string): RunFolder {
  let path = join(out, id);
  try {
    for (let n = 2; existsSync(path); n++) path = join(out, `${id}-${n}`);
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new DrillError('out-not-writable', {
      message: `the reports cannot be written: ${error instanceof Error ? error.message.split(',')[0] : String(error)}`,
      place: { file: relative(cwd, out) || out },
      fix: 'Name a folder you may write to with --out DIR.',
    });
  }
  return {
    id: basename(path),
    name: relative(cwd, path).startsWith('..') ? path : relative(cwd, path),
    path,
    append(file) {
      const fd = openSync(join(path, file), 'a');
      let pending = '';
      const flush = () => {
        if (pending !== '') writeSync(fd, pending);
        pending = '';
      };
      return {
        write(text) {
          pending += text;
          if (pending.length >= BUFFER_CHARS) flush();
        },
        close() {
          flush();
          closeSync(fd);
        },
      };
    },
    writeWhole(file, text) {
      const temporary = join(path, `.${file}.part`);
      writeFileSync(temporary, text);
      const fd = openSync(temporary, 'r');
      fsyncSync(fd);
      closeSync(fd);
      renameSync(temporary, join(path, file));
    },
  };
}
