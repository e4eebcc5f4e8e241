import { Validator } from '@cfworker/json-schema';
import { describe, expect, it } from 'vitest';
import type { Roles } from '../core/declaration.ts';
import { gather } from '../core/gathered.ts';
import { GoldenTask, type Source } from '../core/golden-task.ts';
import { type CallBody, estimateTokens } from '../core/model-call.ts';
import type { Around, Injection, MeaningInjection } from '../core/plugin.ts';
import { costOf } from '../core/prices.ts';
import { createRandom } from '../core/random.ts';
import type { ArmedFault, Scope } from '../core/stand.ts';
import type { EventKind, NewEvent } from '../core/trace.ts';
import { createTrigger, TriggerSpec } from '../core/trigger.ts';
import type { ReplySource } from '../core/upstream.ts';
import { type Frame, inTurn, NetworkFailure, type Part, type WireReply, type WireRequest } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import { fromUtf8, utf8 } from '../protocols/json.ts';
import { VirtualClock } from '../world/virtual-clock.ts';
import { mockKey } from './route.ts';
import { scriptFor } from './script.ts';
import { createStand } from './stand.ts';

const EPOCH_MS = 1_767_225_600_000;
const openai = {
  provider: 'openai',
  protocol: 'openai-chat',
  base_url: 'https://api.openai.com/v1',
  model: 'gpt-5-mini',
};
const anthropic = {
  provider: 'anthropic',
  protocol: 'anthropic-messages',
  base_url: 'https://api.anthropic.com',
  model: 'claude-haiku-4-5',
};
const twoHosts: Roles = { primary: openai, backup: anthropic };
const sources: Source[] = [
  { id: 'hours_v2', tenant: 'acme', text: '# Hours\n\nThe shop opens at 10 am on Sunday. It closes at 4 pm.' },
  { id: 'holidays_v1', tenant: 'acme', text: 'On public holidays the shop stays closed. Orders are taken online.' },
];
const scope: Scope = { ask: 1, task: 'opening_hours', tenant: 'acme' };
const answer = 'On Sunday we open at 10 am and close at 4 pm; on public holidays the shop stays closed. [hours_v2]';
const question = 'When are you open on Sunday?';

interface Setting {
  roles?: Roles;
  faults?: ArmedFault[];
  task?: Partial<GoldenTask>;
  schemaFields?: string[];
  seed?: number;
  replies?: ReplySource;
}

/** A stand with one task played, on a clock that moves only while something is waited for. */
function open({
  roles = twoHosts,
  faults = [],
  task = { answer },
  schemaFields = [],
  seed = 7,
  replies,
}: Setting = {}) {
  const clock = new VirtualClock(EPOCH_MS);
  const events: (NewEvent & { at: number })[] = [];
  const nothing = { sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] };
  const stand = createStand({
    clock,
    random: createRandom(seed),
    roles,
    protocols,
    recording: {
      emit: (event) => void events.push({ ...event, at: clock.now() }),
      held: () => nothing,
      facts: () => ({}),
      digest: (text) => text,
      replied() {},
      rereads: () => [],
    },
    schemaFields,
    contract: undefined,
    tools: [],
    replies,
  });
  stand.begin(faults);
  const golden = GoldenTask.parse({ name: scope.task, input: question, tenant: scope.tenant, ...task });
  const play = (ask: number) => stand.play(ask, scriptFor(golden, sources));
  play(scope.ask);

  async function wait<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (over || !clock.step()) return work;
    }
  }
  const request = (name: string, said: Partial<CallBody> = {}): WireRequest => {
    const role = roles[name];
    const protocol = protocols.find((p) => p.name === role?.protocol);
    if (role === undefined || protocol === undefined) throw new Error(`no role ${name}`);
    const messages: CallBody['messages'] = [{ role: 'user', content: question }];
    const call = {
      protocol: protocol.name,
      model: role.model,
      messages,
      tools: [],
      maxOutputTokens: 500,
      stream: false,
    };
    return protocol.writeCall({ ...call, ...said }, { base_url: role.base_url, api_key: mockKey(role) });
  };
  const send = (to: WireRequest, signal?: AbortSignal, by: Scope | undefined = scope) =>
    stand.transport(() => by)(to, signal);
  const whole = (to: WireRequest, by?: Scope) => wait(send(to, undefined, by).then(readAll));
  const ask = (name: string, said?: Partial<CallBody>, by?: Scope) => whole(request(name, said), by);
  const told = <K extends EventKind>(kind: K) =>
    events.filter((e): e is Extract<NewEvent, { kind: K }> & { at: number } => e.kind === kind);
  return { clock, stand, events, play, wait, request, send, whole, ask, told };
}

