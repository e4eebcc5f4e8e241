import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

// The fixture installs the routes, before anything else is loaded.
void runDrill;
const { main } = await import('./cli/main.ts');

/** Forgets its backup in every third run: it is evaluated once to say what it is and then twice a run, and counts that in a file. */
const FLAKY = `import { appendFileSync, readFileSync } from 'node:fs';
const count = new URL('count', import.meta.url);
appendFileSync(count, '.');
const run = Math.floor(readFileSync(count).length / 2);
${OWN_AGENT.replace('[roles.primary, roles.backup]', 'run % 3 === 0 ? [roles.primary] : [roles.primary, roles.backup]')}`;
const DRILL =
  '{ drill: down, title: T, hypothesis: H, workflow: any, phases: [{ name: out, tasks: 1, faults: [{ fault: server-error, role: primary }] }], expect: { fails-over: { role: backup } } }';

function projectOf(agent: string) {
  return new Project({ ...THREE_TASKS, 'drills/down.yaml': DRILL, 'agent.mjs': agent });
}

async function drill(cwd: string, ...more: string[]) {
  const terminal = fakeTerminal({ cwd });
  const words = ['run', 'down', '--target', './agent.mjs', '--tasks', 'my-tasks', ...more];
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

it('tells how often a drill passed, and where to look at the runs in which it did not', async () => {
  using project = projectOf(FLAKY);
  const { code, out, err } = await drill(project.cwd, '--repeat', '6');
  expect(code).toBe(1);
  // What Wilson's interval is of 4 in 6; 4/6 · 3/5 · 2/4 all, and of three drawn one at least is always among the four.
  expect(out).toContain('down  FAILED, flaky: 4 of 6 passed (95 %: 30 % to 90 %), pass^3 0.20, pass@3 1.00\n');
  const runs = [...out.matchAll(/^ {2}(\S+-[36]) {2}\S+ \((?:critical|major)\): /gm)].map(([, run]) => run ?? '');
  expect(runs).toHaveLength(2);
  for (const run of runs)
    expect(JSON.parse(readFileSync(join(project.cwd, run, 'run.json'), 'utf8')).verdict).toBe('failed');
  expect(err).toContain('6 of 6: 0 of 1 drill passed');
  expect(err).toContain('in virtual time every run of a seed is the same');
});

it.each([
  // Its interval lies below, above, and on both sides of the share that is asked for.
  [FLAKY, '0.95', 1, 'FAILED, flaky'],
  [FLAKY, '0.2', 0, 'PASSED, flaky'],
  [FLAKY, '0.5', 3, 'INCONCLUSIVE, flaky'],
  [
    OWN_AGENT,
    '0.95',
    3,
    'INCONCLUSIVE: 6 of 6 passed (95 %: 61 % to 100 %), pass^3 1.00, pass@3 1.00; needs 67 more for 95 %',
  ],
  [OWN_AGENT, '0.5', 0, 'PASSED: 6 of 6'],
])('a share that is asked for %#', async (agent, share, code, says) => {
  using project = projectOf(agent);
  const ran = await drill(project.cwd, '--repeat', '6', '--pass-rate', share);
  expect(ran.out).toContain(`down  ${says}`);
  expect(ran.code).toBe(code);
});

it('as one document', async () => {
  using project = projectOf(FLAKY);
  const { out } = await drill(project.cwd, '--repeat', '3', '--json');
  expect(JSON.parse(out)).toMatchObject({
    ...{ schema: 'drill.repeat/1', times: 3, done: 3 },
    drills: [{ name: 'down', verdict: 'failed', flaky: true, passed: 2, failed: 1, pass_all: [2 / 3, 1 / 3, 0] }],
  });
});

it.each([
  [['--pass-rate', '0.9'], 'there are no runs of which --pass-rate could be a share'],
  [['--repeat', '3', '--seeds', '1..3'], '--repeat is about one run, and --seeds asks for many'],
  [['--repeat', '3', '--min-score', '90'], '--min-score is about one run, and --repeat asks for many'],
])('%j', async (words, message) => {
  using project = projectOf(OWN_AGENT);
  const { code, err } = await drill(project.cwd, ...words);
  expect(code).toBe(2);
  expect(err).toContain(message);
});
