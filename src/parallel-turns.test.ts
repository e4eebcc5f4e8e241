import { expect, it } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

const tool = (name: string, of: string) => ({
  name,
  description: `Looks up ${of}.`,
  parameters: { type: 'object', properties: { [of]: { type: 'string' } }, required: [of], additionalProperties: false },
});
const TURNS = `
  - { tool: lookup_order, args: { order: '7' }, returns: { order: '7', item: lamp } }
  - { tool: lookup_stock, args: { item: lamp }, returns: { item: lamp, left: 3 }, parallel: true }
  - { tool: book_swap, args: { order: '7' } }`;

const FILES = {
  'my-tasks/swap.yaml': `
name: swap
input: Please swap the lamp of order 7.
answer: The lamp of order 7 is swapped, one of the three that are left.
answer_if_not_done: The lamp of order 7 cannot be swapped now.
turns:${TURNS}
`,
  'my-tasks/tools.json': JSON.stringify([
    tool('lookup_order', 'order'),
    tool('lookup_stock', 'item'),
    tool('book_swap', 'order'),
  ]),
  'my-tasks/contract.yaml': `
workflow: my-tasks
permissions: { tools: { lookup_order: read, lookup_stock: read, book_swap: { write: true } } }
`,
  'drills/outage.yaml': `
drill: outage
title: The primary is away
hypothesis: The backup does the same work.
workflow: my-tasks
phases: [{ name: out, tasks: 1, faults: [{ fault: server-error, role: primary }] }]
expect: { fails-over: {} }
`,
};

/** Two providers, each with tools; \`answered\` are the calls of a reply of the backup that it takes back results for. */
const agent = (answered: string) => `
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 30000 };
const post = async (url, headers, body) => {
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(reply.status + ' ' + (await reply.text()));
  return reply.json();
};
async function byPrimary({ input }, { roles: { primary }, tools }) {
  const messages = [{ role: 'user', content: input }];
  const offered = tools.schemas.map((one) => ({ type: 'function', function: one }));
  for (;;) {
    const { message } = (await post(primary.base_url + '/chat/completions', {}, { model: primary.model, messages, tools: offered })).choices[0];
    if (!message.tool_calls) return message.content;
    messages.push(message);
    for (const { id, function: { name, arguments: args } } of message.tool_calls)
      messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(await tools.call(name, JSON.parse(args))) });
  }
}
async function byBackup({ input }, { roles: { backup }, tools }) {
  const messages = [{ role: 'user', content: input }];
  const offered = tools.schemas.map(({ parameters, ...one }) => ({ ...one, input_schema: parameters }));
  const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': backup.api_key };
  for (;;) {
    const { content } = await post(backup.base_url + '/v1/messages', headers, { model: backup.model, max_tokens: 500, messages, tools: offered });
    const calls = content.filter(({ type }) => type === 'tool_use');
    if (calls.length === 0) return content[0].text;
    const results = [];
    for (const { id, name, input } of ${answered})
      results.push({ type: 'tool_result', tool_use_id: id, content: JSON.stringify(await tools.call(name, input)) });
    messages.push({ role: 'assistant', content }, { role: 'user', content: results });
  }
}
export default (task, around) => byPrimary(task, around).catch(() => byBackup(task, around));
`;

async function ran(answered: string) {
  using project = new Project({ ...FILES, 'agent.mjs': agent(answered) });
  const request = { cwd: project.cwd, target: './agent.mjs', tasks: './my-tasks', names: ['./drills/outage.yaml'] };
  const { report, trace } = await runDrill(request);
  const cells = report.drills.flatMap((d) => d.tasks.flatMap((t) => t.checks));
  return {
    verdict: report.verdict,
    found: cells.filter((c) => c.verdict === 'failed').map((c) => c.check),
    asked: eventsOf(trace, 'call-end').map(
      (e) => `${e.phase}: ${e.tool_calls?.map((c) => c.tool).join(', ') ?? e.status}`,
    ),
    refused: eventsOf(trace, 'unscripted-call').map((e) => e.why),
  };
}

it('an agent that answers both calls of a reply does the whole work, on either role', async () => {
  const { asked, ...rest } = await ran('calls');
  expect(rest).toEqual({ verdict: 'passed', found: [], refused: [] });
  const whole = (phase: string) => [`${phase}: lookup_order, lookup_stock`, `${phase}: book_swap`, `${phase}: 200`];
  expect(asked).toEqual([...whole('baseline'), 'out: 500', ...whole('out')]);
});

it('one that answers the first only is refused by the provider, and found', async () => {
  const { verdict, found, refused } = await ran('calls.slice(0, 1)');
  expect(verdict).toBe('failed');
  expect(found).toContain('fails-over');
  expect(refused).toEqual([expect.stringMatching(/tool_use.*tool_result/)]);
});
