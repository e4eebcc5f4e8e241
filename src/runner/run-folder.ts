import { createHash, type Hash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
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

/** Has a line for each file that is complete, as `sha256sum -c` reads it: what a stored run is trusted by. */
export const SUMS = 'SHA256SUMS';

/** Lines are gathered up to this many characters before they are written: what a killed run may lose. */
const BUFFER_CHARS = 8 * 1024;

/** Makes a new folder `<out>/<id>`, or `<id>-2` … where that exists already. */
export function createRunFolder(out: string, id: string, cwd: string): RunFolder {
  const path = claimed(out, id, cwd);
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
  const complete = (file: string, sum: string) =>
    trying(SUMS, () => appendFileSync(join(path, SUMS), `${sum}  ${file}\n`));
  return {
    id: basename(path),
    name,
    path,
    append(file) {
      const stream = { fd: -1, size: 0, hash: createHash('sha256') };
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
          complete(file, stream.hash.digest('hex'));
        },
      };
    },
    writeWhole(file, pieces) {
      const hash = createHash('sha256');
      trying(file, () => replace(join(path, `.${file}.part`), join(path, file), seenBy(hash, pieces)));
      complete(file, hash.digest('hex'));
    },
    spool: (file) => createSpool(join(path, `.${file}.spool.part`)),
    failure: () => failed,
  };
}

/** Whoever makes a folder has it: another run may begin in the same millisecond. */
function claimed(out: string, id: string, cwd: string): string {
  try {
    makeFolder(out);
    let path = join(out, id);
    for (let n = 2; !isNew(path); n++) path = join(out, `${id}-${n}`);
    return path;
  } catch (error) {
    throw notWritable(error, relative(cwd, out) || out);
  }
}

/** Step by step: Node's own recursion never ends where a folder that exists takes no new one, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  isNew(path);
}

/** Makes the folder; false where something of that name is there already. */
function isNew(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function* seenBy(hash: Hash, pieces: Iterable<string>): Iterable<string> {
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

/** All of the lines or none: where the disk is full, what was written of them is taken back. */
function appendWhole(stream: { fd: number; size: number; hash: Hash }, lines: string): void {
  const bytes = Buffer.from(lines);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(stream.fd, bytes, done);
    stream.size += bytes.length;
    stream.hash.update(bytes);
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

// --- reading what somebody stored ---------------------------------------------

/** No run that can be judged in a day writes more. */
const MOST_BYTES = 2 ** 32;
/** A line holds one event, one ask or one workflow with its documents and pictures. */
const MOST_LINE = 2 ** 26;
const CHUNK = 2 ** 16;
const NEWLINE = 0x0a;

/** A file of a stored run, as messages name it. */
export interface StoredFile {
  path: string;
  name: string;
}

/** The sum of a file, and how many lines it has. */
export function measure(file: StoredFile): { sum: string; lines: number } {
  const hash = createHash('sha256');
  let lines = 0;
  for (const bytes of chunksOf(file)) {
    hash.update(bytes);
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return { sum: hash.digest('hex'), lines };
}

/** The lines of a file, one at a time. Throws a DrillError. */
export function* linesOf(file: StoredFile): Generator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw damaged(file.name, 'it is not UTF-8 text');
    }
  };
  let rest = '';
  for (const bytes of chunksOf(file)) {
    const [first = '', ...more] = decode(bytes).split('\n');
    rest += first;
    if (rest.length > MOST_LINE) throw damaged(file.name, `a line has more than ${MOST_LINE} characters`);
    for (const piece of more) {
      yield rest;
      rest = piece;
    }
  }
  if (rest + decode() !== '') throw damaged(file.name, 'its last line is not whole');
}

/** The same room is used for each: whoever keeps one copies it. */
function* chunksOf({ path, name }: StoredFile): Generator<Uint8Array, void> {
  let fd: number | undefined;
  try {
    // Without waiting: opening a named pipe would hold the command until somebody writes to it.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw damaged(name, 'this is not a file');
    if (stat.size > MOST_BYTES) throw damaged(name, `it has more than ${MOST_BYTES} bytes`);
    const room = Buffer.allocUnsafe(Math.min(CHUNK, stat.size));
    // It may grow while it is read.
    for (let left = stat.size; left > 0; ) {
      const read = readSync(fd, room, 0, Math.min(CHUNK, left), null);
      if (read === 0) return;
      left -= read;
      yield room.subarray(0, read);
    }
  } catch (error) {
    throw error instanceof DrillError ? error : unreadable(error, name);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function unreadable(error: unknown, name: string): DrillError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new DrillError('not_a_run', {
    message: missing ? `there is no ${basename(name)} in ${dirname(name)}` : `it cannot be read (${code})`,
    place: { file: missing ? dirname(name) : name },
    fix: 'Name the folder of a finished run, e.g. one below reports/.',
  });
}

/** A stored run that is not what a run has written. */
export function damaged(file: string, why: string, line?: number): DrillError {
  return new DrillError('damaged_run', {
    message: `the stored run is damaged: ${why}`,
    place: line === undefined ? { file } : { file, line },
    fix: 'Run the drill again; its seed gives the same run.',
  });
}
