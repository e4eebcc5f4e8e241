import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Contract } from '../core/contract.ts';
import { GoldenTask } from '../core/golden-task.ts';
import type { ModelCall } from '../core/model-call.ts';
import { defineToolFault } from '../core/plugin.ts';
import { createRandom } from '../core/random.ts';
import type { ArmedFault } from '../core/stand.ts';
import type { NewEvent } from '../core/trace.ts';
import { VirtualClock } from '../world/virtual-clock.ts';
import { createArmedFaults } from './armed-faults.ts';
import { replyTo, scriptFor } from './script.ts';
import { createToolStand } from './tool-stand.ts';

const refund = { order_id: '991', amount_usd: 40 };
const task = GoldenTask.parse({
  name: 'refund',
  input: 'Refund order 991.',
  turns: [
    { tool: 'lookup_order', args: { order_id: '991' }, returns: { order_id: '991', status: 'delivered late' } },
    { tool: 'issue_refund', args: refund, returns: { refund_id: 'rf_1' } },
  ],
  answer: 'The refund was made.',
  answer_if_not_done: 'The refund was not made.',
  approval: 'silence',
});
const schema = (...required: string[]) => ({ type: 'object', required });
const tools = [
  { name: 'lookup_order', parameters: schema('order_id') },
  { name: 'issue_refund', parameters: schema('order_id', 'amount_usd') },
];
const permissions: Contract['permissions'] = {
  tools: { lookup_order: 'read', issue_refund: { write: true, approval: 'human', forbidden: false } },
  modes: {},
};
const scope = { ask: 1, task: 'refund', tenant: 'default' };

function open(faults: ArmedFault[] = [], tasks: GoldenTask[] = []) {
  const clock = new VirtualClock(0);
  const events: NewEvent[] = [];
  const recording = {
    emit: (event: NewEvent) => void events.push(event),
    held: () => ({ sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] }),
    facts: () => ({}),
    digest: (text: string) => text,
    replied() {},
    rereads: () => [],
  };
  const random = createRandom(1);
  const scriptOf = () => scriptFor(task, []);
  const armedFaults = createArmedFaults({ clock, random, recording, scriptOf });
  armedFaults.begin(faults);
  const contract = { workflow: 'orders', stakes: 'high', permissions } as Contract;
  const stand = createToolStand({ clock, random, recording, contract, tools, tasks, armedFaults, scriptOf });
  async function wait<T>(work: Promise<T>): Promise<T | Error> {
    let over = false;
    const settled = work
      .catch((error: Error) => error)
      .finally(() => {
        over = true;
      });
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (over || !clock.step()) return settled;
    }
  }
  const { call } = stand.tools(() => scope);
  const results = () =>
    events.filter((e) => e.kind === 'tool-result').map(({ ok, error, effect }) => [ok, error, effect]);
  return {
    clock,
    events,
    results,
    call: (name: string, args: unknown, key?: string) =>
      wait(call(name, args, key === undefined ? {} : { idempotency_key: key })),
    approve: () => wait(stand.approve(() => scope)({ tool: 'issue_refund', args: refund })),
  };
}

describe('the effects ledger', () => {
  it('gives what the golden task says, and writes down each effect', async () => {
    const { call, events, results } = open();
    expect(await call('lookup_order', { order_id: '991' })).toEqual({ order_id: '991', status: 'delivered late' });
    expect(await call('issue_refund', { amount_usd: 40, order_id: '991' })).toEqual({ refund_id: 'rf_1' });
    expect(results()).toEqual([
      [true, null, 'none'],
      [true, null, 'new'],
    ]);
    expect(events[2]).toMatchObject({ kind: 'tool-use', write: true, allowed: true, foreseen: true, args_valid: true });
  });

  it('tells whose a use is that only the tasks of others foresee', async () => {
    const asks = (name: string, tenant: string, args: object) =>
      GoldenTask.parse({ name, tenant, input: 'Where is it?', turns: [{ tool: 'lookup_order', args }] });
    const theirs = asks('theirs', 'other', { order_id: 'AX-5512' });
    const [same, mine] = [asks('same', 'default', { order_id: '77123' }), asks('mine', 'other', { order_id: '991' })];
    const { call, events } = open([], [theirs, same, mine, asks('any', 'other', { order_id: 'newest' })]);
    const whose = async (order_id: string) => {
      await call('lookup_order', { order_id });
      return events.findLast((e) => e.kind === 'tool-use')?.foreign;
    };
    expect(await whose('AX-5512')).toEqual(['theirs']);
    for (const own of ['991', '77123', 'newest', 'AX-5513']) expect(await whose(own)).toBeUndefined();
  });

  it('a second write is a second effect, unless it carries the key of the first', async () => {
    const { call, results } = open();
    for (const key of [undefined, undefined, 'k', 'k']) await call('issue_refund', refund, key);
    expect(results().map(([, , effect]) => effect)).toEqual(['new', 'new', 'new', 'replayed']);
  });

  it.each([
    ['an unknown tool', 'issue_refnd', refund, 'unknown_tool'],
    ['arguments that break the schema', 'issue_refund', { order_id: '991' }, 'invalid_arguments'],
    ['a record that is not there', 'lookup_order', { order_id: '1' }, 'error'],
  ])('%s is refused', async (_, tool, args, code) => {
    const { call, results } = open();
    expect(await call(tool, args)).toMatchObject({ name: 'ToolFailure', code });
    expect(results()).toEqual([[false, code, 'none']]);
  });

  it.each(['close_account', 'constructor'])('a tool nobody allowed runs, and the ledger says so: %s', async (tool) => {
    const { events, call } = open();
    await call(tool, {});
    expect(events[0]).toMatchObject({ kind: 'tool-use', registered: false, allowed: false, foreseen: false });
  });
});

