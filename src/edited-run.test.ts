import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { judge } from './cli/commands/judge.ts';
import { notices } from './cli/commands/notices.ts';
import { report } from './cli/commands/report.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { DrillError, EXIT } from './core/errors.ts';
import { createRandom } from './core/random.ts';
import { Project } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

/** Every byte deleted, flipped, doubled and more: EDITED_RUNS=45000 npx vitest run src/edited-run.test.ts */
const EDITS = Number(process.env['EDITED_RUNS'] ?? 2000);
const SEED = Number(process.env['EDITED_SEED'] ?? 7);

/** Small, so that an edit costs little; it fails, so that an edit could make it better. */
const FILES = {
  'drills/tiny.yaml': `drill: tiny
title: The first role is down
hypothesis: The second answers.
workflow: any
phases: [{ name: outage, tasks: 1, faults: [{ fault: server-error, role: primary }] }]
expect: { fails-over: { role: backup }, retries-at-most: { retries: 0 } }
`,
  'tasks/hours.json': '{ "name": "hours", "input": "When?", "must_include": ["10 am"], "max_latency_ms": 9000 }',
  'agent.mjs': `export default async (task, { roles: { primary } }) => {
  const messages = [{ role: 'user', content: task.input }];
  const body = JSON.stringify({ model: primary.model, messages });
  const reply = await fetch(primary.base_url + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return (await reply.json()).choices[0].message.content;
};
const at = (model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model });
export const roles = { primary: at('gpt-5-mini'), backup: at('gpt-5-nano') };
`,
};

const PARTS = ['run.json', 'inputs.json', 'trace.jsonl', 'SHA256SUMS'] as const;
type Part = (typeof PARTS)[number];
type Files = Record<Part, Buffer>;

const folder = mkdtempSync(join(tmpdir(), 'drill-edited-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let sound: Files;
beforeAll(async () => {
  using project = new Project(FILES);
  const terminal = fakeTerminal({ cwd: project.cwd });
  const words = ['drill', 'run', 'tiny', '--target', './agent.mjs', '--tasks', 'tasks'];
  expect([await main(['node', ...words], terminal), terminal.err()]).toEqual([1, '']);
  const reports = join(project.cwd, 'reports');
  const at = (part: Part) => readFileSync(join(reports, readdirSync(reports)[0] ?? '', part));
  sound = {
    'run.json': at('run.json'),
    'inputs.json': at('inputs.json'),
    'trace.jsonl': at('trace.jsonl'),
    SHA256SUMS: at('SHA256SUMS'),
  };
});

/** What lies in the folder: writing it costs more than reading it. */
const lying = new Map<Part, Buffer>();

/** What the commands make of a folder with these files: their exit code, or the words of their error. */
function look(changed: Partial<Files>, command: 'judge' | 'report' | 'notices'): number | string {
  for (const part of PARTS) {
    const bytes = changed[part] ?? sound[part];
    if (lying.get(part) !== bytes) writeFileSync(join(folder, part), bytes);
    lying.set(part, bytes);
  }
  const terminal = fakeTerminal({ cwd: folder });
  try {
    if (command === 'judge') return judge('.', { drill: [], as: 'json', unread: 'passed' }, catalogue, terminal);
    if (command === 'report') return report('.', 'terminal', catalogue, terminal);
    notices('.', { json: true }, catalogue, terminal);
    return EXIT.failed;
  } catch (error) {
    // What is thrown besides is our bug.
    if (!(error instanceof DrillError) || error.exitCode !== EXIT.invalid) throw error;
    expect(terminal.out()).toBe('');
    const [problem] = error.problems;
    expect([problem?.place?.file, problem?.fix]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    return `${problem?.place?.file}:${problem?.place?.line ?? ''} ${problem?.message}`;
  }
}

/** The sums that belong to the changed files, as an editor who knows of them would write them. */
function withSums(changed: Partial<Files>): Partial<Files> {
  const lines = PARTS.slice(0, 3).map(
    (part) =>
      `${createHash('sha256')
        .update(changed[part] ?? sound[part])
        .digest('hex')}  ${part}\n`,
  );
  return { ...changed, SHA256SUMS: Buffer.from(lines.join('')) };
}

const random = createRandom(SEED);
const upTo = (n: number) => Math.floor(random.next() * n);

const without = (bytes: Buffer, at: number, n: number) =>
  Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + n)]);
const insert = (bytes: Buffer, at: number, more: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << upTo(8));
  return copy;
}

/** Kinds of edits, each at one place of a file. */
const KINDS: ((bytes: Buffer, at: number) => Buffer)[] = [
  (bytes, at) => without(bytes, at, 1),
  flipped,
  (bytes, at) => insert(bytes, at, bytes.subarray(at, at + 1)),
  (bytes, at) => without(bytes, at, 1 + upTo(200)),
  (bytes, at) => insert(bytes, at, bytes.subarray(at, at + 1 + upTo(200))),
  (bytes, at) =>
    insert(bytes, at, Buffer.from(['{}', '[]', 'null', '-1', '"', '\n', '1e999', '\u0000'][upTo(8)] ?? '')),
  (bytes) => flipped(flipped(bytes, upTo(bytes.length)), upTo(bytes.length)),
  (bytes, at) => bytes.subarray(0, at),
];

/** One part with an edit: spread over all bytes; of four for each, one deletes it, one flips and one doubles it. */
function edited(i: number): Partial<Files> {
  const total = PARTS.reduce((sum, part) => sum + sound[part].length, 0);
  let at = Math.floor((i / EDITS) * total);
  for (const part of PARTS) {
    const bytes = sound[part];
    if (at < bytes.length)
      return { [part]: KINDS[i % 4 === 3 ? 3 + upTo(KINDS.length - 3) : i % 4]?.(bytes, at) ?? bytes };
    at -= bytes.length;
  }
  throw new Error('no such byte');
}

