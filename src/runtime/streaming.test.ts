import { describe, expect, test } from 'vitest';
import { createRandom } from '../core/random.ts';
import { NetworkFailure, type Part, type Transport } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import { createAdapter } from './adapter.ts';
import { failover } from './failover.ts';
import { HandClock } from './hand-clock.fixture.ts';
import type { ModelRequest } from './model-adapter.ts';
import { provider } from './provider.fixture.ts';
import { scripted } from './scripted-adapter.fixture.ts';

const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};
const REQUEST: ModelRequest = {
  ...{ taskId: 't1', tenantId: 'acme', messages: [{ role: 'user', content: 'x'.repeat(4000) }] },
  ...{ maxOutputTokens: 100, temperature: 0, timeoutMs: 1000, stream: true },
};
const text = (...pieces: string[]): Part[] => pieces.map((piece) => ({ type: 'text-delta', text: piece }));
const END: Part[] = [
  { type: 'usage', input: 1000, output: 100 },
  { type: 'end', reason: 'stop' },
];
const EIGHT = text('Th', 'e ', 'an', 'sw', 'er', ' i', 's ', '42');
const comment = new TextEncoder().encode(': keep-alive\n\n');

type Rest = (clock: HandClock, leave: AbortSignal | undefined) => AsyncGenerator<Uint8Array>;

/** The same with something else in the place of all that comes from `OFF` on. */
const cut =
  (transport: Transport, rest: (leave: AbortSignal | undefined) => AsyncGenerator<Uint8Array>): Transport =>
  async (request, signal) => {
    const reply = await transport(request, signal);
    async function* body(): AsyncGenerator<Uint8Array> {
      for await (const bytes of reply.body) {
        if (new TextDecoder().decode(bytes).includes(OFF)) break;
        yield bytes;
      }
      yield* rest(signal);
    }
    return { ...reply, body: body() };
  };
const OFF = '>8';
const reset: Rest = async function* () {
  yield new Uint8Array();
  throw new NetworkFailure('reset');
};

