import { describe, expect, it } from 'vitest';
import type { RunReport } from './core/report.ts';
import { cellsOf, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

// Drills, golden tasks and agents as users write them: each agent is right or has one defect, and the drill provokes it.

const TASKS = {
  'shop/opening_hours.json': {
    ...{ name: 'opening_hours', input: 'When are you open on Sunday?' },
    ...{ answer: 'On Sunday the shop is open from 10 am to 4 pm.', must_include: ['10 am'], max_latency_ms: 12_000 },
  },
  'shop/shipping_cost.json': {
    ...{ name: 'shipping_cost', input: 'What does shipping to Oslo cost?', must_include: ['9.50'] },
    ...{ answer: 'A parcel to Oslo costs 9.50 euros and takes three days.', max_latency_ms: 12_000 },
  },
};
const PRIORITIES = {
  ...TASKS,
  'shop/shipping_cost.json': { ...TASKS['shop/shipping_cost.json'], priority: 'low' },
  'shop/returns.json': {
    ...{ name: 'returns', input: 'How long may I return a lamp?', must_include: ['30 days'], priority: 'low' },
    ...{ answer: 'A lamp may be returned within 30 days.', max_latency_ms: 12_000 },
  },
};
const RESERVATION = {
  'shop/reserve_lamp.json': {
    ...{ name: 'reserve_lamp', input: 'Please reserve two lamps.', must_include: ['L-1', 'lamp'] },
    turns: [{ tool: 'reserve_item', args: { item: 'lamp' }, returns: { reservation: 'L-1' } }],
    ...{ answer: 'Your lamp is reserved as L-1.', answer_if_not_done: 'The lamp could not be reserved.' },
  },
  'shop/tools.json': [
    { name: 'reserve_item', parameters: { type: 'object', properties: { item: { type: 'string' } } } },
  ],
  'shop/contract.yaml': { workflow: 'shop', permissions: { tools: { reserve_item: { write: true } } } },
};

const AGENT = `
export const declares = { features: ['fallback', 'deadline', 'notice'], chain: ['primary', 'backup'], deadline_ms: 12000 };
const headersOf = ({ api_key }) => ({ 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': api_key, authorization: 'Bearer ' + api_key });
const post = async (role, body, ms) => {
  const url = role.base_url + (role.protocol === 'anthropic-messages' ? '/v1/messages' : '/chat/completions');
  const reply = await fetch(url, { method: 'POST', headers: headersOf(role), body: JSON.stringify({ model: role.model, max_tokens: 500, ...body }), signal: AbortSignal.timeout(ms) });
  if (!reply.ok) throw new Error('status ' + reply.status);
  return reply;
};
const put = (task) => ({ messages: [{ role: 'user', content: task.input }] });
const openai = async (role, task, ms = 4000) => (await (await post(role, put(task), ms)).json()).choices[0].message.content;
const anthropic = async (role, task, ms = 4000) => (await (await post(role, put(task), ms)).json()).content[0].text;
/** The pieces of a stream, as \`read\` finds them in what has come. */
const streamed = async (role, task, read) => {
  let [text, rest] = ['', ''];
  for await (const bytes of (await post(role, { ...put(task), stream: true }, 4000)).body) {
    const [found, left] = read(rest + Buffer.from(bytes).toString());
    text += found;
    rest = left;
  }
  return text;
};
const pieceIn = (line) => JSON.parse(line).choices[0]?.delta.content ?? '';
const byLines = (text) => {
  const lines = text.split('\\n');
  const found = lines.slice(0, -1).filter((line) => line.startsWith('data: {')).map((line) => pieceIn(line.slice(6)));
  return [found.join(''), lines.at(-1)];
};
/** Takes every chunk for a list of whole events, and every event for data with a choice in it. */
const byChunks = (text) => [text.split('\\n\\n').filter((one) => one && !one.includes('[DONE]')).map((one) => JSON.parse(one.slice(6)).choices[0].delta.content ?? '').join(''), ''];
const notice = (limited) => ({ works: 'Your question was received.', limited, action: 'Please ask a colleague if it is urgent.', saved: 'Nothing was saved.', next: 'Please try again in a few minutes.' });
const failed = { kind: 'failed', degraded: true, notice: notice('It cannot be answered right now.') };
const inTurn = (...calls) => async (task, { roles }) => {
  for (const [at, call] of calls.entries()) {
    try {
      const answer = await call(roles, task);
      return { kind: 'answered', answer, degraded: at > 0, notice: at > 0 ? notice('A reduced service answered.') : null };
    } catch {}
  }
  return failed;
};
const first = ({ primary }, task) => openai(primary, task);
const second = ({ backup }, task) => anthropic(backup, task);
const line = (read) => ({ primary }, task) => streamed(primary, task, read);
`;

/** Opens for half a minute once the first role has failed. */
const BREAKER = (opens: boolean) => `
let until = 0;
export default inTurn(async (roles, task) => {
  if (Date.now() < until) throw new Error('open');
  return first(roles, task).catch((error) => { ${opens ? 'until = Date.now() + 30_000;' : ''} throw error; });
}, second);`;

const COSTS = (cost: string) => `
const ask = inTurn(first, second);
export default async (task, context) => ({ ...(await ask(task, context)), cost_usd: ${cost} });`;

const WRITES = (done: string) => `
export default async (task, { roles: { primary }, tools }) => {
  const messages = [{ role: 'user', content: task.input }];
  const schemas = tools.schemas.map((tool) => ({ type: 'function', function: tool }));
  const say = async () => (await (await post(primary, { messages, tools: schemas }, 4000)).json()).choices[0].message;
  const asked = await say();
  const [{ id, function: { name, arguments: args } }] = asked.tool_calls;
  const result = await tools.call(name, JSON.parse(args)).then((value) => ({ value }), ({ code }) => ({ error: code }));
  messages.push(asked, { role: 'tool', tool_call_id: id, content: JSON.stringify(result.value ?? result) });
  return { kind: 'answered', answer: (await say()).content, actions: [{ tool: name, args: JSON.parse(args), done: ${done} }] };
};`;

const phase = (faults: string, more = '') => `  - { name: broken, tasks: 2, faults: [${faults}]${more} }`;
const DOWN = '{ fault: server-error, role: primary }';

interface Pair {
  what: string;
  phases: string;
  expect: string;
  right: string;
  wrong: string;
  check: string;
  says: string;
  tasks?: Record<string, unknown>;
}

const PAIRS: Pair[] = [
  {
    what: 'the last role that is left is given up while its late reply is on the way',
    phases: phase(`${DOWN}, { fault: slow-answer, role: backup, delay_ms: 3000 }`),
    expect: 'fails-over: { within_ms: 8000 }',
    right: 'export default inTurn(first, ({ backup }, task) => anthropic(backup, task, 9000));',
    wrong: 'export default inTurn(first, ({ backup }, task) => anthropic(backup, task, 1500));',
    ...{ check: 'fails-over', says: 'backup was left after 1.5 s, its reply would have come after' },
  },
  ...['comments', 'bytes', 'empty-events'].flatMap((how) => [
    {
      what: `a reader that does not understand ${how} in a stream asks another role`,
      phases: phase(`{ fault: odd-stream, role: primary, how: ${how} }`),
      expect: 'arrives-whole: {}',
      right: 'export default inTurn(line(byLines), second);',
      wrong: 'export default inTurn(line(byChunks), second);',
      ...{ check: 'lets-streams-flow', says: 'of a stream that was whole and good' },
    },
    {
      what: `a reader that does not understand ${how} in a stream gives up`,
      phases: phase(`{ fault: odd-stream, role: primary, how: ${how} }`),
      expect: 'arrives-whole: {}',
      right: 'export default inTurn(line(byLines));',
      wrong: 'export default inTurn(line(byChunks));',
      ...{ check: 'arrives-whole', says: 'primary gave a good reply, but the outcome is failed' },
    },
  ]),
  {
    what: 'asks go past the first role of a declared chain now and then, and not by their priority',
    ...{ phases: `  - { name: broken, tasks: 3, faults: [${DOWN}] }`, expect: 'fails-over: {}', tasks: PRIORITIES },
    right:
      "export default (task, all) => inTurn(...(task.priority === 'low' ? [second, first] : [first, second]))(task, all);",
    wrong:
      'let n = 0; export default (task, all) => inTurn(...(n++ % 2 ? [second, first] : [first, second]))(task, all);',
    ...{ check: 'admits-degraded-mode', says: 'backup answered, but degraded is not set and no notice was given' },
  },
  {
    what: 'an outcome states a far too small cost',
    ...{ phases: phase(DOWN), expect: 'fails-over: {}' },
    ...{ right: COSTS('0'), wrong: COSTS('1e-7') },
    ...{ check: 'bills-what-it-spent', says: 'on the wire $0.000' },
  },
  {
    what: 'a failed write is reported as done',
    phases: phase('{ fault: tool-error, tool: reserve_item }'),
    expect: 'includes-required: {}',
    ...{ right: WRITES('!result.error'), wrong: WRITES('true') },
    ...{ check: 'claims-only-what-happened', says: 'actions says reserve_item is done' },
    tasks: RESERVATION,
  },
];

const findings = (report: RunReport) =>
  cellsOf(report).flatMap((c) => (c.verdict === 'failed' ? [`${c.check}: ${c.reason}`] : []));

async function run(
  agent: string,
  { phases, expect: claims, tasks = TASKS }: Pick<Pair, 'phases' | 'expect' | 'tasks'>,
) {
  const drill = `drill: mine\ntitle: Mine\nhypothesis: It holds.\nworkflow: shop\nphases:\n${phases}\nexpect:\n  ${claims}\n`;
  const files = Object.entries(tasks).map(([name, value]) => [name, JSON.stringify(value)]);
  using project = new Project({ ...Object.fromEntries(files), 'mine.yaml': drill, 'a.mjs': AGENT + agent });
  return await runDrill({ cwd: project.cwd, names: ['mine.yaml'], tasks: 'shop', target: './a.mjs' });
}

describe('drills of a user’s own', () => {
  it.each(PAIRS)('$what: found, and nothing where it is right', async (pair) => {
    const wrong = await run(pair.wrong, pair);
    const found = cellsOf(wrong.report).filter(({ check, verdict }) => check === pair.check && verdict === 'failed');
    expect(found.map(({ reason }) => reason).join('\n')).toContain(pair.says);
    expect(wrong.code).toBe(1);
    const right = await run(pair.right, pair);
    expect(findings(right.report)).toEqual([]);
    expect(right.code).toBe(0);
  });

  it('a breaker that opens sooner than it has to spares the dead; where each ask tried it, nothing is proved', async () => {
    const outage = {
      phases: `  - { name: broken, tasks: 6, load: { every_ms: 2000 }, faults: [${DOWN}] }`,
      expect: 'spares-the-dead: {}',
    };
    const reasonOf = ({ report }: Awaited<ReturnType<typeof run>>) =>
      cellsOf(report).find(({ check }) => check === 'spares-the-dead')?.reason;
    const opens = await run(BREAKER(true), outage);
    expect(reasonOf(opens)).toBe('5 asks did without primary after 1 failure in a row at most');
    expect(opens.code).toBe(0);
    const none = await run(BREAKER(false), outage);
    expect(reasonOf(none)).toBe('1 ask came after 5 failures in a row on primary, and each may have been a probe');
    expect(none.code).toBe(3);
  });
});
