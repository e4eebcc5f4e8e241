import { createHash } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { codeOf, DrillError, messageOf } from '../core/errors.ts';
import { RunStatus } from '../core/stop.ts';

/** Has a line for each file that is complete, as `sha256sum -c` reads it: what a stored run is trusted by. */
export const SUMS = 'SHA256SUMS';

/** Is there until `run.json` is: how far the run is, and whose it is. */
export const STATE = 'state.json';

export const State = z.object({
  schema: z.literal('drill.state/1'),
  status: RunStatus,
  pid: z.number().int(),
  identity: z.string().optional(),
});
export type State = z.infer<typeof State>;

/** How far the run in a folder is; undefined once it has written its report, and where nothing says it. */
export function readState(folder: string): State | undefined {
  if (existsSync(join(folder, 'run.json'))) return undefined;
  try {
    return State.parse(JSON.parse(readFileSync(join(folder, STATE), 'utf8')));
  } catch {
    return undefined;
  }
}

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

/** The lines of a file, one at a time; of one that is written `so far`, the whole ones. Throws a DrillError. */
export function* linesOf(file: StoredFile, written: 'whole' | 'so far' = 'whole'): Generator<string, void> {
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
  if (written === 'so far') return;
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
  const code = codeOf(error) || 'error';
  const missing = code === 'ENOENT' || code === 'ENOTDIR';
  return new DrillError({
    message: missing ? `there is no ${basename(name)} in ${dirname(name)}` : `it cannot be read (${code})`,
    place: { file: missing ? dirname(name) : name },
    fix: 'Name the folder of a finished run, e.g. one below reports/.',
  });
}

/** A stored run that is not what a run has written. */
export function damaged(file: string, why: string, line?: number): DrillError {
  return new DrillError({
    message: `the stored run is damaged: ${why}`,
    place: line === undefined ? { file } : { file, line },
    fix: 'Run the drill again; its seed gives the same run.',
  });
}

/** What is read of a file; what cannot be is damaged. */
export function orDamaged<T>(file: StoredFile, read: () => T, line?: number): T {
  try {
    return read();
  } catch (error) {
    throw damaged(file.name, messageOf(error), line);
  }
}

/** A stored file of a version that this one cannot read. */
export function otherVersion(file: string, found: string, wanted: readonly string[]): DrillError {
  return new DrillError({
    message: `it was written as ${found}, this version reads ${wanted.join(' and ')}`,
    place: { file },
    fix: 'Read it with the version of failover-drill that wrote it (about.versions in run.json), or run the drill again.',
  });
}