describe.each(protocols.map((p) => [p.name, p] as const))('a stream of %s', (_, protocol) => {
  function stage(parts: readonly Part[], gapMs = 0, rest?: Rest) {
    const clock = new HandClock();
    const server = provider(protocol, clock, () => parts, 100, gapMs);
    const endpoint = { provider: 'acme-ai', base_url: 'https://ai.test/v1', model: 'm-1', api_key: 'key' };
    const capabilities = { tools: true, jsonSchema: true, maxContextTokens: 10_000 };
    const price = { input: 1, output: 10 };
    const transport = rest === undefined ? server.transport : cut(server.transport, (leave) => rest(clock, leave));
    const adapter = createAdapter({ protocol, transport, clock, endpoint, capabilities, price });
    const call = (more: Partial<ModelRequest> = {}) => clock.drive(adapter.call({ ...REQUEST, ...more }));
    return { clock, server, call };
  }

  test('is asked for, counted, and handed out whole', async () => {
    const { call, server, clock } = stage([...EIGHT, ...END]);
    const usage = { inputTokens: 1000, outputTokens: 100, costUsd: 0.002 };
    expect(await call()).toMatchObject({ status: 'ok', text: 'The answer is 42', finishReason: 'stop', usage });
    expect(server.calls.map(({ body }) => body.stream)).toEqual([true]);
    expect(clock.size).toBe(0);
  });

  test('may take longer than a piece of it, while it flows', async () => {
    const { call, clock } = stage([...EIGHT, ...END], 200);
    expect(await call()).toMatchObject({ status: 'ok', text: 'The answer is 42' });
    expect(clock.now()).toBeGreaterThan(1500);
  });

  test('and no longer than all of it may take', async () => {
    const { call, clock } = stage([...EIGHT, ...END], 200);
    expect(await call({ streamMs: 1200 })).toMatchObject({ status: 'timeout', latencyMs: 1200 });
    expect(clock.size).toBe(0);
  });

  test('that stands still is left, and what came of it is on the bill', async () => {
    const { call, clock } = stage([...EIGHT, ...END], 1001);
    const result = await call();
    expect(result).toMatchObject({ status: 'timeout', failureMode: 'timeout' });
    expect(clock.size).toBe(0);
    // The first piece may come with the head.
    const { text = '', usage } = result;
    expect('The answer is 42'.startsWith(text)).toBe(true);
    expect(usage?.costUsd ?? 0).toBeCloseTo(text === '' ? 0 : 0.001, 3);
  });

  test('that breaks is no answer, and what came of it is on the bill', async () => {
    const { call } = stage([...text('Hello', 'Hello', OFF), ...END], 0, reset);
    const result = await call();
    expect(result).toMatchObject({ status: 'failed', failureMode: 'network', text: 'HelloHello' });
    expect(result.usage).toMatchObject({ outputTokens: 3, inputTokens: expect.closeTo(1000, -2) });
  });

  test('that ends without its end is cut', async () => {
    async function* nothing(): AsyncGenerator<Uint8Array> {}
    const { call } = stage([...text('Hello', 'Hello', OFF), ...END], 0, nothing);
    expect(await call()).toMatchObject({ status: 'failed', failureMode: 'truncated', text: 'HelloHello' });
  });

  test('of which nothing but comments comes any more stands still', async () => {
    const comments: Rest = async function* (clock, leave) {
      for (;;) {
        await clock.sleep(200, leave);
        yield comment;
      }
    };
    const { call } = stage([...text('Hello', OFF), ...END], 0, comments);
    expect(await call()).toMatchObject({ status: 'timeout', text: 'Hello', latencyMs: 1100 });
  });

  test('that breaks after its end lacks nothing', async () => {
    const { call } = stage([...EIGHT, ...END], 0, reset);
    expect(await call()).toMatchObject({ status: 'ok', text: 'The answer is 42', usage: { outputTokens: 100 } });
  });

  test('says its error inside, first or midway', async () => {
    const error: Part = { type: 'error', mode: 'overloaded', message: 'busy', inBand: true };
    expect(await stage([error]).call()).toMatchObject({ failureMode: 'overloaded' });
    expect(await stage([...text('Hello'), error]).call()).toMatchObject({ failureMode: 'overloaded', text: 'Hello' });
  });

  test('whose pieces are swapped or doubled is no structured answer', async () => {
    const [first, second, third] = ['{"answer":"You ', 'may send it back', '."}'];
    const answer = (...pieces: string[]) => stage([...text(...pieces), ...END]).call({ responseSchema: SCHEMA });
    expect(await answer(first, second, third)).toMatchObject({ json: { answer: 'You may send it back.' } });
    // What is left from the first brace on would be an answer, and half of one.
    expect(await answer(second, first, third)).toMatchObject({ failureMode: 'schema_error' });
    expect(await answer(first, first, second, third)).toMatchObject({ failureMode: 'schema_error' });
    expect(await answer('```json\n', first, second, third, '\n```')).toMatchObject({ status: 'ok' });
  });
});

test('what flows may have half of the time, however many roles could come after it; what hangs has its share', async () => {
  const clock = new HandClock();
  const chain = ['primary', 'backup', 'reserve'].map((role) => ({ role, adapter: scripted(role, clock, ['hang']) }));
  const run = failover({ chain, clock, random: createRandom(7) });
  const contract = { deadlineMs: 12_000, retries: 0 as const, whenAllFail: 'honest_failure' as const };
  const { timeoutMs: _, ...payload } = REQUEST;
  const asked = async (stream: boolean) => {
    await clock.drive(run({ taskId: 't', tenantId: 'a', payload: () => ({ ...payload, stream }), contract }));
    return chain.map(({ adapter }) => adapter.calls.at(-1)?.request);
  };
  const [first, , last] = await asked(true);
  expect(first).toMatchObject({ timeoutMs: expect.closeTo(3916, -3), streamMs: 6000 });
  expect(last?.streamMs).toBe(last?.timeoutMs);
  expect((await asked(false)).map((request) => request?.streamMs)).toEqual([undefined, undefined, undefined]);
});
