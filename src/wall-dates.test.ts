import { expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

/** Where it is told a date to come back at, it waits until then, or does not. */
const AGENT = `
const waits = process.argv[2] === 'patient';
let line = '';
for await (const piece of process.stdin) line += piece;
const { input } = JSON.parse(line);
const { base_url, model } = JSON.parse(process.env.DRILL_ROLES).primary;
const body = JSON.stringify({ model, messages: [{ role: 'user', content: input }] });
const ask = () => fetch(base_url + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
let reply = await ask();
if (reply.status === 429) {
  const until = Date.parse(reply.headers.get('retry-after'));
  if (waits) while (Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  reply = await ask();
}
console.log((await reply.json()).choices[0].message.content);
`;
const mine = (how: string) =>
  `{ command: [${process.execPath}, agent.mjs, ${how}], declares: { features: [deadline, retries], chain: [primary], fails_over_on: [rate_limit], retries: 1, deadline_ms: 60000 } }`;
const FILES = {
  'agent.mjs': AGENT,
  'my-tasks/opening.json': '{ "name": "opening", "input": "When do you open?", "answer": "At ten." }',
  'drill.config.yaml': `
roles: { primary: { provider: openai, protocol: openai-chat, base_url: 'https://api.openai.com/v1', model: gpt-5-mini, latency: low } }
targets: { patient: ${mine('patient')}, hasty: ${mine('hasty')} }
`,
  'drills/busy.yaml': `
drill: busy
title: The provider names the time to come back at
hypothesis: It is not called before.
workflow: any
phases:
  - { name: busy, tasks: 1, faults: [{ fault: rate-limited, role: primary, retry_after_ms: 1000, retry_after_as: http-date, when: { calls: [1] } }] }
expect: { honours-retry-after: {} }
`,
};

it.concurrent.each([
  ['patient', 'passed', /^1 reply said when to come back: 1 waited for/],
  ['hasty', 'failed', /^primary called again after \d+ ms, it had asked for [0-2](\.\d)? s$/],
] as const)(
  'in wall time, dates are read by the clock of the world in which they were told: %s',
  async (target, verdict, why) => {
    using project = new Project(FILES);
    const { report } = await runDrill({ cwd: project.cwd, names: ['busy'], target, tasks: 'my-tasks' });
    const cell = report.drills[0]?.tasks[0]?.checks.find(({ check }) => check === 'honours-retry-after');
    expect(cell).toMatchObject({ verdict, reason: expect.stringMatching(why) });
  },
);
