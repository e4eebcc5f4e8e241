import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { FaultUse } from '../core/drill.ts';
import type { ModelCall } from '../core/model-call.ts';
import type { Fault } from '../core/plugin.ts';
import type { Part } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import { faults } from './index.ts';
import { leaping, onWire, type ReplyKind, still, toldBy, useTool } from './trial.fixture.ts';

const named = (name: string): Fault => {
  const fault = faults.find((f) => f.name === name);
  if (fault === undefined) throw new Error(`no fault ${name}`);
  return fault;
};

it('lists faults by name, each once', () => {
  const names = faults.map((f) => f.name);
  expect(names).toEqual([...new Set(names)].sort());
});

it('says what it does to a reply; of some, the parameters decide', () => {
  const effects = (name: string, ...params: unknown[]) => params.map((one) => named(name).effectOf(one));
  expect(effects('hang', undefined, {})).toEqual(['fails', 'fails']);
  expect(effects('context-overflow', undefined, { max_input_tokens: 100 })).toEqual(['fails', 'limits']);
  expect(effects('capacity', {}, { concurrency: 0 })).toEqual(['limits', 'fails']);
  expect(() => effects('capacity', { concurrency: -1 })).toThrow();
});

const REFUND = { id: 'call_1', name: 'issue_refund', arguments: '{"order_id":"991","amount":40}' };

/** What a fault needs to have something to break; the others break any answer. */
const OCCASIONS: Record<string, { params?: object; says?: ReplyKind; asked?: Partial<ModelCall> }> = {
  'asks-again': {
    params: { asks_for: 'issue_refund' },
    asked: {
      messages: [
        { role: 'user', content: 'Hi' },
        ...[{ role: 'assistant' as const, content: '', toolCalls: [REFUND] }],
        { role: 'tool', content: '{"ok":true}', toolCallId: REFUND.id },
      ],
    },
  },
  capacity: { params: { concurrency: 0 } },
  'bad-arguments': { says: 'call' },
  'other-arguments': { says: 'call' },
  stall: { params: { for_ms: 5000 } },
  'forbidden-call': { params: { asks_for: 'delete_customer' } },
  'schema-drift': { says: 'structured' },
  'tools-as-prose': { says: 'call' },
  'tools-ignored': { says: 'call' },
  'unknown-tool': { says: 'call' },
};

describe.each(faults)('$name', (fault) => {
  it('has strict parameters, each described and bounded', () => {
    expect(() => fault.arm({ nonsense: 1 })).toThrow();
    const schema = z
      .object({ properties: z.record(z.string(), z.looseObject({})).default({}) })
      .parse(z.toJSONSchema(fault.params, { io: 'input' }));
    for (const field of Object.values(schema.properties)) {
      expect(field['description']).toBeTypeOf('string');
      if (field['type'] === 'integer' || field['type'] === 'number')
        expect([field['minimum'] ?? field['enum'], field['maximum'] ?? field['enum']]).not.toContain(undefined);
    }
  });

  it('arms with its own example, in a place of its kind, and with its defaults unless it needs to be told something', () => {
    const { fault: name, role, tool, ...params } = FaultUse.parse(parse(fault.example));
    expect([name, (fault.kind === 'tool' ? tool : role) !== undefined]).toEqual([fault.name, true]);
    fault.arm(params);
    if (!['forbidden-call', 'asks-again'].includes(fault.name)) fault.arm(undefined);
  });

  it('says in one line what it does', () => {
    expect(fault.summary).toMatch(/^[^\n]{10,120}\.$/);
  });
});