it('tells of a key that goes to another provider, and not of one that begins as that does', async () => {
  const { whole, request, told } = open();
  const keyed = (name: string, ...more: string[]): WireRequest => {
    const to = request(name);
    return { ...to, headers: [...to.headers, ...more.map((key) => ['x-also', `Bearer ${key}`] as const)] };
  };
  const [own, other] = [twoHosts['primary'], twoHosts['backup']].map((role) => role && mockKey(role));
  await whole(keyed('primary', own ?? ''));
  await whole(keyed('primary', other ?? ''));
  await whole({ ...keyed('primary'), body: utf8(JSON.stringify({ user: other })) });
  await whole(keyed('backup', `${own}-2`));
  expect(told('call').map(({ foreign_keys }) => foreign_keys)).toEqual([undefined, ['backup'], ['backup'], undefined]);
});

describe('a reply that asks for two tools', () => {
  const turns = ['stock', 'price'].map((tool, i) => ({ tool, args: { of: 'lamp' }, ...(i > 0 && { parallel: true }) }));
  const tools = turns.map(({ tool }) => ({ name: tool, parameters: { type: 'object' } }));
  const both = turns.map(({ tool }, i) => ({
    id: `call_opening_hours_${i + 1}`,
    name: tool,
    arguments: '{"of":"lamp"}',
  }));

  it.each([
    ['primary', true],
    ['primary', false],
    ['backup', true],
    ['backup', false],
  ] as const)('of the %s, streamed or not (%s): each has an id and its arguments', async (role, stream) => {
    const { ask, told } = open({ task: { turns } });
    const { calls } = await ask(role, { tools, stream });
    expect(calls).toEqual(both);
    expect(told('call-end')[0]?.tool_calls?.map((c) => c.tool)).toEqual(['stock', 'price']);
  });

  it.each([
    ['primary', { parallel_tool_calls: false }],
    ['backup', { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }],
  ])('asks for one of them where the %s is told to', async (role, wish) => {
    const { request, whole } = open({ task: { turns } });
    const to = request(role, { tools });
    const body = utf8(JSON.stringify({ ...JSON.parse(fromUtf8(to.body)), ...wish }));
    expect((await whole({ ...to, body })).calls).toEqual(both.slice(0, 1));
  });

  it('goes as far as the limit of the caller', async () => {
    const { ask, told } = open({ task: { turns } });
    expect((await ask('primary', { tools, maxOutputTokens: 4 })).calls.map((c) => c.arguments)).toEqual([
      '{"of":"lamp"}',
      '{"o',
    ]);
    expect((await ask('primary', { tools, maxOutputTokens: 2 })).calls.map((c) => c.arguments)).toEqual(['{"of":"l']);
    expect(told('call-end').map((e) => e.failure_mode)).toEqual(['truncated', 'truncated']);
  });
});

it('what a provider keeps of its own replies, it alone knows: a reference to one is passed on', async () => {
  const roles: Roles = { primary: { ...openai, protocol: 'openai-responses' } };
  const seen: string[] = [];
  const replies: ReplySource = {
    async ask({ request }) {
      seen.push(fromUtf8(request.body));
      return { head: { status: 200, headers: [], framing: 'chunked' }, body: (async function* () {})() };
    },
  };
  const { request, whole, told } = open({ roles, replies });
  const to = request('primary');
  const body = utf8(JSON.stringify({ ...JSON.parse(fromUtf8(to.body)), previous_response_id: 'resp_of_theirs' }));
  await whole({ ...to, body });
  expect(seen).toHaveLength(1);
  expect(told('unscripted-call')).toEqual([]);
});

it('an answer that is asked for as a function call is passed on as it is asked for and as it comes', async () => {
  const tools = [{ name: 'extract', parameters: { type: 'object' } }];
  const protocol = protocols.find(({ name }) => name === 'openai-chat');
  const encoder = protocol?.encoder({ model: 'm', stream: false }, { id: '0000c0de', atMs: 0 });
  const said: Part[] = [
    { type: 'tool-call', id: 'theirs', name: 'extract' },
    { type: 'tool-call-delta', id: 'theirs', arguments: '{"open":true}' },
    { type: 'end', reason: 'tool-calls' },
  ];
  if (encoder === undefined) throw new Error('no protocol');
  const head = encoder.head(said[0]);
  const sent = [...said.flatMap((part) => encoder.push(part)), ...encoder.end()].map(({ wire }) => wire);
  const asked: CallBody[] = [];
  const replies: ReplySource = {
    async ask({ call }) {
      asked.push(call);
      return { head, body: inTurn(sent) };
    },
  };
  const { ask, told } = open({ replies });
  const { body, calls } = await ask('primary', { tools, mustCall: ['extract'] });
  expect(body).toBe(sent.map(fromUtf8).join(''));
  expect(calls).toMatchObject([{ id: 'theirs' }]);
  expect(asked).toMatchObject([{ tools, mustCall: ['extract'] }]);
  expect(asked[0]).not.toHaveProperty('responseSchema');
  expect(told('call-end')).toMatchObject([{ how: 'complete', fields: { open: true } }]);
  expect(told('call-end')[0]).not.toHaveProperty('tool_calls');
});

