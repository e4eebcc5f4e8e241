import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

// The fixture installs the routes, before anything else is loaded.
void runDrill;
const { main } = await import('./cli/main.ts');

/** Two timers race: where the one with a drawn time wins, which is seldom, the backup is forgotten. */
const RACES = OWN_AGENT.replace(
  'for (const role of [roles.primary, roles.backup])',
  `const after = (ms, what) => new Promise((done) => setTimeout(done, ms, what));
  const roles_ = await Promise.race([after(Math.random() * 100, [roles.primary]), after(1, [roles.primary, roles.backup])]);
  for (const role of roles_)`,
);
const DRILL =
  '{ drill: down, title: T, hypothesis: H, workflow: any, phases: [{ name: out, tasks: 2, faults: [{ fault: server-error, role: primary }] }], expect: { fails-over: { role: backup } } }';
const FILES = { ...THREE_TASKS, 'drills/down.yaml': DRILL, 'agent.mjs': RACES };

async function drill(cwd: string, ...more: string[]) {
  const terminal = fakeTerminal({ cwd });
  const words = ['run', 'down', '--target', './agent.mjs', '--tasks', 'my-tasks', ...more];
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

it('finds the few seeds on which a race is lost, and each is lost again by its line', async () => {
  using project = new Project(FILES);
  const { cwd } = project;
  const found = await drill(cwd, '--seeds', '1..120');
  expect(found.code).toBe(1);
  const seeds = [...found.out.matchAll(/^seed (\d+) {2}FAILED$/gm)].map(([, seed]) => Number(seed));
  expect(seeds.length).toBeGreaterThan(0);
  expect(seeds.length).toBeLessThan(20);
  const [first = 0] = seeds;
  expect(found.out).toContain(`  reproduce: drill run down --target ./agent.mjs --tasks my-tasks --seed ${first}\n`);
  expect(found.out).toContain(`120 seeds: ${120 - seeds.length} passed, ${seeds.length} failed (${first}`);
  expect(found.err).toContain('12 of 120 seeds\n');
  // Nothing is kept of so many runs.
  expect(existsSync(join(cwd, 'reports'))).toBe(false);
  expect((await drill(cwd, '--seed', String(first))).code).toBe(1);
  expect((await drill(cwd, '--seed', String(first + 1))).code).toBe(seeds.includes(first + 1) ? 1 : 0);
});

it('several at once come to the same, and --bail stops at the first that failed', async () => {
  using project = new Project(FILES);
  const { cwd } = project;
  const one = await drill(cwd, '--seeds', '1..60', '--json');
  const { open, ...head } = JSON.parse(one.out);
  expect(head).toMatchObject({ schema: 'drill.seeds/1', from: 1, to: 60, done: 60, failed: open.length });
  expect((await drill(cwd, '--seeds', '1..60', '--json', '-j', '3')).out).toBe(one.out);
  const bailed = JSON.parse((await drill(cwd, '--seeds', '1..60', '--json', '--bail')).out);
  expect(bailed.open).toEqual(open.slice(0, 1));
  expect(bailed.done).toBe(open[0].seed);
});

it.each([
  [['--seeds', '3..1'], 'Seeds are written as 1..200'],
  [['--seeds', '6'], 'Seeds are written as 1..200'],
  [['--seeds', '1..x'], 'A seed is a whole number'],
  [['--seeds', '1..2..3'], 'Seeds are written as 1..200'],
  [['--seeds', '1..3', '--shard', '1/2'], '--shard is about one run'],
  [['--seeds', '1..3', '--baseline', 'x.json'], 'x.json'],
  [['--reporter', 'sarf'], 'did you mean "sarif"'],
  [['--reporter', 'terminal'], 'that writes a file'],
])('%j is refused', async (flags, why) => {
  using project = new Project(FILES);
  expect(await drill(project.cwd, ...flags)).toMatchObject({ code: 2, err: expect.stringContaining(why) });
});

it('a search that is interrupted tells how far it came', async () => {
  using project = new Project(FILES);
  const stop = new AbortController();
  const out: string[] = [];
  const stderr = { write: () => stop.abort(new Error('interrupted')) };
  const stdout = { write: (text: string) => void out.push(text) };
  const terminal = fakeTerminal({ cwd: project.cwd, signal: stop.signal, stderr, stdout });
  const words = ['run', 'down', '--target', './agent.mjs', '--tasks', 'my-tasks', '--seeds', '1000..1100'];
  expect(await main(['node', 'drill', ...words], terminal)).toBe(130);
  expect(out.at(-1)).toMatch(/^\d+ of 101 seeds: /);
});
