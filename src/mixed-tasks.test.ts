import { expect, it } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { TEN_TASKS } from './ten-tasks.fixture.ts';

// Ten tasks at once, of three tenants, and nothing but the asynchronous context tells whose a call is.

const HEAD = `
import { AsyncResource } from 'node:async_hooks';
const addressOf = (model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model });
export const roles = { primary: addressOf('gpt-5-mini'), backup: addressOf('gpt-5-nano') };
export const declares = { features: ['fallback'], chain: ['primary', 'backup'], fails_over_on: ['server_error'], retries: 0 };
const ask = async ({ base_url, model }, { input, sources }) => {
  const content = [...sources.map(({ text }) => text), input].join('\\n');
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }] });
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(base_url + '/chat/completions', { method: 'POST', headers, body });
  if (!reply.ok) throw new Error('status ' + reply.status);
  return (await reply.json()).choices[0].message.content;
};
const failover = (task, { roles }) => ask(roles.primary, task).catch(() => ask(roles.backup, task));
`;

/** Runs the work of whoever waits where that of another has ended. */
const queue = (bound: boolean) => `
let free = 3;
const waiting = [];
const next = () => {
  if (free === 0 || waiting.length === 0) return;
  free -= 1;
  waiting.shift()();
};
const add = (work) => new Promise((resolve, reject) => {
  const run = () => work().then(resolve, reject).finally(() => { free += 1; next(); });
  waiting.push(${bound ? 'AsyncResource.bind(run)' : 'run'});
  next();
});
export default (task, context) => add(() => failover(task, context));`;

/** All asks under way put the question of the task that came last. */
const SHARES = (part: string) => `
let shared;
export default async (task, context) => {
  shared = ${part};
  await new Promise((resolve) => setTimeout(resolve, 10));
  return failover({ ...task, ...shared }, context);
};`;

const DRILL = `
drill: rush
title: Questions that come while the primary is down
hypothesis: Each is answered by the backup.
workflow: any
phases:
  - { name: down, tasks: 10, load: { arrive: together }, faults: [{ fault: server-error, role: primary }] }
expect: { fails-over: {} }
`;

/** One worker asks for all that wait, with the sources of whoever came first, and takes the answer out of the reply. */
const WORKER = `
const waiting = [];
async function work() {
  const { sources } = waiting[0].task;
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    await failover({ ...next.task, sources }, next.context).then((text) => next.resolve('Found: ' + text.slice(6)), next.reject);
    waiting.shift();
  }
}
export default (task, context) => new Promise((resolve, reject) => {
  if (waiting.push({ task, context, resolve, reject }) === 1) work();
});`;

/** They mix up no questions, though those of others stand in their prompts and their own stand there in other words. */
const HONEST = {
  'an example': `
export default (task, context) =>
  failover({ ...task, input: 'Such as: Where is the anchor kept? Now the question: "' + task.input.replace('Where is', 'where was') + '"' }, context);`,
  'a memory': `
let before = '';
export default (task, context) => {
  const input = before + ' Tell me where one keeps the ' + task.input.split(' ')[3] + '!';
  before = 'Before: ' + task.input;
  return failover({ ...task, input }, context);
};`,
  'a cache, and a check of its politeness with an example': `
const answers = new Map();
export default async (task, context) => {
  const key = task.tenant + task.input;
  if (answers.has(key)) return answers.get(key);
  const answer = await failover(task, context);
  answers.set(key, answer);
  await ask(context.roles.backup, { sources: [], input: 'Is this polite? As in: Where is the anchor kept?' });
  return answer;
};`,
};

async function run(agent: string, phases = DRILL) {
  using project = new Project({ ...TEN_TASKS, 'agent.mjs': HEAD + agent, 'drills/rush.yaml': phases });
  const { code, report, trace } = await runDrill({
    cwd: project.cwd,
    names: ['rush'],
    target: './agent.mjs',
    tasks: 'my-tasks',
  });
  const [drill] = report.drills;
  const cells = [...(drill?.checks ?? []), ...(drill?.tasks ?? []).flatMap(({ checks }) => checks)];
  const failed = [...new Set(cells.filter(({ verdict }) => verdict === 'failed').map(({ check }) => check))];
  return { code, failed, reasons: drill?.reasons.map(({ reason }) => reason), trace };
}

it("a queue that runs one task's work in another's context makes the drill inconclusive, without findings", async () => {
  const { trace, ...told } = await run(queue(false));
  const reason = "one task's calls were made in the asynchronous context of another, so whose a call is cannot be told";
  expect(told).toEqual({ code: 3, failed: [], reasons: [reason] });
  const elsewhere = eventsOf(trace, 'outcome').filter(({ kept }) => kept?.some((reply) => reply.other_context));
  expect(elsewhere.length).toBe(7);
});

it('one that keeps the context passes', async () => {
  const { trace, ...told } = await run(queue(true));
  expect(told).toEqual({ code: 0, failed: [], reasons: [] });
  expect(eventsOf(trace, 'call').filter((call) => call.other_question !== undefined)).toEqual([]);
});

it.each(['task', '{ input: task.input }'])(
  "an agent that asks another task's question (%s) is found out",
  async (part) => {
    const { code, failed } = await run(SHARES(part));
    expect(code).toBe(1);
    expect(failed).toEqual(expect.arrayContaining(['includes-required', 'arrives-whole']));
  },
);

it("one that asks everybody's question with the sources of whoever came first is found out as well", async () => {
  const { code, failed } = await run(WORKER);
  expect(code).toBe(1);
  expect(failed).toContain('includes-required');
});

const IN_TURN = DRILL.replace('tasks: 10', 'tasks: 20').replace('together', 'in_turn');
const honest = Object.entries(HONEST).flatMap(([what, agent]) => [
  [what, 'together', agent, DRILL] as const,
  [what, 'in turn', agent, IN_TURN] as const,
]);
it.each(honest)('%s mixes nothing up: %s', async (_what, _how, agent, drill) => {
  const { trace, ...told } = await run(agent, drill);
  expect(told).toEqual({ code: 0, failed: [], reasons: [] });
});
