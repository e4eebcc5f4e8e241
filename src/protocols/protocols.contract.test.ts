import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedReplies, recordedReply } from '../../fixtures/replies/index.ts';
import type { Protocol } from '../core/protocol.ts';
import { FailureMode } from '../core/taxonomy.ts';
import { type ErrorPart, type Frame, type Head, header, type Part } from '../core/wire.ts';
import { anthropicMessages, gemini, openaiChat, openaiResponses, protocols } from './index.ts';
import { concat, fromUtf8, utf8 } from './json.ts';

const NOW = Date.UTC(2026, 10, 17, 9, 12, 45);
const stamp = { id: 'c1', atMs: NOW };

function decodeAll(protocol: Protocol, head: Head, body: Uint8Array, sizes: number[] = [body.length || 1]): Frame[] {
  const decoder = protocol.decoder(head, NOW);
  const frames: Frame[] = [];
  for (let at = 0, i = 0; at < body.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    frames.push(...decoder.push(body.subarray(at, at + size)));
    at += size;
  }
  return [...frames, ...decoder.end()];
}

function encodeAll(protocol: Protocol, stream: boolean, parts: Part[], version = '2023-06-01') {
  const encoder = protocol.encoder(
    { model: 'm-1', stream, wishes: { include_usage: true, version, asked: ASKED } },
    stamp,
  );
  const head = encoder.head(parts[0]);
  const frames = [...parts.flatMap((p) => encoder.push(p)), ...encoder.end()];
  return { head, frames, body: concat(frames.map((f) => f.wire)) };
}

