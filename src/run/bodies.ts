import { BodyLine } from '../core/bodies.ts';
import { damaged, linesOf, measure, SUMS } from '../judge/stored-file.ts';
import { readSums, type StoredRun } from '../judge/stored-run.ts';
import { parseJson } from '../text/json.ts';
import type { RunFolder } from './run-folder.ts';

const BODIES = 'bodies.jsonl';
/** So many bytes of a run are kept. */
const MOST_BYTES = 20 * 1024 * 1024;

export interface BodiesFile {
  /** Writes what was not written yet; false where it was, or where the file is full. */
  take(line: BodyLine): boolean;
  close(): void;
}

/** Opens `bodies.jsonl`; `full` is called once, where more is said than it takes. */
export function openBodies(folder: RunFolder, full: (line: BodyLine) => void): BodiesFile {
  const file = folder.append(BODIES);
  const written = new Set<string>();
  let left = MOST_BYTES;
  return {
    take(line) {
      if (left <= 0 || ('body' in line && written.has(line.body))) return false;
      const text = `${JSON.stringify(line)}\n`;
      const bytes = Buffer.byteLength(text);
      if (bytes > left || 'full' in line) {
        left = 0;
        const last = { full: MOST_BYTES };
        file.write(`${JSON.stringify(last)}\n`);
        full(last);
        return false;
      }
      left -= bytes;
      if ('body' in line) written.add(line.body);
      file.write(text);
      return true;
    },
    close: () => file.close(),
  };
}

/** What a stored run kept of what was said: nothing where it kept nothing. Throws a DrillError where it is not as it was written. */
export function* storedBodies(run: Pick<StoredRun, 'file'>): Iterable<BodyLine> {
  const sum = readSums(run.file(SUMS), [BODIES]).get(BODIES);
  if (sum === undefined) return;
  const file = run.file(BODIES);
  if (measure(file).sum !== sum) throw damaged(file.name, `its checksum is not the one in ${SUMS}`);
  let number = 0;
  for (const line of linesOf(file)) {
    number += 1;
    const read = BodyLine.safeParse(parseJson(line));
    if (!read.success) throw damaged(file.name, 'this is nothing that was said', number);
    yield read.data;
  }
}

/** What the shards of a run kept, as one machine would have: drill by drill, each thing before the first call that names it. */
export function* mergedBodies(drills: readonly string[], shards: readonly { run: StoredRun }[]): Iterable<BodyLine> {
  const readers = shards.map(({ run }) => ({ run, lines: linesOfDrills(storedBodies(run)) }));
  const things = new Map<string, BodyLine>();
  let full: BodyLine | undefined;
  for (const drill of drills) {
    for (const line of readers.find(({ run }) => run.finished.includes(drill))?.lines(drill) ?? []) {
      if ('body' in line) things.set(line.body, line);
      else if ('full' in line) full = line;
      else yield* [...named(line).flatMap((id) => things.get(id) ?? []), line];
    }
  }
  if (full !== undefined) yield full;
}

/** Gives the lines up to the first call of another drill. */
function linesOfDrills(all: Iterable<BodyLine>): (drill: string) => Iterable<BodyLine> {
  const lines = all[Symbol.iterator]();
  let next: BodyLine | undefined;
  return function* (drill) {
    for (next ??= lines.next().value; next !== undefined; next = lines.next().value) {
      if ('call' in next && next.drill !== drill) return;
      yield next;
    }
  };
}

function named(line: Extract<BodyLine, { call: string }>): string[] {
  if ('came' in line) return [line.came];
  const { messages, tools, schema } = line.sent;
  return [...messages, ...tools, ...(schema === null ? [] : [schema])];
}