async function readAll({ status, headers, body }: WireReply) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const parts = partsOf({ status, headers }, chunks);
  const text = parts.map((p) => (p.type === 'text-delta' ? p.text : '')).join('');
  const body_ = new TextDecoder().decode(Buffer.concat(chunks));
  const { calls } = gather(parts);
  return { status, headers: Object.fromEntries(headers), chunks: chunks.length, body: body_, text, calls };
}

/** What the bytes mean to a client of the protocol they are written in. */
function partsOf(head: Pick<WireReply, 'status' | 'headers'>, chunks: Uint8Array[]): Part[] {
  const ours = 'openai-version';
  const name = head.headers.some(([header]) => header === ours) ? 'openai-chat' : 'anthropic-messages';
  const decoder = protocols.find((p) => p.name === name)?.decoder({ ...head, framing: 'chunked' }, EPOCH_MS);
  const frames = decoder === undefined ? [] : [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()];
  return frames.flatMap((frame) => frame.parts);
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => 'no failure',
    (error: unknown) => error,
  );

type Spec = Partial<ArmedFault> & { when?: unknown };
const meaning = (inject: MeaningInjection, { when = {}, ...rest }: Spec = {}): ArmedFault => ({
  fault: 'marks',
  effect: 'fails',
  shared: false,
  role: 'primary',
  open: () => ({ kind: 'meaning', inject }),
  trigger: createTrigger(TriggerSpec.parse(when)),
  tenants: undefined,
  tasks: undefined,
  ...rest,
});
/** Says that it acted, and changes nothing. */
const marks = (spec?: Spec) =>
  meaning((call, next, around) => {
    around.fired('was here');
    return next(call);
  }, spec);
const wire = (edit: (frames: AsyncIterable<Frame>, around: Around) => AsyncIterable<Frame>): ArmedFault => ({
  ...marks(),
  open: () => ({
    kind: 'wire',
    inject: ({ head, frames }, _call, around) => ({ head, frames: edit(frames, around) }),
  }),
});
const hangs = meaning((_call, _next, { clock, signal }) => clock.never(signal));
const says = (part: Part) =>
  meaning(async () => ({
    kind: 'http',
    parts: (async function* () {
      yield part;
    })(),
  }));

describe('whose call it is', () => {
  const oneHost = (first: object, second: object): Roles => ({
    primary: { ...openai, ...first },
    backup: { ...openai, model: 'gpt-5-nano', ...second },
  });
  const asked: [string, Roles, string, Partial<CallBody>][] = [
    ['is told by the host', twoHosts, 'backup', {}],
    ['is told by the host, whatever model is asked for', twoHosts, 'backup', { model: 'gpt-5-mini' }],
    ['is told by the model on one host', oneHost({}, {}), 'backup', {}],
    ['is told by the key on one host', oneHost({}, { key_env: 'SECOND_KEY' }), 'backup', { model: 'gpt-5-mini' }],
    [
      'is told by the path on one host',
      oneHost({ base_url: 'https://gateway.test/a/v1' }, { base_url: 'https://gateway.test/b/v1' }),
      'backup',
      { model: 'gpt-5-mini' },
    ],
  ];
  it.each(asked)('%s', async (_, roles, role, said) => {
    const { ask, told } = open({ roles });
    expect((await ask(role, said)).text).toBe(answer);
    expect(told('call')).toMatchObject([{ role, model: said.model ?? roles[role]?.model, ask: 1, call: 'c1' }]);
  });

  it.each([
    ['a host of no role', { url: 'https://api.mistral.ai/v1/chat/completions' }, twoHosts],
    ['a model of no role on a shared host', {}, oneHost({ model: 'a' }, { model: 'b' })],
  ])('%s is refused, and told with what was asked for', async (_, other, roles) => {
    const { request, whole, events } = open({ roles });
    const to = { ...request('primary', { model: 'gpt-4o' }), ...other };
    expect(await failure(whole(to))).toEqual(new NetworkFailure('refused'));
    const { origin, pathname: path } = new URL(to.url);
    const role = { protocol: 'openai-chat', base_url: `${origin}/v1` };
    expect(events).toEqual([
      { kind: 'unknown-call', ask: 1, task: scope.task, method: 'POST', origin, path, model: 'gpt-4o', ...role, at: 0 },
    ]);
  });

  it('nobody’s: a call outside any task makes the run worthless', async () => {
    const { request, stand, events } = open();
    const outside = stand.transport(() => undefined);
    expect(await failure(outside(request('primary')))).toEqual(new NetworkFailure('refused'));
    expect(events).toMatchObject([{ kind: 'real-io', fatal: true, by: 'https://api.openai.com' }]);
  });
});

