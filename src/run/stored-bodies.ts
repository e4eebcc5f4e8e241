import { existsSync } from 'node:fs';
import { BodyLine } from '../core/bodies.ts';
import { damaged, linesOf, measure, SUMS } from '../judge/stored-file.ts';
import { readSums, type StoredRun } from '../judge/stored-run.ts';
import { parseJson } from '../text/json.ts';
import { BODIES } from './bodies.ts';

/** What a stored run kept of what was said: nothing where it kept nothing. Throws a DrillError where it is not as it was written. */
export function* storedBodies(run: Pick<StoredRun, 'file' | 'brokenOff'>): Iterable<BodyLine> {
  const file = run.file(BODIES);
  if (!(run.brokenOff ? existsSync(file.path) : isWhole(run))) return;
  let number = 0;
  for (const line of linesOf(file, run.brokenOff ? 'so far' : 'whole')) {
    number += 1;
    const read = BodyLine.safeParse(parseJson(line));
    if (!read.success) throw damaged(file.name, 'this is nothing that was said', number);
    yield read.data;
  }
}

/** Whether they are there, as the run has written them. */
function isWhole(run: Pick<StoredRun, 'file'>): boolean {
  const sum = readSums(run.file(SUMS), [BODIES]).get(BODIES);
  if (sum === undefined) return false;
  const file = run.file(BODIES);
  if (measure(file).sum !== sum) throw damaged(file.name, `its checksum is not the one in ${SUMS}`);
  return true;
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
