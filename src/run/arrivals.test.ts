import { expect, it } from 'vitest';
import { runDrill } from '../drill-run.fixture.ts';
import { Project } from '../project.fixture.ts';

const GAP_MS = 7;
/** More than are set up at once. */
const ASKS = 1_030;

it('asks of a long phase come when their time is, each at its own', async () => {
  using home = new Project({
    'agent.mjs': "export default async () => 'At 10 am.';\n",
    'tasks/hours.json': '{ "name": "hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }',
    'mine.yaml': `drill: mine
title: Many ask
hypothesis: All are answered.
workflow: support-answer
phases: [{ name: crowd, tasks: ${ASKS}, load: { every_ms: ${GAP_MS} } }]
expect: { retries-at-most: {} }
`,
  });
  const { trace } = await runDrill({ cwd: home.cwd, names: ['./mine.yaml'], tasks: 'tasks', target: './agent.mjs' });
  const began = trace.find((event) => event.kind === 'phase' && event.phase === 'crowd')?.at ?? Number.NaN;
  const asked = trace.filter((event) => event.kind === 'ask' && event.phase === 'crowd').map(({ at }) => at - began);
  expect(asked).toEqual(Array.from({ length: ASKS }, (_, i) => i * GAP_MS));
});