describe('a request no provider would take', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  it.each([
    ['a path nobody serves', 'primary', { url: `${openai.base_url}/models` }, 404, 'model_not_found'],
    ['another protocol', 'primary', { url: `${openai.base_url}/v1/messages` }, 404, 'model_not_found'],
    ['no JSON', 'primary', { body: bytes('{"model":') }, 400, 'unknown'],
    ['no JSON, to the other', 'backup', { body: bytes('') }, 400, 'unknown'],
  ] as const)(
    '%s is refused as its provider would, and no fault fires',
    async (_, role, other, status, failure_mode) => {
      const { request, whole, events } = open({ faults: [marks(), marks({ role: 'backup' })] });
      const reply = await whole({ ...request(role), ...other });
      expect(reply.status).toBe(status);
      const error = expect.objectContaining({ type: expect.any(String), message: expect.any(String) });
      expect(JSON.parse(reply.body)).toMatchObject(role === 'primary' ? { error } : { type: 'error', error });
      expect(events).toMatchObject([
        { kind: 'call', role, attempt: 1 },
        { kind: 'unscripted-call', why: expect.any(String) },
        { kind: 'call-head', status },
        { kind: 'call-end', how: 'complete', status, failure_mode, tokens: { input: 0, output: 0 }, cost_usd: 0 },
      ]);
    },
  );

  it('is known by its model where that can be read', async () => {
    const { whole, request, told } = open({ roles: { primary: openai, backup: { ...openai, model: 'gpt-5-nano' } } });
    const reply = await whole({ ...request('backup'), body: bytes('{"model":"gpt-5-nano","messages":[]}') });
    expect(reply.status).toBe(400);
    expect(told('call')).toMatchObject([{ role: 'backup', model: 'gpt-5-nano' }]);
  });
});