const numbers = Array.from({ length: EDITS }, (_, i) => i);

it('the run is sound', () => {
  for (const command of ['judge', 'report', 'notices'] as const) expect(look({}, command)).toBe(EXIT.failed);
});

it(`${EDITS} edits: an error, or the same verdict`, () => {
  let refused = 0;
  for (const i of numbers) {
    const changed = edited(i);
    for (const command of ['judge', 'report'] as const) {
      const seen = look(changed, command);
      if (typeof seen === 'number') expect(seen, `edit ${i}`).toBe(EXIT.failed);
      else refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(1.9 * EDITS);
});

it('edits with their sums: an error or a verdict, never a crash, and run.json decides nothing', () => {
  const seen = new Map<string, number>();
  // Most of these are judged to the end, which takes longer.
  for (const i of numbers.filter((n) => n % 5 === 0)) {
    const changed = edited(i);
    if (changed.SHA256SUMS !== undefined) continue;
    const signed = withSums(changed);
    const [judged, shown, listed] = [look(signed, 'judge'), look(signed, 'report'), look(signed, 'notices')];
    const all = [judged, shown].filter((one) => typeof one === 'number');
    if (changed['run.json'] !== undefined)
      expect(
        all.filter((code) => code !== EXIT.failed),
        `edit ${i}`,
      ).toEqual([]);
    // What the events show is what is shown.
    if (typeof shown === 'number') expect(shown, `edit ${i}`).toBe(judged);
    for (const one of [judged, shown, listed]) seen.set(typeof one, (seen.get(typeof one) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(['number', 'string']);
});

describe('a run with its sums made anew', () => {
  const text = (part: Part) => sound[part].toString('utf8');
  const changing = (part: Part, change: (text: string) => string) => {
    const after = change(text(part));
    expect(after).not.toBe(text(part));
    return withSums({ [part]: Buffer.from(after) });
  };
  const lines = (change: (lines: string[]) => string[]) =>
    changing('trace.jsonl', (all) => `${change(all.trimEnd().split('\n')).join('\n')}\n`);

  it('a verdict in run.json that the events do not give: the file, the line and what disagrees', () => {
    const head = changing('run.json', (all) => all.replace('"verdict":"failed"', '"verdict":"passed"'));
    expect(look(head, 'report')).toBe(
      'run.json:1 it and the events of the run disagree: it says "verdict":"passed", the events give "verdict":"failed"',
    );
    const within = changing('run.json', (all) =>
      all.replace('"verdict":"failed","reason"', '"verdict":"passed","reason"'),
    );
    expect(look(within, 'report')).toMatch(
      /^run\.json:\d+ .*it says "verdict":"passed", the events give "verdict":"failed"/,
    );
    // The judge does not take verdicts from it.
    for (const changed of [head, within]) expect(look(changed, 'judge')).toBe(EXIT.failed);
  });

  it('drills cut out of run.json', () => {
    const cut = changing('run.json', (all) => all.replace(/"drills":\[[\s\S]*\],"about"/, '"drills":[],"about"'));
    for (const command of ['judge', 'report'] as const)
      expect(look(cut, command)).toMatch(/^trace\.jsonl:\d+ .*no event of any drill/);
    const told = changing('run.json', (all) =>
      all.replace(/"unfinished":\[\],"drills":\[[\s\S]*\],"about"/, '"unfinished":["tiny"],"drills":[],"about"'),
    );
    for (const command of ['judge', 'report'] as const)
      expect(look(told, command)).toMatch(/^trace\.jsonl:\d+ .*no event of any drill/);
  });

  it('each line of the trace missing, twice, or moved', () => {
    const count = text('trace.jsonl').trimEnd().split('\n').length;
    for (let i = 0; i < count; i++) {
      const missing = lines((all) => all.toSpliced(i, 1));
      const twice = lines((all) => all.toSpliced(i, 0, all[i] ?? ''));
      const moved = i === 0 ? twice : lines((all) => all.toSpliced(i, 1).toSpliced(i - 1, 0, all[i] ?? ''));
      // A verdict of an ask at the very end is not what it is judged by.
      const atEnd =
        JSON.parse(text('trace.jsonl').trimEnd().split('\n')[i] ?? '').kind === 'verdict' && i === count - 1;
      for (const command of ['judge', 'report'] as const)
        for (const changed of atEnd ? [twice, moved] : [missing, twice, moved])
          expect(look(changed, command), `line ${i}`).toMatch(/damaged/);
    }
  });

  it('one that is said to have been cut short is no pass', () => {
    const short = changing('run.json', (all) => all.replace('"completed"', '"interrupted"'));
    expect(look(short, 'report')).toMatch(/^run\.json:1 /);
    expect(look(short, 'judge')).toBe(EXIT.interrupted);
  });

  it('a phase that is not there, with all that came after it', () => {
    const cut = lines((all) =>
      all.slice(
        0,
        all.findIndex((line) => line.includes('"phase":"outage"')),
      ),
    );
    for (const command of ['judge', 'report'] as const)
      expect(look(cut, command)).toMatch(/the phases of tiny are not all there/);
  });

  it('a claim that was taken out: run.json knows it, and whoever judges anew cannot', () => {
    const fewer = changing('inputs.json', (all) => all.replace(',"retries-at-most":{"retries":0}', ''));
    expect(look(fewer, 'report')).toMatch(/^run\.json:\d+ it and the events of the run disagree/);
    expect(look(fewer, 'judge')).toBe(EXIT.failed);
  });
});
