import { describe, expect, test } from 'vitest';
import { type ErrorPart, NetworkFailure, type Part, type Transport } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import { type Capabilities, createAdapter } from './adapter.ts';
import { HandClock } from './hand-clock.fixture.ts';
import type { ModelRequest } from './model-adapter.ts';
import { provider, says } from './provider.fixture.ts';

const ABLE: Capabilities = { tools: true, jsonSchema: true, maxContextTokens: 10_000 };
const REQUEST: ModelRequest = {
  taskId: 't1',
  tenantId: 'acme',
  messages: [{ role: 'user', content: 'Hello?' }],
  maxOutputTokens: 100,
  temperature: 0,
  timeoutMs: 1000,
};
const LOOKUP = { name: 'lookup', description: 'finds', parameters: { type: 'object', properties: {} } };
const SCHEMA = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};

describe.each(protocols.map((p) => [p.name, p] as const))('over %s', (_, protocol) => {
  const endpoint = { provider: 'acme-ai', base_url: 'https://ai.test/v1', model: 'm-1', api_key: 'key' };
  function stage(
    reply: Parameters<typeof provider>[2],
    capabilities: Partial<Capabilities> = {},
    price?: { input: number; output: number },
  ) {
    const clock = new HandClock();
    const server = provider(protocol, clock, reply);
    const adapter = createAdapter({
      protocol,
      transport: server.transport,
      clock,
      endpoint,
      capabilities: { ...ABLE, ...capabilities },
      ...(price && { price }),
    });
    const call = (request: Partial<ModelRequest> = {}, signal?: AbortSignal) =>
      clock.drive(adapter.call({ ...REQUEST, ...request }, signal));
    return { clock, server, adapter, call };
  }

  test('attaches model and provider, normalises usage and finish reason', async () => {
    const { call, clock } = stage(() => says('Hi.'), {}, { input: 1, output: 10 });
    expect(await call()).toEqual({
      provider: 'acme-ai',
      model: 'm-1',
      status: 'ok',
      text: 'Hi.',
      finishReason: 'stop',
      usage: { inputTokens: 1000, outputTokens: 100, costUsd: 0.002 },
      latencyMs: 100,
    });
    expect(clock.size).toBe(0);
  });

  test('converts tool schemas out and tool calls back, and tool results out again', async () => {
    const { call, server } = stage(() => [
      { type: 'tool-call', id: 'c1', name: 'lookup' },
      { type: 'tool-call-delta', id: 'c1', arguments: '{"id":991}' },
      { type: 'end', reason: 'tool-calls' },
    ]);
    const first = await call({ tools: [LOOKUP] });
    expect(first).toMatchObject({ status: 'ok', finishReason: 'tool-calls' });
    expect(first.toolCalls?.map((c) => [c.name, JSON.parse(c.arguments)])).toEqual([['lookup', { id: 991 }]]);
    expect(server.calls[0]?.body.tools).toEqual([LOOKUP]);

    const toolCalls = first.toolCalls ?? [];
    const id = toolCalls[0]?.id ?? '';
    const messages = [
      ...REQUEST.messages,
      { role: 'assistant' as const, content: '', toolCalls },
      { role: 'tool' as const, content: 'paid', toolCallId: id },
    ];
    await call({ tools: [LOOKUP], messages });
    expect(server.calls[1]?.body.messages.at(-1)).toMatchObject({ role: 'tool', content: 'paid', toolCallId: id });
  });

  test('a call of a tool that was not offered is a tool mismatch', async () => {
    const { call } = stage(() => [
      { type: 'tool-call', id: 'c1', name: 'delete_all' },
      { type: 'tool-call-delta', id: 'c1', arguments: '{}' },
      { type: 'end', reason: 'tool-calls' },
    ]);
    expect(await call({ tools: [LOOKUP] })).toMatchObject({ status: 'failed', failureMode: 'tool_mismatch' });
  });

  test('what it cannot serve is refused before anything is sent', async () => {
    const { call, server } = stage(() => says('Hi.'), { tools: false });
    expect(await call({ tools: [LOOKUP] })).toMatchObject({ failureMode: 'tool_mismatch', latencyMs: 0 });
    const messages = [{ role: 'user' as const, content: 'x'.repeat(40_000) }];
    expect(await call({ messages })).toMatchObject({ failureMode: 'context_overflow', latencyMs: 0 });
    expect(server.calls).toHaveLength(0);
  });

  test('asks for the schema and validates against it', async () => {
    const good = stage(() => says('{"answer":"yes"}'));
    expect(await good.call({ responseSchema: SCHEMA })).toMatchObject({ status: 'ok', json: { answer: 'yes' } });
    expect(good.server.calls[0]?.body.responseSchema?.schema).toEqual(SCHEMA);
    for (const text of ['yes', '{"message":"yes"}', '{"answer":"yes"} '.repeat(2)]) {
      const bad = await stage(() => says(text)).call({ responseSchema: SCHEMA });
      expect(bad).toMatchObject({ status: 'invalid_schema', failureMode: 'schema_error', text });
      expect(bad).not.toHaveProperty('json');
    }
  });

  test('tells the schema in words where the endpoint knows none', async () => {
    const { call, server } = stage(() => says('{"answer":"yes"}'), { jsonSchema: false });
    expect(await call({ responseSchema: SCHEMA })).toMatchObject({ status: 'ok' });
    const body = server.calls[0]?.body;
    expect(body?.responseSchema).toBeUndefined();
    expect(body?.messages[0]).toMatchObject({ role: 'system', content: expect.stringContaining('"answer"') });
  });

  test('sends a temperature only where it is accepted', async () => {
    const without = stage(() => says('Hi.'));
    await without.call();
    expect(without.server.calls[0]?.body.temperature).toBeUndefined();
    const withIt = stage(() => says('Hi.'), { temperature: true });
    await withIt.call();
    expect(withIt.server.calls[0]?.body.temperature).toBe(0);
  });

  test.each([
    ['rate_limit', 'rate_limited'],
    ['overloaded', 'failed'],
    ['server_error', 'failed'],
    ['auth', 'failed'],
    ['model_not_found', 'failed'],
    ['context_overflow', 'failed'],
  ] as const)('an error of mode %s becomes %s', async (mode, status) => {
    const error: ErrorPart = { type: 'error', mode, message: 'no', retryAfter: { ms: 3000, as: 'seconds' } };
    expect(await stage(() => [error]).call()).toMatchObject({ status, failureMode: mode });
  });

  test.each(['seconds', 'http-date'] as const)('reads Retry-After in %s', async (as) => {
    const error: ErrorPart = { type: 'error', mode: 'rate_limit', message: 'slow down', retryAfter: { ms: 3000, as } };
    const { retryAfterMs = 0 } = await stage(() => [error]).call();
    expect(retryAfterMs).toBeGreaterThanOrEqual(3000);
    expect(retryAfterMs).toBeLessThanOrEqual(4000);
  });

  test.each<[string, Part[], string]>([
    [
      'a refusal',
      [
        { type: 'refusal-delta', text: 'I will not.' },
        { type: 'end', reason: 'refusal' },
      ],
      'safety_block',
    ],
    [
      'a cut at the token limit',
      [
        { type: 'text-delta', text: '{"ans' },
        { type: 'end', reason: 'length' },
      ],
      'truncated',
    ],
    ['an empty answer', [{ type: 'end', reason: 'stop' }], 'malformed_response'],
  ])('%s is %3$s', async (_, parts, mode) => {
    expect(await stage(() => parts).call({ responseSchema: SCHEMA })).toMatchObject({ failureMode: mode });
  });

  test.each(['refused', 'reset', 'closed'] as const)('a connection that is %s is a network failure', async (how) => {
    expect(await stage(() => how).call()).toMatchObject({ status: 'failed', failureMode: 'network' });
  });

  test('a hang ends at the timeout: the call is left and no timer stays', async () => {
    const { call, clock, server } = stage(() => 'hang');
    expect(await call({ timeoutMs: 750 })).toMatchObject({ status: 'timeout', latencyMs: 750 });
    expect([clock.now(), server.left, clock.size]).toEqual([750, 1, 0]);
  });

  test('a body that stalls counts into the same timeout', async () => {
    const clock = new HandClock();
    async function* stalling(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('{');
      await clock.never(signal);
    }
    const transport: Transport = async (_request, signal) => ({ status: 200, headers: [], body: stalling(signal) });
    const adapter = createAdapter({ protocol, transport, clock, endpoint, capabilities: ABLE });
    expect(await clock.drive(adapter.call(REQUEST))).toMatchObject({ status: 'timeout', latencyMs: 1000 });
  });

  test('a cut inside the body is never an answer', async () => {
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield new TextEncoder().encode('{"choices":[');
      throw new NetworkFailure('reset');
    }
    const clock = new HandClock();
    const transport: Transport = async () => ({ status: 200, headers: [], body: cut() });
    const adapter = createAdapter({ protocol, transport, clock, endpoint, capabilities: ABLE });
    expect(await clock.drive(adapter.call(REQUEST))).toMatchObject({ status: 'failed', failureMode: 'network' });
  });

  test('a caller who leaves gets the reason, and the provider sees it', async () => {
    const { call, server, clock } = stage(() => 'hang');
    const controller = new AbortController();
    const left = call({}, controller.signal);
    controller.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect([server.left, clock.size]).toEqual([1, 0]);
  });
});
