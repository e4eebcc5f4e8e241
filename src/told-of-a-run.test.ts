import { expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

/** Runs an agent of somebody's own on three tasks. */
async function ran(agent: string, request: Parameters<typeof runDrill>[0] = {}, files = {}) {
  using project = new Project({ ...THREE_TASKS, ...files, 'agent.mjs': agent });
  const run = await runDrill({ cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', columns: 160, ...request });
  return { ...run, page: run.files['report.md'] ?? '', tasks: run.report.drills.flatMap((drill) => drill.tasks) };
}

it('why a provider refused is on the screen and on the page, once with how often', async () => {
  const { tasks, screen, page } = await ran(OWN_AGENT.replace('max_tokens: 500', 'max_tokens: 500, temperature: 7'));
  const refused = tasks.flatMap((task) => task.calls.flatMap((call) => call.refused ?? []));
  expect(refused.length).toBeGreaterThan(1);
  expect(screen).toMatch(/primary refused, backup refused, failed/);
  for (const role of ['primary', 'backup']) {
    const times = refused.length / 2;
    expect(screen).toMatch(new RegExp(`\\n {2}${times} calls to ${role}: .*temperature`));
    expect(page).toMatch(new RegExp(`\\n\\| ${role} \\| ${times} \\| .*temperature`));
  }
});

it('a baseline that failed stands before the tasks, and no score beside it', async () => {
  const { code, report, screen, page, tasks } = await ran(
    "export default async () => { throw new Error('no key'); };",
    {
      minScore: 50,
    },
  );
  expect([code, report.score, report.drills[0]?.score, tasks[0]?.score]).toEqual([3, null, null, null]);
  for (const text of [screen, page]) {
    expect(text).not.toMatch(/score \d/);
    expect(text.indexOf('the baseline of opening_hours, parking, returns failed')).toBeGreaterThan(0);
    expect(text.indexOf('the baseline of')).toBeLessThan(text.search(/opening_hours +(no model call|\| outage)/));
  }
});

const OUT = `drill: out
title: Both go
hypothesis: What was answered before is answered from a store.
workflow: any
phases:
- { name: well, tasks: 2 }
- { name: out, tasks: 3, faults: [{ fault: server-error, role: primary }, { fault: server-error, role: backup }] }
expect: { ends-inside-deadline: {} }
`;

it('an answer out of a store, and one by rule, are told as such', async () => {
  const store = `${OWN_AGENT.replace('export default', 'const ask =')}
const kept = new Map();
export default async (task, around) => {
  const answer = await ask(task, around);
  if (typeof answer === 'string') kept.set(task.input, answer);
  if (typeof answer === 'string') return answer;
  if (kept.has(task.input)) return { kind: 'answered', answer: kept.get(task.input), degraded: true, notice: 'An older answer.' };
  return { kind: 'rules_based', answer: 'Please ask at the counter.', degraded: true, notice: 'A standard answer.' };
};
`;
  const { tasks, screen } = await ran(store, { names: ['out'] }, { 'drills/out.yaml': OUT });
  const out = tasks.filter((task) => task.phase === 'out');
  expect(out.map((task) => [task.served_by, task.stored])).toEqual([
    [null, true],
    [null, true],
    [null, undefined],
  ]);
  expect(screen).toMatch(/opening_hours +primary server_error, backup server_error, from a stored reply/);
  expect(screen).toMatch(/returns +primary server_error, backup server_error, answered by rule/);
});

it('the order that was taken from the first call is told once, with the line to paste', async () => {
  const { screen, page } = await ran(
    OWN_AGENT.replace('[roles.primary, roles.backup]', '[roles.backup, roles.primary]'),
  );
  expect(screen.match(/note: the target calls backup \(claude-haiku-4-5\) first/g)).toHaveLength(1);
  expect(page).toContain(
    "`export const declares = { features: ['fallback', 'deadline'], chain: ['backup', 'primary'] };`",
  );
});

it('one time reads the same wherever it is told', async () => {
  const { tasks, page } = await runDrill({ names: ['timeout_primary'] }).then(({ report, files }) => ({
    tasks: report.drills.flatMap((drill) => drill.tasks),
    page: files['report.md'] ?? '',
  }));
  const told = tasks.flatMap(({ task, phase, checks }) => {
    const reason = checks.find(({ check }) => check === 'ends-inside-deadline')?.reason ?? '';
    return { task, phase, time: /\d+\.\d s/.exec(reason)?.[0] };
  });
  expect(told.length).toBeGreaterThan(10);
  for (const { task, phase, time } of told)
    expect(page).toMatch(new RegExp(`\\| ${task} \\| ${phase} \\|.*\\| ${time} \\|`));
});

it('what a phase expects is judged in that phase, with its own parameters', async () => {
  const never = '{ retries-at-most: { retries: 0 } }';
  const drill = OUT.replace('expect: { ends-inside-deadline: {} }', 'expect: { retries-at-most: { retries: 9 } }')
    .replace('tasks: 3,', `tasks: 3, expect: ${never},`)
    .replace(
      '- { name: well, tasks: 2 }',
      '- { name: well, tasks: 2, faults: [{ fault: server-error, role: primary }] }',
    );
  const agent = OWN_AGENT.replace('[roles.primary,', '[roles.primary, roles.primary,');
  const { tasks } = await ran(agent, { names: ['./drills/out.yaml'] }, { 'drills/out.yaml': drill });
  const verdicts = tasks.map(({ phase, checks }) => [
    phase,
    checks.find((c) => c.check === 'retries-at-most')?.verdict,
  ]);
  expect(verdicts).toEqual([...Array(2).fill(['well', 'passed']), ...Array(3).fill(['out', 'failed'])]);
});