/** OpenAI Responses tells and seals thoughts only where they are asked for. */
const ASKED = JSON.stringify({ reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'] });

const partsOf = (frames: Frame[]): Part[] => frames.flatMap((f) => f.parts);

/** Adjacent deltas of a kind said as one, the counts before the end: what both ends of a wire must agree on. */
function canonical(parts: Part[]): Part[] {
  const out: Part[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (last?.type === 'text-delta' && part.type === 'text-delta')
      out.splice(-1, 1, { ...last, text: last.text + part.text });
    else if (last?.type === 'refusal-delta' && part.type === 'refusal-delta')
      out.splice(-1, 1, { ...last, text: last.text + part.text });
    else if (last?.type === 'tool-call-delta' && part.type === 'tool-call-delta' && last.id === part.id)
      out.splice(-1, 1, { ...last, arguments: last.arguments + part.arguments });
    else if (last?.type === 'reasoning-delta' && part.type === 'reasoning-delta')
      out.splice(-1, 1, { ...last, ...part, text: last.text + part.text });
    else if (part.type === 'usage' && last?.type === 'end') out.splice(-1, 1, part, last);
    else out.push(part);
  }
  return out;
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const usage = fc.record({ type: fc.constant('usage' as const), input: fc.nat(9999), output: fc.nat(9999) });
const textParts = fc.array(
  text.map((t): Part => ({ type: 'text-delta', text: t })),
  { minLength: 1, maxLength: 5 },
);
const toolParts = fc
  .array(
    fc.tuple(
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.dictionary(text, fc.jsonValue(), { minKeys: 1, maxKeys: 3 }),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((calls) =>
    calls.flatMap(([name, args], i): Part[] => {
      const json = JSON.stringify(args);
      // What every provider could have made.
      const id = `call0000${i}`;
      const deltas = [json.slice(0, 4), json.slice(4)].filter((piece) => piece !== '');
      return [
        { type: 'tool-call', id, name },
        ...deltas.map((piece): Part => ({ type: 'tool-call-delta', id, arguments: piece })),
      ];
    }),
  );
const answer = fc.oneof(
  fc
    .tuple(textParts, usage, fc.constantFrom('stop', 'length'))
    .map(([t, u, reason]): Part[] => [...t, u, { type: 'end', reason }]),
  fc
    .tuple(fc.option(textParts), toolParts, usage)
    .map(([t, c, u]): Part[] => [...(t ?? []), ...c, u, { type: 'end', reason: 'tool-calls' }]),
  fc
    .tuple(text, usage)
    .map(([t, u]): Part[] => [{ type: 'refusal-delta', text: t }, u, { type: 'end', reason: 'refusal' }]),
);

const cases = [
  { protocol: openaiChat, provider: 'openai' as const },
  { protocol: openaiResponses, provider: 'openai-responses' as const },
  { protocol: anthropicMessages, provider: 'anthropic' as const },
  { protocol: gemini, provider: 'gemini' as const },
];
/** What only one of them replies, or replies otherwise, and what it means. */
const OWN: Record<(typeof cases)[number]['provider'], Record<string, FailureMode>> = {
  openai: {
    'in-band-error': 'server_error',
    quota: 'quota_exhausted',
    region: 'regional_access',
    'gateway-502': 'server_error',
  },
  'openai-responses': {
    'in-band-error': 'server_error',
    quota: 'quota_exhausted',
    region: 'regional_access',
    'gateway-502': 'server_error',
  },
  anthropic: {
    'in-band-error': 'overloaded',
    credit: 'quota_exhausted',
    'spend-limit': 'quota_exhausted',
    'context-window': 'context_overflow',
  },
  gemini: {
    'in-band-error': 'overloaded',
    'array-error': 'overloaded',
    quota: 'quota_exhausted',
    'rate-limit-bare': 'rate_limit',
    region: 'regional_access',
    'bad-key': 'auth',
    model: 'model_not_found',
    deadline: 'timeout',
    'malformed-call': 'tool_mismatch',
  },
};
const chunking = fc.oneof(
  fc.constant<number[]>([1]),
  fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
);

it('lists its protocols by name', () => {
  expect(protocols.map((p) => p.name)).toEqual(['anthropic-messages', 'gemini', 'openai-chat', 'openai-responses']);
});

const voices = [
  ...cases.map(({ protocol }) => ({ protocol, voice: protocol.name, runs: 100 })),
  ...Object.entries(openaiChat.dialects ?? {}).map(([name, protocol]) => ({
    protocol,
    voice: `openai-chat at ${name}`,
    runs: 12,
  })),
];

describe.each(voices)('$voice', ({ protocol, runs }) => {
  it.each([true, false])('says what it was given (stream: %s)', (stream) => {
    fc.assert(
      fc.property(answer, fc.constantFrom('2023-06-01', '2026-10-21'), chunking, (parts, version, sizes) => {
        const { head, body, frames } = encodeAll(protocol, stream, parts, version);
        const read = partsOf(decodeAll(protocol, head, body, sizes));
        expect(canonical(read)).toEqual(canonical(parts));
        expect(canonical(partsOf(frames))).toEqual(canonical(parts));
      }),
      { numRuns: runs },
    );
  });

  const wireModes = FailureMode.options.filter(
    (mode) => !['network', 'truncated', 'malformed_response', 'quality_regression', 'cost_spike'].includes(mode),
  );
  it.each(wireModes)('says %s as an HTTP error, and it is understood', (mode) => {
    const part: ErrorPart = { type: 'error', mode, message: 'too bad', retryAfter: { ms: 3000, as: 'http-date' } };
    const { head, body, frames } = encodeAll(protocol, true, [part]);
    expect(head.status).toBeGreaterThanOrEqual(400);
    expect(partsOf(frames)).toEqual([part]);
    const [read] = partsOf(decodeAll(protocol, head, body));
    // Where the wait is told in the body, it is a duration.
    const retryAfter = protocol.waitIn === undefined ? part.retryAfter : { ms: 3000, as: 'seconds' };
    expect(read).toMatchObject({ type: 'error', mode, status: head.status, retryAfter });
    expect(read?.type === 'error' && read.message).toContain('too bad');
  });

  it.each(wireModes.filter((mode) => mode !== 'unknown'))('says %s inside a stream', (mode) => {
    const parts: Part[] = [
      { type: 'text-delta', text: 'Half an' },
      { type: 'error', mode, message: 'too bad', inBand: true },
    ];
    const { head, body } = encodeAll(protocol, true, parts);
    expect(head.status).toBe(200);
    const read = partsOf(decodeAll(protocol, head, body));
    expect(read).toMatchObject([parts[0], { type: 'error', mode, inBand: true }]);
    // One server says so after an error as well.
    if (protocol !== openaiChat.dialects?.['vllm'])
      expect(fromUtf8(body)).not.toMatch(/\[DONE\]|message_stop|response\.completed/);
  });

  it('says a truncated and an unreadable reply so that a client finds out', () => {
    const said: Part = { type: 'text-delta', text: 'Half an' };
    for (const mode of ['truncated', 'malformed_response'] as const) {
      const { head, body } = encodeAll(protocol, true, [said, { type: 'error', mode, message: '', inBand: true }]);
      expect(partsOf(decodeAll(protocol, head, body))).toMatchObject([said, { type: 'error', mode }]);
      const whole = encodeAll(protocol, false, [{ type: 'error', mode, message: '' }]);
      expect(whole.head.status).toBe(200);
      expect(partsOf(decodeAll(protocol, whole.head, whole.body))).toMatchObject([{ mode: 'malformed_response' }]);
    }
    const unfinished = encodeAll(protocol, true, [said]);
    expect(partsOf(decodeAll(protocol, unfinished.head, unfinished.body))).toMatchObject([said, { mode: 'truncated' }]);
  });

  it('hears a gateway page behind 502, 503 and 504', () => {
    for (const status of [502, 503, 504]) {
      const { head, body } = encodeAll(protocol, false, [
        { type: 'error', mode: 'server_error', message: 'x', status },
      ]);
      expect(header(head.headers, 'content-type')).toContain('text/html');
      expect(fromUtf8(body)).toContain('<html>');
      expect(partsOf(decodeAll(protocol, head, body))).toMatchObject([{ mode: 'server_error', status }]);
    }
  });

  it.each([
    ['an empty body', 'application/json', ''],
    ['a page', 'text/html', '<html>hello</html>'],
    ['broken JSON', 'application/json', '{"id": "x", '],
    ['an unknown error object', 'application/json', '{"error":{"message":"hm"}}'],
    ['no answer in it', 'application/json', '{"choices":[],"content":null}'],
    ['an empty stream', 'text/event-stream', ''],
    ['a stream of something else', 'text/event-stream; charset=utf-8', 'hello\n\n'],
    ['a broken event', 'text/event-stream', 'event: x\ndata: {"a":\n\n'],
  ])('calls %s malformed', (_, type, body) => {
    const head: Head = { status: 200, headers: [['Content-Type', type]], framing: 'close' };
    const frames = decodeAll(protocol, head, utf8(body));
    expect(partsOf(frames)).toMatchObject([{ type: 'error', mode: 'malformed_response' }]);
    expect(concat(frames.map((f) => f.wire))).toEqual(utf8(body));
  });

  it.each(['constructor', 'toString', '__proto__'])('knows no failure and no event by the name of %s', (word) => {
    const error = { message: 'hm', type: word, code: word, details: { error_code: word } };
    const failed: Head = { status: 500, headers: [], framing: 'close' };
    expect(partsOf(decodeAll(protocol, failed, utf8(JSON.stringify({ error }))))).toMatchObject([
      { mode: 'server_error', message: 'hm' },
    ]);
    const streamed: Head = { status: 200, headers: [['content-type', 'text/event-stream']], framing: 'close' };
    const event = utf8(`data: {"type":"${word}"}\n\n`);
    expect(partsOf(decodeAll(protocol, streamed, event))).toMatchObject([{ mode: 'truncated' }]);
  });

  it.each([
    ['retry-after-ms', '1500', { ms: 1500, as: 'seconds' }],
    ['Retry-After', '7', { ms: 7000, as: 'seconds' }],
    ['retry-after', 'Tue, 17 Nov 2026 09:13:15 GMT', { ms: 30_000, as: 'http-date' }],
    ['retry-after', 'Tue, 17 Nov 2026 09:00:00 GMT', { ms: 0, as: 'http-date' }],
    ['retry-after', 'soon', undefined],
  ])('reads %s: %s', (name, value, expected) => {
    const [read] = partsOf(
      decodeAll(protocol, { status: 429, headers: [[name, value]], framing: 'close' }, utf8('{}')),
    );
    expect(read).toMatchObject({ type: 'error', mode: 'rate_limit' });
    expect(read?.type === 'error' && read.retryAfter).toEqual(expected);
  });
});

describe.each(cases)('$protocol.name, as it was recorded', ({ protocol, provider }) => {
  describe.each(recordedReplies(provider))('the recorded reply $name', ({ name, head, body }) => {
    it('keeps its bytes and its meaning, however it is chunked', () => {
      const parts = partsOf(decodeAll(protocol, head, body));
      expect(parts.length).toBeGreaterThan(0);
      fc.assert(
        fc.property(chunking, (sizes) => {
          const frames = decodeAll(protocol, head, body, sizes);
          expect(concat(frames.map((f) => f.wire))).toEqual(body);
          expect(partsOf(frames)).toEqual(parts);
        }),
        { numRuns: 15 },
      );
    });

    it('means the same when written anew', () => {
      const parts = partsOf(decodeAll(protocol, head, body));
      const stream = name.includes('stream') || name === 'in-band-error' || name === 'keep-alive-crlf';
      const again = encodeAll(protocol, stream, parts, name.includes('2026') ? '2026-10-21' : '2023-06-01');
      const read = partsOf(decodeAll(protocol, again.head, again.body));
      expect(canonical(read)).toEqual(canonical(parts).map(asGatewayTells));
    });
  });

  it.each(
    Object.entries({
      answer: 'stop',
      'answer-stream': 'stop',
      'tool-call': 'tool-calls',
      'tool-call-stream': 'tool-calls',
      refusal: 'refusal',
      'refusal-stream': 'refusal',
      length: 'length',
    }),
  )('reads %s as ending with %s', (name, reason) => {
    const { head, body } = recordedReply(provider, name);
    expect(partsOf(decodeAll(protocol, head, body))).toContainEqual({ type: 'end', reason });
  });

  it.each(
    Object.entries({
      'rate-limit': 'rate_limit',
      'server-error': 'server_error',
      overloaded: 'overloaded',
      'context-overflow': 'context_overflow',
      'cut-stream': 'truncated',
      ...OWN[provider],
    }),
  )('reads %s as %s', (name, mode) => {
    const { head, body } = recordedReply(provider, name);
    expect(partsOf(decodeAll(protocol, head, body)).at(-1)).toMatchObject({ type: 'error', mode });
  });

  it('counts cached input as input', () => {
    const { head, body } = recordedReply(provider, 'answer-stream');
    const counted = partsOf(decodeAll(protocol, head, body)).filter((p) => p.type === 'usage');
    const output = provider === 'anthropic' ? 61 : 58;
    expect(counted).toMatchObject([{ type: 'usage', input: 412, output, cached: 256 }]);
  });

  it.runIf(provider !== 'gemini')('tells input that was to be kept, and reads it again', () => {
    const usage: Part = { type: 'usage', input: 500, output: 7, cached: 100, written: 200 };
    const parts: Part[] = [{ type: 'text-delta', text: 'Hi' }, usage, { type: 'end', reason: 'stop' }];
    for (const stream of [true, false]) {
      const { head, body } = encodeAll(protocol, stream, parts);
      expect(partsOf(decodeAll(protocol, head, body))).toContainEqual(usage);
    }
  });

  it('joins tool arguments over many deltas and calls', () => {
    const { head, body } = recordedReply(provider, 'tool-call-stream');
    const args = new Map<string, string>();
    for (const part of partsOf(decodeAll(protocol, head, body)))
      if (part.type === 'tool-call-delta') args.set(part.id, (args.get(part.id) ?? '') + part.arguments);
    expect([...args.values()].map((a) => JSON.parse(a))).toEqual([
      { order_id: '991', include: ['items', 'delivery'], note: 'Größe 42 – “wide fit”' },
      { topic: 'refunds' },
    ]);
  });
});

/** A page has no message of its own to keep. */
function asGatewayTells(part: Part): Part {
  return part.type === 'error' && part.mode === 'server_error' && part.status === 502
    ? { ...part, message: 'HTTP 502' }
    : part;
}

describe('the shape of a body', () => {
  const parts: Part[] = [
    { type: 'text-delta', text: 'Yes.' },
    { type: 'tool-call', id: 't1', name: 'look' },
    { type: 'usage', input: 5, output: 2 },
    { type: 'end', reason: 'tool-calls' },
  ];

  it('has no null before Anthropic 2026-10-21, and has them from then on', () => {
    for (const stream of [true, false]) {
      const old = fromUtf8(encodeAll(anthropicMessages, stream, parts, '2023-06-01').body);
      const now = fromUtf8(encodeAll(anthropicMessages, stream, parts, '2026-10-21').body);
      expect(old).not.toContain('null');
      for (const field of ['"citations":null', '"stop_details":null', '"container":null', '"diagnostics":null'])
        expect(now).toContain(field);
      expect(now).toContain('"caller":{"type":"direct"}');
    }
  });

  it('counts input at the start of an Anthropic stream where it is known by then', () => {
    const first: Part = { type: 'usage', input: 77, output: 0 };
    expect(fromUtf8(encodeAll(anthropicMessages, true, [first, ...parts]).body)).toMatch(
      /message_start.*"input_tokens":77/,
    );
  });

  it('has OpenAI usage in a chunk of its own, and only where it was asked for', () => {
    const asked = fromUtf8(encodeAll(openaiChat, true, parts).body);
    expect(asked).toMatch(/"choices":\[\],"usage":\{"prompt_tokens":5,.*\n\ndata: \[DONE\]\n\n$/);
    expect(asked).toContain('"usage":null');
    const encoder = openaiChat.encoder({ model: 'm-1', stream: true }, stamp);
    const unasked = fromUtf8(concat([...parts.flatMap((p) => encoder.push(p)), ...encoder.end()].map((f) => f.wire)));
    expect(unasked).not.toContain('usage');
  });

  it('is the same for the same stamp', () => {
    for (const protocol of protocols)
      expect(encodeAll(protocol, true, parts)).toEqual(encodeAll(protocol, true, parts));
  });

  it('does not leave an OpenAI refusal without words', () => {
    const { head, body } = encodeAll(openaiChat, true, [{ type: 'end', reason: 'refusal' }]);
    expect(partsOf(decodeAll(openaiChat, head, body)).map((p) => p.type)).toEqual(['refusal-delta', 'end']);
  });
});