it('a fault of tools stands on both sides of the effect', async () => {
  const late = defineToolFault({
    name: 'late',
    summary: '',
    effect: 'fails',
    params: z.strictObject({}),
    example: '',
    open:
      () =>
      async (use, next, { fired }) => {
        fired('after the effect');
        await next(use);
        return { ok: false, code: 'timeout', message: 'no answer' };
      },
  });
  const fault: ArmedFault = {
    fault: 'late',
    role: 'issue_refund',
    effect: 'fails',
    shared: false,
    open: late.arm({}),
    trigger: () => true,
    tenants: undefined,
    tasks: undefined,
  };
  const { call, events, results } = open([fault]);
  expect(await call('issue_refund', refund, 'k')).toMatchObject({ code: 'timeout' });
  expect(await call('issue_refund', refund, 'k')).toMatchObject({ code: 'timeout' });
  expect(results()).toEqual([
    [false, 'timeout', 'new'],
    [false, 'timeout', 'replayed'],
  ]);
  expect(events.find((e) => e.kind === 'fault-fired')).toMatchObject({ call: 't1', role: 'issue_refund' });
});

it('an approval that is asked for beside the same one says so', async () => {
  const { approve, events } = open();
  await Promise.all([approve(), approve()]);
  await approve();
  expect(events.map((e) => e.kind === 'approval' && e.beside)).toEqual([undefined, true, undefined]);
});

it('nobody’s answer is silence, after a while', async () => {
  const { approve, clock, events } = open();
  expect(await approve()).toBe('silence');
  expect(clock.now()).toBe(3000);
  expect(events).toMatchObject([{ kind: 'approval', tool: 'issue_refund', answer: 'silence' }]);
});

describe('a model that calls tools', () => {
  const call: ModelCall = {
    protocol: 'openai-chat',
    model: 'm',
    messages: [{ role: 'user', content: task.input }],
    tools,
    stream: false,
    id: 'c1',
    role: 'primary',
    provider: 'openai',
    attempt: 1,
    turn: 1,
    ...scope,
  };
  const reply = (messages: ModelCall['messages'], offered = tools) =>
    replyTo(
      scriptFor(task, []),
      { ...call, messages: [...call.messages, ...messages], tools: offered },
      {
        schemaFields: [],
        writes: (tool) => tool === 'issue_refund',
      },
    );
  const asked = (i: number, content: string): ModelCall['messages'] => {
    const turn = task.turns[i];
    if (turn === undefined) throw new Error('no such turn');
    const toolCalls = [{ id: `t${i}`, name: turn.tool, arguments: JSON.stringify(turn.args) }];
    return [
      { role: 'assistant', content: '', toolCalls },
      { role: 'tool', content, toolCallId: `t${i}` },
    ];
  };
  const found = asked(0, '{"order_id":"991","status":"delivered late"}');

  it.each([
    ['asks for the first tool', [], tools, 'lookup_order', ''],
    ['goes on with what the conversation holds', found, tools, 'issue_refund', ''],
    [
      'takes a result in the prompt for one',
      [{ role: 'user', content: 'lookup_order: 991, delivered late' }],
      tools,
      'issue_refund',
      '',
    ],
    ['answers when all is done', [...found, ...asked(1, '{"refund_id":"rf_1"}')], tools, undefined, task.answer],
    [
      'says what was not done',
      [...found, ...asked(1, '{"error":"not approved"}')],
      tools,
      undefined,
      task.answer_if_not_done,
    ],
    ['says so too where it has no tools', [], [], undefined, task.answer_if_not_done],
    ['or only reading ones', found, tools.slice(0, 1), undefined, task.answer_if_not_done],
  ] satisfies [string, ModelCall['messages'], typeof tools, string | undefined, string | undefined | object][])(
    '%s',
    (_, messages, offered, tool, text) => {
      const said = reply(messages, offered);
      expect([said.turns.map((turn) => turn.tool), said.text]).toEqual([tool === undefined ? [] : [tool], text]);
    },
  );

  it('proposes the writes where it is asked for a plan', () => {
    const step = { type: 'object', properties: { tool: {}, args: { type: 'object' }, reason: { type: 'string' } } };
    const schema = { type: 'object', properties: { plan: { type: 'array', items: step } } };
    const said = replyTo(
      scriptFor(task, []),
      { ...call, tools: [], responseSchema: { name: 'plan', schema } },
      {
        schemaFields: [],
        writes: (tool) => tool === 'issue_refund',
      },
    );
    expect(JSON.parse(said.text)).toEqual({
      plan: [{ tool: 'issue_refund', args: refund, reason: 'The refund was not made.' }],
    });
  });

  it('says yes as a verifier, in the shape it is asked for, and never the answer it is shown', () => {
    const structured = scriptFor({ ...task, answer: { answer: 'Yes.', citations: [] } }, []);
    const shown: ModelCall['messages'] = [{ role: 'user', content: 'Is it so? {"answer":"Yes.","citations":[]}' }];
    const verdict = (asked: Partial<ModelCall>) =>
      replyTo(
        structured,
        { ...call, role: 'verifier', messages: shown, ...asked },
        { schemaFields: [], writes: () => true },
      ).text;
    expect(verdict({})).toBe('supported');
    const schema = {
      properties: { ok: { type: 'boolean' }, verdict: { enum: ['yes', 'no'] }, why: { type: 'string' } },
    };
    const reply = JSON.parse(verdict({ responseSchema: { name: 'verdict', schema } }));
    expect(reply).toEqual({ ok: true, verdict: 'yes', why: 'supported' });
  });
});

