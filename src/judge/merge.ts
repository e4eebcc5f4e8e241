import { isDeepStrictEqual } from 'node:util';
import { DrillError } from '../core/errors.ts';
import { linesOf } from './stored-file.ts';
import { plansOf, type StoredRun, Trace } from './stored-run.ts';
import { skipped } from './summary.ts';

/** A run that was shared among machines, one again. */
export interface Merged {
  facts: StoredRun['facts'];
  /** The drills, in the order of the whole run. */
  drills: string[];
  /** The pieces of `inputs.json`. */
  inputs(): Iterable<string>;
  /** The lines of `trace.jsonl`, numbered anew. */
  trace(): Iterable<string>;
}

type Part = { name: string; run: StoredRun; index: number };

/** Puts the runs of all shards together. Throws a DrillError where one is missing, is there twice, or is of another run. */
export function mergeShards(runs: readonly { name: string; run: StoredRun }[]): Merged {
  const parts = runs.map(({ name, run }) => ({ name, run, index: shardOf(name, run).index }));
  const [first] = parts;
  if (first === undefined) throw new Error('there is nothing to merge');
  for (const part of parts.slice(1)) expectSame(first, part);
  expectAll(parts);
  const { shard, ...about } = first.run.facts.about;
  const whole = { ...about, wall_ms: Math.max(...parts.map(({ run }) => run.facts.about.wall_ms)) };
  const drills = shard?.drills ?? [];
  return {
    facts: { ...first.run.facts, about: whole },
    drills,
    *inputs() {
      const readers = new Map(parts.map((part) => [part, inputLinesOf(part.run)[Symbol.iterator]()]));
      for (const [i, drill] of drills.entries())
        yield `${i === 0 ? '[' : ','}\n${readers.get(partOf(parts, drill))?.next().value}`;
      yield '\n]\n';
    },
    trace: () => traceOf(parts, drills),
  };
}

/** As they were written: a line a drill, between brackets. */
function* inputLinesOf({ file }: StoredRun): Iterable<string> {
  for (const line of linesOf(file('inputs.json'))) if (line !== '[' && line !== ']') yield line.replace(/,$/, '');
}

function* traceOf(parts: readonly Part[], drills: readonly string[]): Iterable<string> {
  const readers = new Map(
    parts.map((part) => [
      part,
      { trace: new Trace(part.run), plans: plansOf(part.run.file('inputs.json'))[Symbol.iterator]() },
    ]),
  );
  let seq = 0;
  try {
    for (const { trace } of readers.values()) {
      trace.step();
      const header = trace.step();
      if (seq === 0) yield `${JSON.stringify(header)}\n`;
      seq = 1;
    }
    for (const drill of drills) {
      const reader = readers.get(partOf(parts, drill));
      const inputs = reader?.plans.next().value;
      if (inputs === undefined || inputs.drill.drill !== drill)
        throw new Error(`the inputs of ${drill} are not in its shard`);
      // A drill that was skipped has no events.
      if (skipped({ ...inputs, checks: [] }) !== undefined) continue;
      for (const event of reader?.trace.block(inputs, true) ?? [])
        yield `${JSON.stringify({ ...event, seq: seq++ })}\n`;
    }
  } finally {
    for (const { trace } of readers.values()) trace.close();
  }
}

function partOf(parts: readonly Part[], drill: string): Part {
  const part = parts.find(({ run }) => run.finished.includes(drill));
  if (part === undefined) throw refused(`no shard has run ${drill}`, parts[0]?.name ?? '', 'Run that shard again.');
  return part;
}

function shardOf(name: string, { facts, status, brokenOff }: StoredRun) {
  const { shard } = facts.about;
  if (brokenOff) throw refused('this run did not come to its end', name, 'Run that shard again.');
  if (shard === undefined) throw refused('this run is no shard', name, 'Name runs that were made with --shard i/n.');
  if (status !== 'completed')
    throw refused(`shard ${shard.index}/${shard.count} did not come to its end`, name, 'Run that shard again.');
  return shard;
}

/** What must be the same in all of them; what a shard is, and when and where it ran, may differ. */
function expectSame(one: Part, other: Part): void {
  const told = ({ run: { facts } }: Part) => ({
    seed: facts.seed,
    target: facts.target,
    command: facts.reproduce,
    versions: facts.about.versions,
    definitions: facts.about.definition_hash,
    'number of shards': facts.about.shard?.count,
    drills: facts.about.shard?.drills,
  });
  const [a, b] = [told(one), told(other)];
  for (const [what, value] of Object.entries(a)) {
    const there = Object.entries(b).find(([key]) => key === what)?.[1];
    if (isDeepStrictEqual(value, there)) continue;
    const shown = [value, there].map((v) => (typeof v === 'object' ? JSON.stringify(v) : String(v)));
    const fix = 'Merge shards of one run only: the same drills, seed, target and versions.';
    throw refused(`it is of another run than ${one.name}: ${what} ${shown[1]}, there ${shown[0]}`, other.name, fix);
  }
}

function expectAll(parts: readonly Part[]): void {
  const count = parts[0]?.run.facts.about.shard?.count ?? 0;
  for (const { index, name } of parts) {
    const twice = parts.find((other) => other.index === index && other.name !== name);
    if (twice !== undefined)
      throw refused(`shard ${index}/${count} is there twice: ${twice.name} is the same`, name, 'Name each shard once.');
  }
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((i) => parts.every(({ index }) => index !== i));
  if (missing.length === 0) return;
  const names = missing.map((i) => `${i}/${count}`).join(', ');
  throw refused(`missing: shard ${names}`, parts.map(({ name }) => name).join(', '), 'Name the runs of all shards.');
}

const refused = (message: string, file: string, fix: string) =>
  new DrillError({ message: `the shards cannot be merged: ${message}`, place: { file }, fix });
