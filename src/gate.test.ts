import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

// The fixture installs the routes, before anything else is loaded.
void runDrill;
const { main } = await import('./cli/main.ts');

const asking = (name: string, fault: string, expect: string) =>
  `{ drill: ${name}, title: T, hypothesis: H, workflow: any, phases: [{ name: out, tasks: 3, faults: [{ fault: ${fault}, role: primary }] }], expect: { ${expect} } }`;

/** Its agent has no backup, and gives up in time. */
const FILES = {
  ...THREE_TASKS,
  'drills/primary_down.yaml': asking('primary_down', 'server-error', 'fails-over: { role: backup }'),
  'drills/primary_hangs.yaml': asking('primary_hangs', 'hang', 'ends-inside-deadline: {}'),
  'agent.mjs': OWN_AGENT.replace('[roles.primary, roles.backup]', '[roles.primary]'),
};

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

const run = (cwd: string, ...more: string[]) =>
  drill(cwd, 'run', 'primary_down', 'primary_hangs', '--target', './agent.mjs', '--tasks', 'my-tasks', ...more);

it('holds a run against an earlier one, its run.json or the file made of it', async () => {
  using project = new Project(FILES);
  const { cwd } = project;
  expect((await run(cwd, '--out', 'before')).code).toBe(1);
  const folder = join('before', readdirSync(join(cwd, 'before'))[0] ?? '');
  const written = await drill(cwd, 'baseline', 'write', folder);
  expect(written).toMatchObject({ code: 0, out: 'drill.baseline.json: 3 findings of 2 drills\n' });
  for (const baseline of [folder, join(folder, 'run.json'), 'drill.baseline.json'])
    expect(await run(cwd, '--baseline', baseline)).toMatchObject({
      code: 0,
      err: `nothing is worse than ${baseline}, 3 known\n`,
    });
  // What was there before stops the run, and of what was left out nothing is known.
  expect((await run(cwd, '--baseline', folder, '--bail')).code).toBe(3);
  // It has a backup now, and waits for ever.
  writeFileSync(join(cwd, 'agent.mjs'), OWN_AGENT.replace(', signal: AbortSignal.timeout(5000)', ''));
  const changed = await run(cwd, '--baseline', 'drill.baseline.json');
  expect(changed.code).toBe(1);
  expect(changed.err).toMatch(/^worse than drill\.baseline\.json:\n {2}primary_hangs /);
  expect(changed.err).toContain('mended:\n  primary_down fails-over, opening_hours (out)\n');
  expect((await run(cwd, '--baseline', 'drill.baseline.json', '--tolerance', '100')).code).toBe(0);
});

it('a known failure fails nothing until its day is over', async () => {
  const config = (until: string, check = 'fails-over') =>
    `known_failures:\n  - { drill: primary_down, check: ${check}, reason: the vendor mends it, until: "${until}" }\n`;
  using project = new Project({ ...FILES, 'drill.config.yaml': config('2999-12-31') });
  const { cwd } = project;
  const known = await run(cwd);
  expect(known).toMatchObject({ code: 0, err: 'nothing is worse than known_failures, 3 known\n' });
  expect(known.out).toContain('FAILED primary_down');
  writeFileSync(join(cwd, 'drill.config.yaml'), config('2026-01-01'));
  const over = await run(cwd);
  expect(over.code).toBe(1);
  expect(over.err).toContain('known until 2026-01-01, which is over: primary_down fails-over (the vendor mends it)');
  writeFileSync(join(cwd, 'drill.config.yaml'), config('tomorrow'));
  expect(await run(cwd)).toMatchObject({ code: 2, err: expect.stringContaining('drill.config.yaml:2:') });
  writeFileSync(join(cwd, 'drill.config.yaml'), config('2999-12-31', 'fails-ovr'));
  expect(await run(cwd)).toMatchObject({ code: 2, err: expect.stringContaining('fails-over') });
});

it('a baseline that is none is one error, before anything is run', async () => {
  using project = new Project({ ...FILES, 'none.json': '{ "schema": "drill.baseline/1" }', 'text.json': 'no\n' });
  const { cwd } = project;
  mkdirSync(join(cwd, 'empty'));
  for (const name of ['nowhere', 'empty', 'none.json', 'text.json', 'agent.mjs']) {
    const { code, out, err } = await run(cwd, '--baseline', name);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^error: .*\n {2}at .*\n {2}fix: .*\n$/);
  }
  expect(() => readdirSync(join(cwd, 'reports'))).toThrow('ENOENT');
  const tolerant = await run(cwd, '--tolerance', '3');
  expect(tolerant).toMatchObject({ code: 2, err: expect.stringContaining('--baseline RUN') });
});

it('what is open may be allowed', async () => {
  using project = new Project({ ...FILES, 'agent.mjs': 'export default async () => { throw new Error("no"); };' });
  const { cwd } = project;
  expect((await run(cwd)).code).toBe(3);
  expect(await run(cwd, '--allow-inconclusive')).toMatchObject({
    code: 0,
    err: expect.stringContaining('it is inconclusive, which is allowed here'),
  });
  rmSync(join(cwd, 'reports'), { recursive: true });
  expect(await run(cwd, '--json')).toMatchObject({ out: expect.stringMatching(/^\{/) });
  const [folder = ''] = readdirSync(join(cwd, 'reports'));
  expect(readFileSync(join(cwd, 'reports', folder, 'run.json'), 'utf8')).toContain('"verdict":"inconclusive"');
});