describe.each(['primary', 'backup'])('a scripted reply of the %s', (role) => {
  it('says the same to a retry, streamed or not', async () => {
    const { ask, told } = open();
    const replies = [await ask(role), await ask(role), await ask(role, { stream: true })];
    expect(replies.map(({ text }) => text)).toEqual([answer, answer, answer]);
    expect(replies.map(({ chunks }) => chunks > 1)).toEqual([false, false, true]);
    expect(told('call').map(({ attempt, stream }) => [attempt, stream])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(told('call-end').map(({ how, failure_mode }) => [how, failure_mode])).toEqual(
      Array(3).fill(['complete', null]),
    );
  });

  it('has a first token only where it is streamed, between head and end', async () => {
    const plain = open();
    await plain.ask(role);
    expect(plain.events.map(({ kind }) => kind)).toEqual(['call', 'call-head', 'call-end']);
    const streamed = open();
    await streamed.ask(role, { stream: true });
    expect(streamed.events.map(({ kind }) => kind)).toEqual(['call', 'call-head', 'first-token', 'call-end']);
    const [, head, token, end] = streamed.events.map(({ at }) => at);
    expect(token).toBe(head);
    expect(end).toBeGreaterThan(token ?? 0);
    // Whole or in pieces, the last word comes equally late.
    expect(end).toBe(plain.events.at(-1)?.at);
  });

  it('counts and prices its tokens, by estimate where the wire does not count them', async () => {
    const price = { input: 1000, output: 2000 };
    const { ask, told } = open({ roles: { primary: { ...openai, price }, backup: { ...anthropic, price } } });
    await ask(role);
    await ask(role, { stream: true, wishes: { include_usage: true } });
    await ask(role, { stream: true });
    const tokens = { input: estimateTokens(question), output: estimateTokens(answer) };
    const cost_usd = (tokens.input * 1000 + tokens.output * 2000) / 1e6;
    for (const end of told('call-end')) expect(end).toMatchObject({ tokens, cost_usd });
  });

  it('is the same for the same seed', async () => {
    const run = async (seed: number) => {
      const { ask, events } = open({ seed });
      return [await ask(role, { stream: true }), events];
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });
});

describe('a caller that leaves', () => {
  const reason = new Error('gone home');
  const nothing = { tokens: { input: 0, output: 0 }, cost_usd: 0 };

  it.each([
    ['on the way', 10, []],
    ['while the model thinks', 200, []],
    ['while nothing ever comes', 100_000, [hangs]],
  ])('before the head, %s: gets its own reason, and pays nothing', async (_, ms, faults) => {
    const { request, send, wait, clock, events } = open({ faults });
    const left = new AbortController();
    clock.schedule(ms, () => left.abort(reason));
    expect(await wait(failure(send(request('primary'), left.signal)))).toBe(reason);
    expect(events).toMatchObject([{ kind: 'call' }, { kind: 'call-abort', call: 'c1', at: ms, ...nothing }]);
    expect(clock.size).toBe(0);
  });

  it('before it asked is no call', async () => {
    const { request, send, events } = open();
    expect(await failure(send(request('primary'), AbortSignal.abort(reason)))).toBe(reason);
    expect(events).toEqual([]);
  });

  /** Opens a stream and reads `frames` pieces of it. */
  async function begin(frames: number, faults: ArmedFault[] = []) {
    const seen = open({ faults });
    const left = new AbortController();
    const reply = await seen.wait(seen.send(seen.request('primary', { stream: true }), left.signal));
    const chunks = reply.body[Symbol.asyncIterator]();
    const read: Uint8Array[] = [];
    for (let i = 0; i < frames; i++) {
      const next = await seen.wait(chunks.next());
      if (!next.done) read.push(next.value);
    }
    return { ...seen, left, reply, chunks, said: partsOf(reply, read) };
  }

  it('in the body, by reading no further: pays for what was said', async () => {
    const { chunks, events, said } = await begin(4);
    await chunks.return?.();
    const text = said.map((p) => (p.type === 'text-delta' ? p.text : '')).join('');
    expect(text).not.toBe('');
    const tokens = { input: estimateTokens(question), output: estimateTokens(text) };
    expect(events.at(-1)).toMatchObject({ kind: 'call-abort', tokens, cost_usd: costOf(openai, tokens) });
  });

  it('in the body: how it came along until then', async () => {
    const drips = wire(async function* (frames, { clock }) {
      let gap = 0;
      for await (const frame of frames) {
        gap += 100;
        await clock.sleep(gap);
        yield frame;
      }
    });
    const { events, left, wait, clock, chunks } = await begin(4, [drips]);
    await wait(clock.sleep(70));
    const next = failure(chunks.next());
    left.abort(reason);
    await next;
    // The first piece of the stream only opens it; the pace of the model adds a few milliseconds.
    const { flow } = events.find((e) => e.kind === 'call-abort') ?? {};
    expect(flow).toMatchObject({ pieces: 3, idle_ms: 70 });
    expect(Math.floor((flow?.longest_gap_ms ?? 0) / 100)).toBe(4);
  });

  it('in the body, by its signal: is told at once', async () => {
    const { chunks, events, left, clock } = await begin(4);
    const next = failure(chunks.next());
    left.abort(reason);
    expect(await next).toBe(reason);
    expect(events.at(-1)).toMatchObject({ kind: 'call-abort', at: clock.now() });
    expect(clock.size).toBe(0);
  });

  it('after the head, without a look at the body', async () => {
    const { chunks, events } = await begin(0);
    await chunks.return?.();
    expect(events.map(({ kind }) => kind)).toEqual(['call', 'call-head', 'call-abort']);
    expect(events.at(-1)).not.toHaveProperty('flow');
  });

  it('without a look at the body of an error on which a fault stands: it was answered, at the wire’s own pace', async () => {
    const slow = wire(async function* (frames, { clock }) {
      for await (const frame of frames) {
        await clock.sleep(1000);
        yield frame;
      }
    });
    const refused = says({ type: 'error', mode: 'rate_limit', message: 'slow down' });
    const { request, send, wait, clock, events, told } = open({ faults: [slow, refused] });
    const { body } = await wait(send(request('primary')));
    const at = clock.now();
    await wait(clock.sleep(5000));
    expect(events.map(({ kind }) => kind)).toEqual(['call', 'call-head', 'call-end']);
    const end = { how: 'complete', status: 429, failure_mode: 'rate_limit', at: at + 1000 };
    expect(told('call-end')).toMatchObject([end]);
    // It waits for whoever comes later.
    expect(await wait(readAll({ status: 429, headers: [], body }))).toMatchObject({ chunks: 1 });
    expect(events).toHaveLength(3);
  });

  it('without a look at the body of an error that is cut: nobody is told, and the call has its end', async () => {
    // biome-ignore lint/correctness/useYield: it breaks before there is anything
    const cut = wire(async function* () {
      throw new NetworkFailure('reset');
    });
    const refused = says({ type: 'error', mode: 'rate_limit', message: 'slow down' });
    const { request, send, wait, clock, told } = open({ faults: [cut, refused] });
    const { body } = await wait(send(request('primary')));
    await wait(clock.sleep(10));
    expect(told('call-end')).toMatchObject([{ how: 'reset', status: 429, failure_mode: 'network' }]);
    expect(await wait(failure(readAll({ status: 429, headers: [], body })))).toBeInstanceOf(NetworkFailure);
  });

  it('after the end was said has missed nothing', async () => {
    const { reply, chunks, said, events, wait } = await begin(4);
    while (!said.some(({ type }) => type === 'end')) {
      const next = await wait(chunks.next());
      if (next.done) throw new Error('read to the end');
      said.push(...partsOf(reply, [next.value]));
    }
    await chunks.return?.();
    expect(events.at(-1)).toMatchObject({ kind: 'call-end', how: 'complete', failure_mode: null });
  });

  it('after the end was said, while it waits for what is still to come, has not', async () => {
    const withheld = wire(async function* (frames, { clock, signal }) {
      for await (const frame of frames) {
        if (new TextDecoder().decode(frame.wire).includes('[DONE]')) await clock.never(signal);
        yield frame;
      }
    });
    const { chunks, events, left, wait, clock } = await begin(4, [withheld]);
    const rest = async () => {
      while (!(await chunks.next()).done);
    };
    clock.schedule(60_000, () => left.abort(reason));
    expect(await wait(failure(rest()))).toBe(reason);
    expect(events.at(-1)).toMatchObject({ kind: 'call-abort', at: clock.now() });
  });

  it.each([true, false])('without reading an error (streamed: %s): the call ended all the same', async (stream) => {
    const faults = [says({ type: 'error', mode: 'rate_limit', message: 'slow down' })];
    const { request, send, wait, events } = open({ faults });
    expect(await wait(send(request('primary', { stream })))).toMatchObject({ status: 429 });
    expect(events.at(-1)).toMatchObject({ kind: 'call-end', how: 'complete', status: 429, failure_mode: 'rate_limit' });
  });
});

describe('a reply that fails', () => {
  it.each(['refused', 'reset', 'closed'] as const)('before the head: %s', async (how) => {
    const { ask, events } = open({ faults: [meaning(async () => ({ kind: 'none', how }))] });
    expect(await failure(ask('primary'))).toEqual(new NetworkFailure(how));
    expect(events.at(-1)).toMatchObject({ kind: 'call-end', how, status: null, failure_mode: 'network' });
  });

  it.each([true, false])('by an injection that breaks off (streamed: %s)', async (stream) => {
    const breaks = meaning(async () => ({
      kind: 'http',
      parts: (async function* () {
        yield { type: 'text-delta', text: 'On Sun' } as const;
        throw new NetworkFailure('reset');
      })(),
    }));
    const { ask, events } = open({ faults: [breaks] });
    expect(await failure(ask('primary', { stream }))).toEqual(new NetworkFailure('reset'));
    const status = stream ? 200 : null;
    expect(events.at(-1)).toMatchObject({ kind: 'call-end', how: 'reset', status, failure_mode: 'network' });
  });

  it('in the middle, by a cut on the wire', async () => {
    const cut = wire(async function* (frames) {
      let left = 3;
      for await (const frame of frames) {
        if (left-- === 0) throw new NetworkFailure('reset');
        yield frame;
      }
    });
    const { ask, told } = open({ faults: [cut] });
    expect(await failure(ask('primary', { stream: true }))).toEqual(new NetworkFailure('reset'));
    expect(told('first-token')).toHaveLength(1);
    expect(told('call-end')).toMatchObject([{ how: 'reset', status: 200, failure_mode: 'network' }]);
    expect(told('call-end')[0]?.tokens.output).toBeGreaterThan(0);
  });

  it('by a clean end that says nothing of it', async () => {
    const short = wire(async function* (frames) {
      let left = 3;
      for await (const frame of frames) if (left-- > 0) yield frame;
    });
    const { ask, told } = open({ faults: [short] });
    await ask('primary', { stream: true });
    expect(told('call-end')).toMatchObject([{ how: 'closed', status: 200, failure_mode: 'truncated' }]);
  });

  it.each([
    ['length', 'truncated'],
    ['content-filter', 'safety_block'],
    ['refusal', 'safety_block'],
    ['tool-calls', null],
  ] as const)('by what its end means: %s', async (reason, failure_mode) => {
    const { ask, told } = open({ faults: [says({ type: 'end', reason })] });
    await ask('primary');
    expect(told('call-end')).toMatchObject([{ how: 'complete', status: 200, failure_mode }]);
  });
});

describe('faults fire', () => {
  /** Three asks call the primary twice each, one after the other. Returns `ask/attempt` of the calls that were hit. */
  async function hits(fault: ArmedFault): Promise<string[]> {
    const { ask, play, told } = open({ faults: [fault] });
    for (const number of [1, 2, 3]) {
      play(number);
      const by = { ask: number, task: number === 2 ? 'other' : 'opening_hours', tenant: number === 3 ? 'zoo' : 'acme' };
      await ask('primary', {}, by);
      await ask('primary', {}, by);
    }
    const calls = new Map(told('call').map((c) => [c.call, `${c.ask}/${c.attempt}`]));
    return told('fault-fired').map((fired) => calls.get(fired.call) ?? '');
  }
  const all = ['1/1', '1/2', '2/1', '2/2', '3/1', '3/2'];

  it.each<[string, Spec, string[]]>([
    ['on every call of its role', {}, all],
    ['on no call of another role', { role: 'backup' }, []],
    ['by the call of each ask', { when: { calls: [2] } }, ['1/2', '2/2', '3/2']],
    ['by the call of the role', { when: { calls: [1, 4], per: 'role' } }, ['1/1', '2/2']],
    ['for some tasks', { tasks: ['other'] }, ['2/1', '2/2']],
    ['for some tenants', { tenants: ['zoo', 'nobody'] }, ['3/1', '3/2']],
    ['never', { when: { probability: 0 } }, []],
    ['always', { when: { probability: 1 } }, all],
  ])('%s', async (_, spec, expected) => {
    expect(await hits(marks(spec))).toEqual(expected);
  });

  it('by chance: some, and the same for the same seed', async () => {
    const some = await hits(marks({ when: { probability: 0.5 } }));
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBeLessThan(6);
    expect(await hits(marks({ when: { probability: 0.5 } }))).toEqual(some);
  });

  it('with chance of their own, apart from the one that made them fire', async () => {
    const drawn: number[] = [];
    const draws = meaning(
      (call, next, around) => {
        drawn.push(around.random.next());
        return next(call);
      },
      { when: { probability: 0.2 } },
    );
    const { ask } = open({ faults: [draws] });
    for (let i = 0; i < 60; i++) await ask('primary');
    expect(drawn.length).toBeGreaterThan(3);
    expect(Math.max(...drawn)).toBeGreaterThan(0.2);
  });

  it('in a window that counts from the beginning of the phase, and not in the next phase', async () => {
    const { stand, clock, ask, wait, told } = open({ faults: [] });
    await wait(clock.sleep(60_000));
    stand.begin([marks({ when: { from_ms: 5000, to_ms: 10_000 } })]);
    await ask('primary');
    await wait(clock.sleep(65_000 - clock.now()));
    await ask('primary');
    await wait(clock.sleep(70_000 - clock.now()));
    await ask('primary');
    expect(told('fault-fired')).toMatchObject([{ call: 'c2', task: scope.task, detail: 'was here' }]);
    stand.begin([]);
    await ask('primary');
    expect(told('fault-fired')).toHaveLength(1);
  });

  it('until the phase is over, and further where the next one arms that role as well', async () => {
    const { stand, ask, told } = open({ faults: [marks({ fault: 'of-role' })] });
    stand.end([marks({})]);
    await ask('primary');
    expect(told('fault-fired')).toHaveLength(1);
    stand.end([marks({ role: 'backup' })]);
    await ask('primary');
    expect(told('fault-fired')).toHaveLength(1);
  });

  it('by counts of which the one per role begins anew with each phase', async () => {
    const { stand, ask, told } = open();
    await ask('primary');
    stand.begin([marks({ fault: 'of-role', when: { calls: [1], per: 'role' } }), marks({ when: { calls: [1] } })]);
    await ask('primary');
    expect(told('fault-fired')).toMatchObject([{ call: 'c2', fault: 'of-role' }]);
  });

  it('on calls counted with those that were refused', async () => {
    const faults = [marks({ fault: 'of-role', when: { calls: [2], per: 'role' } }), marks({ when: { calls: [2] } })];
    const { whole, request, ask, told } = open({ faults });
    await whole({ ...request('primary'), body: new Uint8Array() });
    await ask('primary');
    expect(told('fault-fired').map(({ fault }) => fault)).toEqual(['of-role', 'marks']);
  });

  it('from the outside in, the first one nearest to the caller', async () => {
    const shouts = (fault: string, mark: string) =>
      meaning(
        async (call, next, around) => {
          around.fired(fault);
          const reply = await next(call);
          if (reply.kind === 'none') return reply;
          async function* louder(parts: AsyncIterable<Part>): AsyncGenerator<Part> {
            for await (const part of parts)
              yield part.type === 'text-delta' ? { ...part, text: part.text + mark } : part;
          }
          return { ...reply, parts: louder(reply.parts) };
        },
        { fault },
      );
    const { ask, told } = open({ faults: [shouts('outer', '!'), shouts('inner', '?')] });
    expect((await ask('primary')).text).toBe(`${answer}?!`);
    expect(told('fault-fired').map(({ fault }) => fault)).toEqual(['outer', 'inner']);
  });

  it('on a call of their own: what one does to it shows in no call that is equal to it', async () => {
    const talksOn = meaning((call, next) => {
      call.messages.push({ role: 'assistant', content: 'Said by a fault.' });
      return next(call);
    });
    const { ask, told } = open({ faults: [talksOn] });
    for (const _ of [1, 2]) await ask('primary');
    expect(told('call').map(({ turn, input_tokens }) => [turn, input_tokens])).toEqual([
      [1, estimateTokens(question)],
      [1, estimateTokens(question)],
    ]);
  });

  it('with a memory per tenant', async () => {
    const opened: number[] = [];
    const counts = (): Injection => {
      const nth = opened.push(0) - 1;
      const inject: MeaningInjection = (call, next) => {
        opened[nth] = (opened[nth] ?? 0) + 1;
        return next(call);
      };
      return { kind: 'meaning', inject };
    };
    const { ask } = open({ faults: [{ ...marks(), open: counts }] });
    for (const tenant of ['acme', 'zoo', 'acme']) await ask('primary', {}, { ...scope, tenant });
    expect(opened).toEqual([2, 1]);
  });
});

describe('an answer composed for a task that has none', () => {
  const task = {
    must_include: ['10 am', { any_of: ['public holidays', 'bank holidays'] }, { pattern: '(?i)sunday' }],
  } satisfies Partial<GoldenTask>;
  const schema = (properties: Record<string, unknown>, more: object = {}) => {
    const required = Object.keys(properties);
    const asked: Record<string, unknown> = {
      type: 'object',
      properties,
      required,
      additionalProperties: false,
      ...more,
    };
    return { responseSchema: { name: 'answer', schema: asked } };
  };
  const text = { type: 'string' };

  it('says every demanded phrase and cites every source', async () => {
    const { text: said } = await open({ task }).ask('primary');
    expect(said).toContain('10 am');
    expect(said).toContain('public holidays');
    expect(said).toContain('The shop opens at 10 am on Sunday. [hours_v2]');
    expect(said).toContain('On public holidays the shop stays closed. [holidays_v1]');
    expect(said).not.toContain('bank holidays');
    expect(said).not.toContain('# Hours');
  });

  it('takes the shape the call asks for, with prose and citations in their places', async () => {
    const asked = schema({
      answer: text,
      citations: { type: 'array', items: text },
      confidence: { type: 'number', minimum: 0, maximum: 1 },
      safe_to_send: { type: 'boolean' },
      tone: { type: 'string', enum: ['plain', 'warm'] },
      version: { const: 2 },
      missing_information: { type: 'array', items: text },
      handover: { type: 'null' },
    });
    const prose = (await open({ task }).ask('primary')).text;
    const quoted = schema({ sources: { type: 'array', items: { type: 'object', properties: { id: text } } } });
    expect(JSON.parse((await open({ task }).ask('primary', quoted)).text)).toEqual({
      sources: [{ id: 'hours_v2' }, { id: 'holidays_v1' }],
    });
    expect(JSON.parse((await open({ task }).ask('primary', asked)).text)).toEqual({
      answer: prose,
      citations: ['hours_v2', 'holidays_v1'],
      confidence: 1,
      safe_to_send: true,
      tone: 'plain',
      version: 2,
      missing_information: [],
      handover: null,
    });
  });

  it.each<[string, Record<string, unknown>, object?]>([
    ['nothing', {}],
    [
      'what may be null',
      { note: { anyOf: [{ type: 'number' }, { type: 'null' }] }, more: { type: ['integer', 'null'] } },
    ],
    ['one of several', { by: { oneOf: [{ type: 'object', properties: { name: text }, required: ['name'] }, text] } }],
    ['lists that may not be empty', { steps: { type: 'array', items: text, minItems: 2 } }],
    ['citations as objects', { citations: { type: 'array', items: { type: 'object', properties: { id: text } } } }],
    ['what is defined elsewhere', { step: { $ref: '#/$defs/step' } }, { $defs: { step: { type: 'boolean' } } }],
  ])('fits the schema: %s', async (_, properties, more) => {
    const asked = schema(properties, more);
    const { text: said } = await open({ task }).ask('primary', asked);
    const { errors } = new Validator(asked.responseSchema.schema, '2020-12').validate(JSON.parse(said));
    expect(errors).toEqual([]);
  });

  it('ends where a schema holds itself', async () => {
    const next = { anyOf: [{ $ref: '#/$defs/step' }, { type: 'null' }] };
    const step = { type: 'object', properties: { next }, required: ['next'] };
    const asked = schema({ first: { $ref: '#/$defs/step' } }, { $defs: { step } });
    expect(JSON.parse((await open({ task }).ask('primary', asked)).text)).toEqual({ first: { next: null } });
    const endless = schema({ again: { $ref: '#' } });
    expect((await open({ task }).ask('primary', endless)).status).toBe(200);
  });

  it('leaves a canonical answer as it is', async () => {
    const whole = { answer, citations: ['hours_v2'], confidence: 'high' };
    const asked = schema({ answer: text, citations: { type: 'array', items: text }, confidence: text });
    const naming: CallBody['messages'] = [{ role: 'user', content: 'Reply in JSON: answer, citations, confidence.' }];
    const prose = open({ task: { answer } });
    expect(JSON.parse((await prose.ask('primary', asked)).text)).toMatchObject({ answer });
    for (const schemaFields of [[], Object.keys(whole)]) {
      const structured = open({ task: { answer: whole }, schemaFields });
      expect(JSON.parse((await structured.ask('primary', asked)).text)).toEqual(whole);
      expect(JSON.parse((await structured.ask('primary', { messages: naming })).text)).toEqual(whole);
      expect((await structured.ask('primary')).text).toBe(answer);
    }
  });
});