describe('turns of one reply', () => {
  const asks = (name: string, parallel?: boolean) => ({
    tool: name,
    args: { of: name },
    returns: { gave: name },
    parallel,
  });
  const turns = [asks('stock'), asks('price', true), asks('reserve_one', true), asks('label'), asks('mail', true)];
  const golden = GoldenTask.parse({
    name: 'g',
    input: 'Do it.',
    turns,
    answer: 'All is done.',
    answer_if_not_done: 'It is not.',
  });
  const offered = turns.map(({ tool }) => ({ name: tool, parameters: {} }));
  const base = { protocol: 'openai-chat', model: 'm', stream: false, id: 'c1', role: 'primary', provider: 'p' };
  const asked = (messages: ModelCall['messages'], tools = offered) =>
    replyTo(
      scriptFor(golden, []),
      { ...base, attempt: 1, turn: 1, ask: 1, task: 'g', tenant: 'a', messages, tools },
      { schemaFields: [], writes: (tool) => tool === 'reserve_one' },
    );
  const gave = (...names: string[]): ModelCall['messages'] => [
    {
      role: 'assistant',
      content: '',
      toolCalls: names.map((name) => ({ id: name, name, arguments: JSON.stringify({ of: name }) })),
    },
    ...names.map((name) => ({ role: 'tool' as const, content: `{"gave":"${name}"}`, toolCallId: name })),
  ];
  const names = (...given: Parameters<typeof asked>) => asked(...given).turns.map(({ tool }) => tool);

  it('are asked for together, and those that have no result once more', () => {
    expect(names([])).toEqual(['stock', 'price', 'reserve_one']);
    expect(names(gave('price'))).toEqual(['stock', 'reserve_one']);
    expect(names(gave('stock', 'price', 'reserve_one'))).toEqual(['label', 'mail']);
    expect(names([...gave('stock', 'reserve_one'), ...gave('price'), ...gave('mail')])).toEqual(['label']);
    expect(asked([...gave('stock', 'price', 'reserve_one'), ...gave('label', 'mail')])).toEqual({
      turns: [],
      text: 'All is done.',
    });
  });

  it('go without tools that are not offered', () => {
    expect(names([], offered.slice(1, 2))).toEqual(['price']);
    expect(names([], offered.slice(3))).toEqual(['label', 'mail']);
  });

  it('of which a write did not happen end the story', () => {
    const refused = gave('stock', 'price', 'reserve_one').map((m) =>
      m.toolCallId === 'reserve_one' ? { ...m, content: '{"error":"not approved"}' } : m,
    );
    expect(asked(refused)).toEqual({ turns: [], text: 'It is not.' });
  });

  it('follow something: the first is `parallel` to nothing', () => {
    const { error } = GoldenTask.safeParse({ name: 'g', input: 'i', turns: [asks('stock', true)] });
    expect(error?.issues[0]).toMatchObject({
      path: ['turns', 0, 'parallel'],
      message: expect.stringContaining('no turn comes before'),
    });
  });
});
