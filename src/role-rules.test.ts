import { describe, expect, it } from 'vitest';
import { cellsOf, runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

/**
 * The primary breaks, and the reserve has a rule of its own: who forwards what the primary was sent, and what it said of
 * tools, breaks that rule.
 */
const agent = (rules: string, adapts: boolean) => `
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 30000 };
const own = { provider: 'openai', protocol: 'openai-chat' };
export const roles = {
  primary: { ...own, base_url: 'https://api.openai.com/v1', model: 'gpt-5-mini', key_env: 'OPENAI_API_KEY' },
  backup: { ...own, provider: 'groq', base_url: 'https://api.groq.com/v1', model: 'llama-4', key_env: 'GROQ_API_KEY', ${rules} },
};
const words = (content) => typeof content === 'string' ? content : content.map((piece) => piece.text ?? '').join('\\n');
const merged = (messages) => [{ role: 'user', content: messages.map(({ content }) => words(content)).join('\\n') }];
const oneByOne = (talk) => talk.flatMap((said) => {
  if (said.role === 'tool') return [];
  if (!said.tool_calls) return [said];
  return said.tool_calls.flatMap((call) => [{ ...said, tool_calls: [call] }, talk.find((m) => m.tool_call_id === call.id)]);
});
const renamed = (talk) => {
  const ids = [];
  const fitting = (id) => (ids.includes(id) || ids.push(id), 'call0000' + ids.indexOf(id));
  return talk.map((said) => ({
    ...said,
    ...(said.tool_calls && { tool_calls: said.tool_calls.map((call) => ({ ...call, id: fitting(call.id) })) }),
    ...(said.tool_call_id && { tool_call_id: fitting(said.tool_call_id) }),
  }));
};
function bodyFor(role, task, talk, offered) {
  const shown = task.sources.filter((s) => s.image).map(({ image }) => ({ type: 'image_url', image_url: { url: 'data:' + image.media_type + ';base64,' + image.data } }));
  const system = { role: 'system', content: 'Answer briefly and cite what you use, in square brackets, please.' };
  const documents = { role: 'user', content: JSON.stringify(task.sources.map(({ id, text }) => ({ id, text }))) };
  const asked = { role: 'user', content: [...shown, { type: 'text', text: task.input }] };
  const handedOver = role.rules?.turns && talk.length > 0 ? [{ role: 'user', content: 'Please go on.' }] : [];
  const history = task.history ?? [];
  const body = { model: role.model, max_tokens: 900, temperature: 0.2, messages: [system, ...history, documents, asked, ...talk, ...handedOver] };
  if (offered.length > 0) body.tools = offered.map((one) => ({ type: 'function', function: one }));
  if (!${adapts}) return body;
  const { max_output_tokens: most = body.max_tokens, unsupported = [], turns, images = true, parallel_calls = true, tool_call_ids } = role.rules ?? {};
  const split = parallel_calls ? talk : oneByOne(talk);
  const told = tool_call_ids ? renamed(split) : split;
  const question = images ? asked : { role: 'user', content: task.input };
  const messages = [system, ...(role.context_tokens ? [] : history), documents, question, ...told];
  const kept = Object.entries(body).filter(([name]) => !unsupported.includes(name));
  return { ...Object.fromEntries(kept), max_tokens: Math.min(body.max_tokens, most), messages: turns === 'alternate' ? merged(messages) : messages };
}
async function ask(role, task, talk, tools) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + role.api_key };
  for (;;) {
    const body = JSON.stringify(bodyFor(role, task, talk, tools?.schemas ?? []));
    const reply = await fetch(role.base_url + '/chat/completions', { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) });
    if (!reply.ok) throw new Error('HTTP ' + reply.status);
    const { message } = (await reply.json()).choices[0];
    if (!message.tool_calls) return message.content;
    talk.push(message);
    for (const { id, function: { name, arguments: args } } of message.tool_calls)
      talk.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(await tools.call(name, JSON.parse(args))) });
  }
}
export default async (task, { roles, tools }) => {
  const talk = [];
  for (const role of [roles.primary, roles.backup]) try { return await ask(role, task, talk, tools); } catch {}
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};`;

const drill = (when: string) => `
drill: out
title: The primary is away
hypothesis: The backup does the same work.
workflow: my-tasks
phases: [{ name: out, tasks: 1, faults: [{ fault: server-error, role: primary${when} }] }]
expect: { fails-over: {} }
`;
const AT_ONCE = { 'drills/out.yaml': drill('') };
const AT_TURN_TWO = { 'drills/out.yaml': drill(', when: { calls: [2] }') };

const PICTURE = {
  ...AT_ONCE,
  'my-tasks/plan.yaml': 'name: plan\ninput: Where is the exit?\nfixtures: [plan_v1]\nmust_include: [beside the till]\n',
  'my-tasks/sources/plan_v1.png': 'PNG',
};
const LONG_TALK = {
  ...AT_ONCE,
  ...THREE_TASKS,
  'my-tasks/opening_hours.json': JSON.stringify({
    ...{ name: 'opening_hours', input: 'And on Sunday?', must_include: ['10 am'] },
    history: [
      { role: 'user', content: 'When are you open on weekdays? '.repeat(40) },
      { role: 'assistant', content: 'From nine to six, on each of them. '.repeat(40) },
    ],
  }),
};
const tool = (name: string, of: string) => ({
  name,
  description: `Looks up ${of}.`,
  parameters: { type: 'object', properties: { [of]: { type: 'string' } }, required: [of], additionalProperties: false },
});
const TOOLS = {
  ...AT_TURN_TWO,
  'my-tasks/lamp.yaml': `
name: lamp
input: Is the lamp of order 7 still to be had?
answer: Three lamps like the one of order 7 are left.
turns:
  - { tool: lookup_order, args: { order: '7' }, returns: { order: '7', item: lamp } }
  - { tool: lookup_stock, args: { item: lamp }, returns: { item: lamp, left: 3 }, parallel: true }
  - { tool: lookup_price, args: { item: lamp }, returns: { item: lamp, price: 40 } }
`,
  'my-tasks/tools.json': JSON.stringify([
    tool('lookup_order', 'order'),
    tool('lookup_stock', 'item'),
    tool('lookup_price', 'item'),
  ]),
  'my-tasks/contract.yaml':
    'workflow: my-tasks\npermissions: { tools: { lookup_order: read, lookup_stock: read, lookup_price: read } }\n',
};

async function played(rules: string, adapts: boolean, files: Record<string, string>) {
  using project = new Project({ ...files, 'agent.mjs': agent(rules, adapts) });
  const { report, code } = await runDrill({
    ...{ cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', names: ['./drills/out.yaml'] },
  });
  const cells = cellsOf(report);
  const failed = cells.filter(({ verdict }) => verdict === 'failed');
  const found = failed.filter((c) => c.severity === 'critical' && c.check === 'adapts-payload');
  return { code, failed: failed.length, found: [...new Set(found.map(({ reason }) => reason))] };
}

const QUESTIONS = { ...THREE_TASKS, ...AT_ONCE };
const NINE = "tool_call_ids: { pattern: '[a-z0-9]{9}' }";

describe.each([
  ['an output limit', 'rules: { max_output_tokens: 500 }', QUESTIONS, /max_tokens is too large: 900/],
  ['a parameter it does not take', "rules: { unsupported: ['temperature'] }", QUESTIONS, /'temperature'/],
  ['no eye for pictures', 'rules: { images: false }', PICTURE, /does not support image input/],
  ['one call at a time', 'rules: { parallel_calls: false }', TOOLS, /only supports single tool calls/],
  ['ids of a pattern', `rules: { ${NINE} }`, TOOLS, /Tool call id was call_lamp_1 but must match/],
  ['ids of a length', 'rules: { tool_call_ids: { max_length: 10 } }', TOOLS, /must have at most 10 characters/],
  ['turns that alternate', "rules: { turns: 'alternate' }", QUESTIONS, /must alternate/],
  ['turns that are answered', "rules: { turns: 'answered' }", TOOLS, /Unexpected role 'user' after role 'tool'/],
  ['a small window', 'context_tokens: 300', LONG_TALK, /prompt is too long: \d+ tokens > 300/],
])('a reserve with %s', (_, rules, files, says) => {
  it('is turned away by its provider where the request is forwarded as it was, which is a finding', async () => {
    const { code, found } = await played(rules, false, files);
    expect([code, found]).toEqual([1, [expect.stringMatching(says)]]);
    expect(found).toEqual([expect.stringMatching(/^backup was turned away: /)]);
  });

  it('serves a target that adapts the request', async () => {
    expect(await played(rules, true, files)).toEqual({ code: 0, failed: 0, found: [] });
  });
});

it('a provider keeps its own rules: what it says itself may be sent back to it as it is', async () => {
  const rules = `rules: { parallel_calls: false, ${NINE} }`;
  expect(await played(rules, false, { ...TOOLS, ...AT_ONCE })).toEqual({ code: 0, failed: 0, found: [] });
});
