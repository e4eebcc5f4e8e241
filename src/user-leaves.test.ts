import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import type { RunReport } from './core/report.ts';
import { cellsOf, root, runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

/** A phase for each of some moments, with nothing broken and with a primary that fails now and then. */
const leavingAt = (workflow: string, tasks: number, moments: readonly number[]) => `
drill: leaving
title: Users leave at any moment
hypothesis: Nothing is done for them any more.
workflow: ${workflow}
phases:
${moments
  .flatMap((ms) => [
    `  - { name: at_${ms}, tasks: ${tasks}, leaves_after_ms: ${ms} }`,
    `  - { name: broken_at_${ms}, tasks: ${tasks}, leaves_after_ms: ${ms}, faults: [{ fault: server-error, role: primary, when: { probability: 0.5 } }] }`,
  ])
  .join('\n')}
expect:
  stops-when-left: {}
`;

const found = (report: RunReport) => {
  const cells = cellsOf(report);
  return [...new Set(cells.filter((c) => c.verdict === 'failed').map((c) => c.check))].sort();
};

describe('at any moment of a workflow with tools', () => {
  const drill = leavingAt('order-agent', 9, [100, 600, 1300, 1900, 2600, 3400]);
  const goodOrders = readFileSync(join(root, 'fixtures/targets/good-orders.ts'), 'utf8');
  const files = {
    'drills/leaving.yaml': drill,
    'deaf.ts': goodOrders.replace('task, endsAt, at: 0', 'signal: new AbortController().signal, task, endsAt, at: 0'),
  };

  it.each(['reference', 'fixtures/targets/good-orders.ts'])('%s stops', async (target) => {
    using project = new Project(files);
    const { report, trace } = await runDrill({ names: [join(project.cwd, 'drills/leaving.yaml')], target });
    expect(found(report)).toEqual([]);
    const left = eventsOf(trace, 'left');
    expect(left.length).toBeGreaterThan(50);
    // Some were in the middle of their work: that they stop is no merit of those who had not begun.
    const writes = eventsOf(trace, 'tool-result').filter((e) => e.effect === 'new');
    expect(left.filter(({ ask }) => writes.some((write) => write.ask === ask)).length).toBeGreaterThan(0);
    const kinds = eventsOf(trace, 'outcome').filter(({ ask }) => left.some((e) => e.ask === ask));
    expect([...new Set(kinds.map(({ outcome }) => outcome.kind))]).toEqual(['abandoned']);
  });

  it('one that does not hear it is told of its calls and of what it did', async () => {
    expect(files['deaf.ts']).not.toBe(goodOrders);
    using project = new Project(files);
    const names = [join(project.cwd, 'drills/leaving.yaml')];
    const { report, code } = await runDrill({ names, target: join(project.cwd, 'deaf.ts') });
    expect(found(report)).toEqual(['acts-before-it-ends', 'stops-when-left']);
    expect(code).toBe(1);
  });
});

describe('a plain agent', () => {
  const drill = leavingAt('support-answer', 3, [40, 300, 900]);

  it.each(['fixtures/targets/openai-sdk-agent.ts', 'fixtures/targets/good.ts'])('%s stops', async (target) => {
    using project = new Project({ 'drills/leaving.yaml': drill });
    const { report, trace } = await runDrill({ names: [join(project.cwd, 'drills/leaving.yaml')], target });
    expect(eventsOf(trace, 'left').length).toBeGreaterThan(5);
    expect(found(report)).toEqual([]);
  });

  /** What an agent does once its user has left while it waits for its one call. */
  async function ending(code: string) {
    using project = new Project({
      ...THREE_TASKS,
      'drills/leaving.yaml': leavingAt('my-tasks', 1, [300]).replace(/ {2}- \{ name: broken.*\n/, ''),
      'agent.mjs': `
export const declares = { features: ['fallback', 'deadline', 'notice'] };
export default async ({ input }, { roles: { primary }, signal }) => {
  const ask = (more = {}) => fetch(primary.base_url + '/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: primary.model, messages: [{ role: 'user', content: input }] }),
    ...more,
  }).then((r) => r.json()).then((r) => r.choices[0].message.content);
  ${code}
};
`,
    });
    const request = { cwd: project.cwd, target: './agent.mjs', tasks: './my-tasks' };
    const { report } = await runDrill({ ...request, names: ['./drills/leaving.yaml'] });
    const [task] = report.drills.flatMap((d) => d.tasks);
    const judged = task?.checks.filter((c) => c.verdict !== 'not_applicable');
    return { kind: task?.outcome.kind, judged: judged?.map((c) => `${c.check} ${c.verdict}`), found: found(report) };
  }

  it.each([
    ['lets the error of its call go up', 'return ask({ signal });', 'abandoned'],
    [
      'wraps that error, as SDKs do',
      `return ask({ signal }).catch((cause) => { throw new Error('request failed', { cause }); });`,
      'abandoned',
    ],
    [
      'says so itself',
      `return ask({ signal }).catch(() => ({ kind: 'abandoned', state: { draft: input } }));`,
      'abandoned',
    ],
    ['cannot cut its call, and answers when that is over', 'return ask();', 'answered'],
    ['fails of something else', `return ask({ signal }).catch(() => { throw new TypeError('oops'); });`, 'failed'],
    ['never comes back', 'await ask({ signal }).catch(() => new Promise(() => {}));', 'hung'],
  ])('that %s is judged by what it did', async (_, code, kind) => {
    expect(await ending(code)).toEqual({ kind, judged: ['stops-when-left passed'], found: [] });
  });

  it('that asks once more is found', async () => {
    const { found } = await ending(
      `return ask({ signal }).catch(async () => { await new Promise((r) => setTimeout(r, 300)); return ask(); });`,
    );
    expect(found).toEqual(['stops-when-left']);
  });
});

describe('the golden task may say it', () => {
  it('and the phase is heard before it; without faults nobody leaves', async () => {
    const task = { name: 'hours', input: 'When?', must_include: ['10 am'], leaves_after_ms: 300 };
    using project = new Project({
      'my-tasks/hours.json': JSON.stringify(task),
      'drills/twice.yaml': `
drill: twice
title: A user in a hurry
hypothesis: It is the task's own.
workflow: my-tasks
phases: [{ name: hurried, tasks: 1 }, { name: patient, tasks: 1, leaves_after_ms: 50000 }]
expect: { stops-when-left: {} }
`,
    });
    const { trace } = await runDrill({ cwd: project.cwd, tasks: './my-tasks', names: ['./drills/twice.yaml'] });
    expect(eventsOf(trace, 'left').map((e) => e.phase)).toEqual(['hurried']);
    expect(eventsOf(trace, 'ask').map((e) => [e.phase, e.leaves_after_ms])).toEqual([
      ['baseline', undefined],
      ['hurried', 300],
      ['patient', 50_000],
    ]);
  });
});
