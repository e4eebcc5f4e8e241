import { createHash, type Hash } from 'node:crypto';
import {
  appendFileSync,
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
import { codeOf, DrillError } from '../core/errors.ts';
import type { RunStatus } from '../core/stop.ts';
import { createSpool, type Spool } from '../judge/spool.ts';
import { STATE, type State, SUMS } from '../judge/stored-file.ts';
import { TextBytes } from '../judge/text-bytes.ts';
import { known } from '../world/processes.ts';

/** Where one run's files go. Files that are streamed are appended to; the others appear whole or not at all. */
export interface RunFolder {
  id: string;
  /** As a user would name it. */
  name: string;
  path: string;
  append(file: string): { write(lines: string): void; close(): void };
  writeWhole(file: string, pieces: Iterable<string | Uint8Array>): void;
  /** Says how far the run is, until `run.json` does: undefined takes that back. */
  tell(status: RunStatus | undefined): void;
  /** Keeps what will become a part of a file. */
  spool(file: string): Spool;
  /** Why a file could not be written: from then on none is, and the run goes on for the sake of its verdict. */
  failure(): DrillError | undefined;
}

/** Lines are gathered up to this many bytes before they are written: what a killed run may lose. */
const BUFFER_BYTES = 8 * 1024;

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
      const pending = new TextBytes();
      const flush = () => {
        if (pending.size > 0) trying(file, () => appendWhole(stream, pending.bytes));
        pending.clear();
      };
      // A run that is cut short keeps what it has.
      process.on('exit', flush);
      return {
        write(text) {
          pending.add(text);
          if (pending.size >= BUFFER_BYTES) flush();
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
    tell(status) {
      trying(STATE, () => {
        if (status === undefined) return rmSync(join(path, STATE), { force: true });
        const state: State = { schema: 'drill.state/1', status, ...known(process.pid) };
        // Whole or not at all; what the machine forgets when it is switched off need not survive it.
        const part = join(path, `.${STATE}.part`);
        writeFileSync(part, `${JSON.stringify(state)}\n`);
        renameSync(part, join(path, STATE));
      });
    },
    spool: (file) => createSpool(join(path, `.${file}.spool.part`)),
    failure: () => failed,
  };
}

/** Where a run leaves nothing. */
export const createNoFolder = (): RunFolder => ({
  ...{ id: '', name: '', path: '' },
  append: () => ({ write() {}, close() {} }),
  writeWhole() {},
  tell() {},
  spool: () => ({ write() {}, bytes: () => [], pieces: () => [], lines: () => [], close() {} }),
  failure: () => undefined,
});

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
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function* seenBy<P extends string | Uint8Array>(hash: Hash, pieces: Iterable<P>): Iterable<P> {
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

/** All of the lines or none: where the disk is full, what was written of them is taken back. */
function appendWhole(stream: { fd: number; size: number; hash: Hash }, bytes: Uint8Array): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(stream.fd, bytes, done);
    stream.size += bytes.length;
    stream.hash.update(bytes);
  } catch (error) {
    ftruncateSync(stream.fd, stream.size);
    throw error;
  }
}

function replace(temporary: string, path: string, pieces: Iterable<string | Uint8Array>): void {
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
  return new DrillError({
    message: `the reports cannot be written: ${error instanceof Error ? error.message.split(',')[0] : String(error)}`,
    place: { file },
    fix: 'Name a folder you may write to, with room in it, with --out DIR.',
  });
}