describe.each(faults.filter((f) => f.kind !== 'tool'))('$name', (fault) => {
  const { params = {}, says = 'prose', asked = {} } = OCCASIONS[fault.name] ?? {};
  const streams = fault.needsOf(params) === 'stream';
  const ways = streams ? [true] : [true, false];
  const wires = protocols.flatMap((protocol) => ways.map((stream) => ({ protocol, stream, says, asked })));

  it.runIf(streams).each(protocols)('leaves a reply of $name that is not streamed alone', async (protocol) => {
    const { fired, reply } = onWire(fault, params, { protocol, stream: false, says, asked });
    expect(await reply).toEqual(await onWire(undefined, {}, { protocol, stream: false, says, asked }).reply);
    expect(fired).toEqual([]);
  });

  describe.each(wires)('on the wire of $protocol.name, stream: $stream', (wire) => {
    it('says once that it acted, before it acts', async () => {
      const { fired, reply } = onWire(fault, params, wire);
      await Promise.race([reply, new Promise((resolve) => setImmediate(resolve))]);
      expect(fired).toHaveLength(1);
    });

    it('does the same for the same seed', async () => {
      if (fault.name === 'hang') return;
      const once = onWire(fault, params, { ...wire, clock: leaping() });
      const again = onWire(fault, params, { ...wire, clock: leaping() });
      expect(await again.reply).toEqual(await once.reply);
      expect(again.fired).toEqual(once.fired);
    });

    it('does something that a client sees, and a client sees what it is said to do', async () => {
      if (fault.name === 'hang') return;
      const { reply } = onWire(fault, params, { ...wire, clock: leaping() });
      const { heard, meant, broke, at, pieces } = await reply;
      const usual = await onWire(undefined, {}, wire).reply;
      if (fault.effectOf(params) === 'odd' && fault.kind === 'wire') {
        expect([seenBy(heard), broke]).toEqual([seenBy(usual.heard), usual.broke]);
        expect(pieces).not.toEqual(usual.pieces);
        return;
      }
      const told = seenBy(heard);
      expect([told, broke, at.at(-1)]).not.toEqual([seenBy(usual.heard), usual.broke, usual.at.at(-1)]);
      // Who garbles bytes does not say all of what is left of them.
      if (fault.kind === 'meaning') expect(told).toEqual(seenBy(meant));
    });

    it('lets a caller leave, with the reason it left for', async () => {
      const left = new AbortController();
      const { reply } = onWire(fault, params, { ...wire, signal: left.signal });
      const reason = new Error('gone home');
      left.abort(reason);
      const ended = await reply.then(
        () => 'answered',
        (error: unknown) => error,
      );
      expect([reason, 'answered']).toContain(ended);
    });

    const { magnitude } = fault;
    if (magnitude === undefined) return;
    it('at zero it does nothing, byte for byte and in the same time, and does not claim to', async () => {
      const { param, zero } = magnitude;
      const { fired, reply } = onWire(fault, { ...params, [param]: zero }, { ...wire, clock: leaping(), paceMs: 10 });
      expect(await reply).toEqual(await onWire(undefined, {}, { ...wire, clock: leaping(), paceMs: 10 }).reply);
      expect(fired).toEqual([]);
    });
  });
});

/** Anthropic has one word for a model that declines and a filter that stops it, and says empty arguments by saying none. */
function seenBy(parts: readonly Part[]) {
  const told = toldBy(parts);
  const calls = told.calls.map((call) => ({ ...call, args: call.args === '{}' ? '' : call.args }));
  return { ...told, calls, end: told.end.replace('content-filter', 'refusal') };
}

describe.each(faults.filter((f) => f.kind === 'tool'))('$name', (fault) => {
  it('says once that it acted', async () => {
    const { fired } = await useTool(fault, {}, { ok: true, value: { id: 1 } });
    expect(fired).toHaveLength(1);
  });
});

/** How the provider of an API says its failures: headers of a rate limit, then the bodies. */
const VOICES: Record<
  string,
  { headers: object; id?: string; limited: object; failed: object; busy: [number, object] }
