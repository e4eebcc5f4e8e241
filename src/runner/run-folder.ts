import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { DrillError } from '../core/errors.ts';
import { createSpool, type Spool } from './spool.ts';

/** Where one run's files go. Files that are streamed are appended to; the others appear whole or not at all. */
export interface RunFolder {
  id: string;
  /** As a user would name it. */
  name: string;
  path: string;
  append(file: string): { write(lines: string): void; close(): void };
  writeWhole(file: string, pieces: Iterable<string>): void;
  /** Keeps what will become a part of a file. */
  spool(file: string): Spool;
  /** Why a file could not be written: from then on none is, and the run goes on for the sake of its verdict. */
  failure(): DrillError | undefined;
}

/** Lines are gathered up to this many characters before they are written: what a killed run may lose. */
const BUFFER_CHARS = 8 * 1024;

/** Makes a new folder `<out>/<id>`, or `<id>-2` … where that exists already. */
export function createRunFolder(out: string, id: string, cwd: string): RunFolder {
  let path = join(out, id);
  try {
    for (let n = 2; existsSync(path); n++) path = join(out, `${id}-${n}`);
    makeFolder(path);
  } catch (error) {
    throw notWritable(error, relative(cwd, out) || out);
  }
  const name = relative(cwd, path).startsWith('..') ? path : relative(cwd, path);
  let failed: DrillError | undefined;
  const trying = (file: string, write: () => void) => {
    if (failed !== undefined) return;
    try {
      write();
    } catch (error) {
      failed = notWritable(error, join(name, file));
    }
  };
  return {
    id: basename(path),
    name,
    path,
    append(file) {
      const stream = { fd: -1, size: 0 };
      trying(file, () => {
        stream.fd = openSync(join(path, file), 'a');
      });
      let pending = '';
      const flush = () => {
        if (pending !== '') trying(file, () => appendWhole(stream, pending));
        pending = '';
      };
      // A run that is cut short keeps what it has.
      process.on('exit', flush);
      return {
        write(text) {
          pending += text;
          if (pending.length >= BUFFER_CHARS) flush();
        },
        close() {
          process.off('exit', flush);
          flush();
          if (stream.fd >= 0) trying(file, () => closeSync(stream.fd));
        },
      };
    },
    writeWhole(file, pieces) {
      trying(file, () => replace(join(path, `.${file}.part`), join(path, file), pieces));
    },
    spool: (file) => createSpool(join(path, `.${file}.spool.part`)),
    failure: () => failed,
  };
}

/** Step by step: Node's own recursion never ends where a folder that exists takes no new one, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** All of the lines or none: where the disk is full, what was written of them is taken back. */
function appendWhole(stream: { fd: number; size: number }, lines: string): void {
  const bytes = Buffer.from(lines);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(stream.fd, bytes, done);
    stream.size += bytes.length;
  } catch (error) {
    ftruncateSync(stream.fd, stream.size);
    throw error;
  }
}

function replace(temporary: string, path: string, pieces: Iterable<string>): void {
  try {
    const fd = openSync(temporary, 'w');
    try {
      for (const piece of pieces) writeFileSync(fd, piece);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function notWritable(error: unknown, file: string): DrillError {
  return new DrillError('out-not-writable', {
    message: `the reports cannot be written: ${error instanceof Error ? error.message.split(',')[0] : String(error)}`,
    place: { file },
    fix: 'Name a folder you may write to, with room in it, with --out DIR.',
  });
}
