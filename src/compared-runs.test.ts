import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@cfworker/json-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { jsonSchemas } from './config/json-schemas.ts';
import type { Comparison } from './core/comparison.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { HOSTILE } from './reporters/formats.fixture.ts';

// The fixture installs the routes, before anything else is loaded.
void runDrill;
const { main } = await import('./cli/main.ts');

const flawed = (name: string) =>
  readFileSync(join(root, 'fixtures/targets/flawed', `${name}.ts`), 'utf8').replaceAll('../../../src/', `${root}/src/`);

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

const diffSchema = new Validator(JSON.parse(JSON.stringify(jsonSchemas()['diff.schema.json'])), '2020-12');

/** One drill on two phases of a few asks. */
const SHORT = `drill: short
title: The primary is out, then well
hypothesis: Answers are whole, and the primary serves again.
workflow: support-answer
phases:
  - { name: out, tasks: 3, load: { every_ms: 1000 }, faults: [{ fault: server-error, role: primary }] }
  - { name: healed, after_ms: 60000, tasks: 3, load: { every_ms: 5000 } }
expect: { fails-back: { within_ms: 60000 }, cites-sources: {} }
`;

describe('runs of an agent of which one thing was mended and another broken', () => {
  let project: Project;
  let cwd = '';
  const kept = (name: string) => join(cwd, 'kept', name);
  /** Runs it and keeps the run under a name. */
  async function run(name: string, agent: string, ...more: string[]) {
    writeFileSync(join(cwd, 'agent.ts'), flawed(agent));
    await drill(cwd, 'run', './drills/short.yaml', '--target', './agent.ts', '--out', 'out', ...more);
    const last = readdirSync(join(cwd, 'out')).sort().at(-1) ?? '';
    cpSync(join(cwd, 'out', last), kept(name), { recursive: true });
  }
  const compared = async (...words: string[]): Promise<Comparison> =>
    JSON.parse((await drill(cwd, 'diff', ...words, '--json')).out);

  beforeAll(async () => {
    project = new Project({ 'drills/short.yaml': SHORT });
    cwd = project.cwd;
    await run('uncited', 'drops-citations');
    await run('stuck', 'never-goes-back');
    await run('seed', 'never-goes-back', '--seed', '2');
    await run('faulted', 'never-goes-back', '--fault', 'hang@primary');
  });
  afterAll(() => project[Symbol.dispose]());

  it('says what broke and what healed, by drill, phase and task', async () => {
    const { code, out, err } = await drill(cwd, 'diff', 'kept/uncited', 'kept/stuck', '--json');
    expect([code, err]).toEqual([1, '']);
    const { valid, errors } = diffSchema.validate(JSON.parse(out));
    expect(valid, JSON.stringify(errors)).toBe(true);
    const { kind, differs, broke, healed, verdicts, worse }: Comparison = JSON.parse(out);
    expect([kind, differs, worse]).toEqual(['comparable', [], true]);
    expect(broke.map((one) => [one.check, one.drill, one.phase])).toEqual([['fails-back', 'short', undefined]]);
    expect(new Set(healed.map((one) => `${one.check} ${one.phase}`))).toEqual(new Set(['cites-sources out']));
    expect(healed).toHaveLength(3);
    expect(verdicts.map((one) => [one.phase, one.before, one.now])).toEqual(Array(3).fill(['out', 'failed', 'passed']));
    const text = await drill(cwd, 'diff', 'kept/uncited', join('kept', 'stuck', 'run.json'));
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/\nbroke\n {2}fails-back \(critical\) in short: the whole drill; /);
    expect(text.out).toMatch(/\nhealed\n {2}cites-sources \(\w+\) in short, out, 3 tasks \(.*\): 0 asks, 3 before; /);
  });

  it('is the same comparison that --baseline goes by', async () => {
    const words = ['run', './drills/short.yaml', '--target', './agent.ts', '--out', 'gated'];
    writeFileSync(join(cwd, 'agent.ts'), flawed('never-goes-back'));
    const gated = await drill(cwd, ...words, '--baseline', 'kept/uncited');
    expect(gated.code).toBe(1);
    const { broke, healed } = await compared('kept/uncited', 'kept/stuck');
    for (const { drill: name, check } of broke) expect(gated.err).toContain(`  ${name} ${check}: 1, 0 before\n`);
    for (const { drill: name, check, task, phase } of healed)
      expect(gated.err).toContain(`  ${name} ${check}, ${task} (${phase})\n`);
    expect(gated.err.trimEnd().split('\n')).toHaveLength(2 + broke.length + healed.length);
    expect((await drill(cwd, ...words, '--baseline', 'kept/stuck')).code).toBe(0);
  });

  it('nothing is worse from a run to itself', async () => {
    const { code, out } = await drill(cwd, 'diff', 'kept/stuck', 'kept/stuck');
    expect(code).toBe(0);
    expect(out).toMatch(/\ncomparable: .*\nvirtual time: .*\n\nnothing is worse\n$/);
  });

  it.each([
    ['another seed', 'seed', 'seed: 1 before, 2 now'],
    ['other faults', 'faulted', 'faults: as the drills say before, hang@primary now'],
  ])('%s: descriptive only, and says so', async (_, name, words) => {
    const { out } = await drill(cwd, 'diff', 'kept/stuck', join('kept', name));
    expect(out).toContain(`\ndescriptive only: what changed may come from what is not the same\n  ${words}`);
  });

  it('another version, a changed golden task and a run of the first schema are told', async () => {
    const edited = (file: string, change: (text: string) => string) => {
      cpSync(kept('stuck'), kept('edited'), { recursive: true });
      writeFileSync(join(kept('edited'), file), change(readFileSync(join(kept('stuck'), file), 'utf8')));
      return compared('kept/stuck', 'kept/edited');
    };
    const older = await edited('run.json', (text) => text.replace(/"drill":"\d+\.\d+\.\d+"/, '"drill":"0.0.9"'));
    expect(older).toMatchObject({ kind: 'descriptive', differs: [{ what: 'version of drill', now: '0.0.9' }] });
    const tasks = await edited('inputs.json', (text) =>
      text.replace(/("name":"\w+",)"input":"/, '$1"input":"Once more: '),
    );
    expect(tasks.differs).toMatchObject([
      { what: 'golden tasks', drill: 'short', before: expect.stringMatching(/^\w+$/) },
    ]);
    const roles = await edited('inputs.json', (text) => text.replaceAll('"claude-haiku-4-5"', '"claude-sonnet-5"'));
    expect(roles.differs).toMatchObject([{ what: 'role backup', now: 'anthropic claude-sonnet-5' }]);
    const first = await edited('run.json', (text) =>
      text.replace('"drill.run/2"', '"drill.run/1"').replace(',"stopped_by":null', ''),
    );
    expect(first).toMatchObject({ kind: 'comparable', worse: false });
  });

  it('is refused where no drill is in both, and where there is no run', async () => {
    const [other] = readdirSync(join(cwd, 'kept'));
    const text = readFileSync(join(kept(other ?? ''), 'run.json'), 'utf8');
    writeFileSync(join(cwd, 'other.json'), text.replaceAll('"name":"short"', '"name":"long"'));
    writeFileSync(join(cwd, 'later.json'), text.replace(/drill.run.\d/, 'drill.run/9'));
    for (const [words, why] of [
      [['kept/stuck', 'later.json', '--as', 'html'], 'it was written as drill.run/9, this version reads drill.run/2'],
      [['kept/stuck', 'other.json'], 'these runs have no drill in common: kept/stuck has short; other.json has long'],
      [['kept/stuck', 'nowhere'], 'there is no nowhere'],
      [['kept/stuck', 'agent.ts'], 'this is no run'],
      [[], 'there is no previous run: fewer than two runs with a report'],
    ] as const) {
      const { code, out, err } = await drill(cwd, 'diff', ...words);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(`error: ${why}`);
      expect(err).toMatch(/\n {2}fix: .*\n$/);
    }
  });

  it('latest and previous are the last runs with a report, and history lists them', async () => {
    const names = readdirSync(join(cwd, 'out')).sort();
    expect(names).toHaveLength(4);
    const { before, now } = await compared('--out', 'out');
    expect([before.run, now.run]).toEqual(names.slice(-2).map((name) => join('out', name)));
    const { code, out } = await drill(cwd, 'history', '--out', 'out');
    expect(code).toBe(0);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head).toMatch(/^when +run +drills +verdict +took +cost +since the one before$/);
    expect(rows.map((row) => row.split(/ {2,}/).at(-1))).toEqual([
      'no finding changed (other seed, faults)',
      'no finding changed (other seed)',
      '1 finding more, 3 healed',
      'none of its kind',
    ]);
    const json = JSON.parse(
      (await drill(cwd, 'history', '--out', 'out', '--last', '1', '--drill', 'short', '--json')).out,
    );
    expect(json.runs).toMatchObject([{ run: join('out', names.at(-1) ?? ''), drills: ['short'], status: 'completed' }]);
    const typo = await drill(cwd, 'history', '--out', 'out', '--drill', 'shrot');
    expect(typo).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no run below out has the drill "shrot".*short/s),
    });
    writeFileSync(join(cwd, 'out', names[0] ?? '', 'run.json'), 'no\n');
    const damaged = await drill(cwd, 'history', '--out', 'out');
    expect(damaged).toMatchObject({ code: 0, err: expect.stringContaining('is left out: this is no run') });
    expect(damaged.out.trimEnd().split('\n')).toHaveLength(4);
  });

  it.each(HOSTILE)('$shown in a stored run of somebody else is a text', async ({ text: evil }) => {
    const report = JSON.parse(readFileSync(join(kept('stuck'), 'run.json'), 'utf8'));
    report.target.name = evil;
    report.reproduce = evil;
    for (const task of report.drills[0].tasks) {
      task.task = `${evil}${task.task}`;
      task.checks.push({
        check: evil,
        severity: 'major',
        verdict: 'failed',
        reason: `@all see https://evil.example #1 ${evil}`,
        evidence: [],
      });
    }
    writeFileSync(join(cwd, 'evil.json'), JSON.stringify(report));
    for (const words of [[], ['--as', 'markdown'], ['--json']]) {
      const { out } = await drill(cwd, 'diff', 'kept/stuck', 'evil.json', ...words);
      expect(out).not.toMatch(/(?!\n)\p{Cc}|[\u2028-\u202e\u2066-\u2069]/u);
      if (words[0] !== '--as') continue;
      const outside = out.replace(/`[^`\n]*`/g, '');
      expect(outside).not.toMatch(/@\w|:\/\/|#\d|<(?!!-- failover-drill diff -->)|\](?<!\\\])\(/);
      expect(
        out
          .split('\n')
          .filter((line) => /^#|^::/.test(line))
          .every((line) => /^##? ?#? ?\w/.test(line)),
      ).toBe(true);
    }
  });
});

const FILES: Record<string, string> = { csv: 'tasks.csv', otlp: 'traces.otlp.json', 'pull-request': 'summary.md' };

/** What the last run of a project wrote by a reporter. */
function fileOf(cwd: string, reporter: string): string {
  const last = readdirSync(join(cwd, 'reports')).sort().at(-1) ?? '';
  return readFileSync(join(cwd, 'reports', last, FILES[reporter] ?? ''), 'utf8');
}

it('what a stored run is written as is what it had written itself', async () => {
  using project = new Project({});
  const asked = Object.keys(FILES).flatMap((reporter) => ['--reporter', reporter]);
  await drill(project.cwd, 'run', 'timeout_primary', ...asked);
  for (const reporter of Object.keys(FILES)) {
    const { out } = await drill(project.cwd, 'report', 'latest', '--as', reporter);
    expect(out === fileOf(project.cwd, reporter), reporter).toBe(true);
  }
});
