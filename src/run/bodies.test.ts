import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BodyLine } from '../core/bodies.ts';
import { openBodies } from './bodies.ts';
import { createRunFolder } from './run-folder.ts';
import { storedBodies } from './stored-bodies.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'drill-bodies-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const idOf = (n: number) => n.toString(16).padStart(16, '0');
const thing = (n: number, text = 'Hi'): BodyLine => ({ body: idOf(n), reply: { text } });
const call = (n: number): BodyLine => ({ call: `c${n}`, drill: 'd', phase: 'p', ask: 1, came: idOf(n) });

function written(...lines: BodyLine[]) {
  const folder = createRunFolder(out, 'run', out);
  const told: BodyLine[] = [];
  const file = openBodies(folder, (line) => void told.push(line));
  const taken = lines.filter((line) => file.take(line));
  file.close();
  const run = { file: (part: string) => ({ path: join(folder.path, part), name: part }) };
  return { folder, run, taken, told };
}

it('each thing is written once, and read again as it was', () => {
  const { run, taken, told } = written(thing(1), call(1), thing(1), call(1), thing(2));
  expect([...storedBodies(run)]).toEqual([thing(1), call(1), call(1), thing(2)]);
  expect([taken.length, told]).toEqual([4, []]);
});

it('beyond 20 MB nothing is written, which is said once and stands in the file', () => {
  const long = 'x'.repeat(64_000);
  const { run, told } = written(...Array.from({ length: 400 }, (_, i) => thing(i, long)));
  const lines = [...storedBodies(run)];
  expect(lines.at(-1)).toEqual({ full: 20_971_520 });
  expect(told).toEqual(lines.slice(-1));
  expect(readFileSync(run.file('bodies.jsonl').path).length).toBeLessThan(20_971_520 + 100);
});

it('a file that the run has not written is refused, and a line that nobody said', () => {
  const { run, folder } = written(thing(1));
  const { path } = run.file('bodies.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('Hi', 'Ho'));
  expect(() => [...storedBodies(run)]).toThrow(/checksum/);
  rmSync(join(folder.path, 'SHA256SUMS'));
  folder.writeWhole('bodies.jsonl', ['{"body":"x","reply":{}}\n']);
  expect(() => [...storedBodies(run)]).toThrow(/nothing that was said/);
});

it('a run that kept nothing has nothing', () => {
  const folder = createRunFolder(out, 'run', out);
  folder.writeWhole('run.json', ['{}\n']);
  const run = { file: (part: string) => ({ path: join(folder.path, part), name: part }) };
  expect([...storedBodies(run)]).toEqual([]);
});

it('of a run that was killed, what it had kept until then is there', () => {
  const { run } = written(thing(1), call(1));
  const { path } = run.file('bodies.jsonl');
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"body":"00`);
  rmSync(run.file('SHA256SUMS').path);
  expect([...storedBodies({ ...run, brokenOff: true })]).toEqual([thing(1), call(1)]);
  rmSync(path);
  expect([...storedBodies({ ...run, brokenOff: true })]).toEqual([]);
});
