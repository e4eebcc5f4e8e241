import { expect, test } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

const role = (model: string, price: string) =>
  `{ provider: openai, protocol: openai-chat, base_url: 'https://api.openai.com/v1', model: ${model}${price} }`;

/** A drill of a project whose backup is a model that stands in no table. */
async function played(price: string) {
  using project = new Project({
    ...THREE_TASKS,
    'my-tasks/opening_hours.json':
      '{ "name": "opening_hours", "input": "When are you open on Sunday?", "must_include": ["10 am"], "max_cost_usd": 1 }',
    'agent.mjs': OWN_AGENT,
    'drill.config.yaml': `
roles:
  primary: ${role('gpt-5-mini', '')}
  backup: ${role('own-model', price)}
`,
  });
  const { cwd } = project;
  return await runDrill({ cwd, target: 'agent.mjs', tasks: 'my-tasks', fault: ['server-error@primary'] });
}
const budgets = ({ report }: Awaited<ReturnType<typeof played>>) =>
  report.drills[0]?.tasks.flatMap((t) => t.checks.filter((c) => c.check === 'stays-in-budget'));

test('a model whose price nobody knows costs nobody knows what, in every report, and no budget is judged by it', async () => {
  const ran = await played('');
  const note =
    'price unknown: own-model, so what backup was asked counts for no budget; to say it:  price: { input: …, output: … }';
  expect(ran.report.drills[0]?.notes).toContain(note);
  const [outage] = ran.report.drills[0]?.tasks ?? [];
  expect(outage).toMatchObject({ cost_usd: null, served_by: 'backup', baseline: { cost_usd: expect.any(Number) } });
  expect(budgets(ran)?.[0]).toMatchObject({
    ...{ verdict: 'not_applicable', reason: 'price unknown of what backup was asked: `price` on a role gives it' },
  });
  expect(ran.screen).toContain('note: price unknown: own-model');
  expect(ran.screen).toMatch(/no retry +price unknown/);
  expect(ran.files['report.md']).toMatch(/\| price unknown \|/);
  expect(ran.files['report.md']).toContain('price unknown: own-model');
  expect(ran.files['report.md']).toMatch(/Price unknown of \d+ tasks/);
});

test('a price on the role is enough', async () => {
  const ran = await played(', price: { input: 1, output: 1, cached_input: 0.5 }');
  expect(ran.report.drills[0]?.notes.join()).not.toContain('price unknown');
  expect(budgets(ran)?.[0]).toMatchObject({ verdict: 'passed' });
  expect(`${ran.screen}${ran.files['report.md']}`).not.toContain('price unknown');
});