> = {
  openai: {
    headers: { 'x-request-id': 'req_c1', 'x-ratelimit-remaining-requests': '0' },
    id: 'x-request-id',
    limited: { error: { type: 'requests', code: 'rate_limit_exceeded', param: null } },
    failed: { type: 'server_error' },
    busy: [503, { code: 'server_is_overloaded' }],
  },
  anthropic: {
    headers: { 'request-id': 'req_c1', 'anthropic-ratelimit-requests-remaining': '0' },
    id: 'request-id',
    limited: { type: 'error', error: { type: 'rate_limit_error' }, request_id: 'req_c1' },
    failed: { type: 'api_error' },
    busy: [529, { type: 'overloaded_error' }],
  },
  google: {
    headers: {},
    limited: { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } },
    failed: { code: 500, status: 'INTERNAL' },
    busy: [503, { status: 'UNAVAILABLE' }],
  },
};

describe.each(protocols)('what arrives in $name', (protocol) => {
  async function arrives(name: string, params: unknown) {
    const { head, pieces } = await onWire(named(name), params, { protocol, stream: true }).reply;
    return { status: head?.status, headers: Object.fromEntries(head?.headers ?? []), body: pieces.join('') };
  }
  const voice = VOICES[protocol.api];
  if (voice === undefined) throw new Error(`nobody knows how ${protocol.api} says its failures`);
  const byHeader = it.runIf(protocol.waitIn === undefined);

  it('is a rate limit', async () => {
    const { status, headers, body } = await arrives('rate-limited', { retry_after_ms: 2000 });
    expect(status).toBe(429);
    const told = protocol.waitIn === undefined ? { 'retry-after': '2' } : {};
    expect(headers).toMatchObject({ ...told, 'content-type': 'application/json', ...voice.headers });
    expect(headers).not.toHaveProperty('x-should-retry');
    expect(JSON.parse(body)).toMatchObject(voice.limited);
  });

  byHeader('never tells anyone to come back too early', async () => {
    const { headers } = await arrives('rate-limited', { retry_after_ms: 1200 });
    expect(headers['retry-after']).toBe('2');
    expect(headers['retry-after-ms']).toBe(protocol.api === 'openai' ? '1200' : undefined);
  });

  byHeader('is a rate limit with Retry-After as a date, or without one', async () => {
    const dated = await arrives('rate-limited', { retry_after_ms: 90_000, retry_after_as: 'http-date' });
    expect(dated.headers['retry-after']).toBe(new Date(still.epochMs + 90_000).toUTCString());
    const bare = await arrives('rate-limited', { retry_after_as: 'absent' });
    expect(bare.status).toBe(429);
    expect(bare.headers).not.toHaveProperty('retry-after');
  });

  byHeader('is a rate limit with a Retry-After of years, gone by, of nothing, or that is no time', async () => {
    const told = async (params: object) => (await arrives('rate-limited', params)).headers['retry-after'];
    expect(await told({ retry_after_ms: 315_360_000_000 })).toBe('315360000');
    expect(await told({ retry_after_ms: 0 })).toBe('0');
    for (const retry_after_ms of [0, 90_000]) {
      const date = await told({ retry_after_ms, retry_after_as: 'past' });
      expect(Date.parse(date ?? '')).toBe(still.epochMs - Math.max(1000, retry_after_ms));
    }
    expect(await told({ retry_after_as: 'garbage' })).toBe('soon');
  });

  it("is the provider's own 500, and its gateway's page for the others", async () => {
    const own = await arrives('server-error', {});
    expect(own.status).toBe(500);
    expect(JSON.parse(own.body)).toMatchObject({ error: voice.failed });
    for (const status of [502, 503, 504]) {
      const page = await arrives('server-error', { status });
      expect(page.status).toBe(status);
      expect(page.headers['content-type']).toContain('text/html');
      if (voice.id !== undefined) expect(page.headers).not.toHaveProperty(voice.id);
    }
    expect(() => named('server-error').arm({ status: 404 })).toThrow();
  });

  it("is the provider's own word that it is overloaded", async () => {
    const { status, headers, body } = await arrives('overloaded', {});
    const [usual, error] = voice.busy;
    expect(status).toBe(usual);
    expect(headers).not.toHaveProperty('retry-after');
    expect(JSON.parse(body)).toMatchObject({ error });
  });
});
