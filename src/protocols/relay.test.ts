import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RecordedReply, recordedReplies, recordedReply } from '../../fixtures/replies/index.ts';
import type { ModelCall } from '../core/model-call.ts';
import type { WireReplyInParts } from '../core/plugin.ts';
import type { Protocol } from '../core/protocol.ts';
import { type Frame, header, NetworkFailure, type Part, type Reply } from '../core/wire.ts';
import { anthropicMessages, openaiChat, openaiResponses } from './index.ts';
import { concat, fromUtf8 } from './json.ts';
import { type Armed, respond, type Source } from './relay.ts';

const call: ModelCall = {
  id: 'c1',
  role: 'primary',
  provider: 'p',
  protocol: 'p',
  ask: 1,
  task: 't',
  tenant: 'acme',
  attempt: 1,
  turn: 1,
  model: 'm-1',
  messages: [],
  tools: [],
  stream: true,
  wishes: { include_usage: true, version: '2023-06-01' },
};
const stamp = { id: 'c1', atMs: Date.UTC(2026, 10, 17, 9, 12, 45) };
const nothing: Armed = { meaning: [], wire: [] };

async function* chunks(body: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}
async function* listed(parts: Part[]): AsyncGenerator<Part> {
  yield* parts;
}
const recordedSource = (r: RecordedReply, size?: number): Source => ({
  kind: 'bytes',
  head: r.head,
  body: chunks(r.body, size),
});

/** An injection that maps every part. */
const mapped =
  (edit: (part: Part) => Part[]): Armed['meaning'][number] =>
  async (asked, next) => {
    const reply = await next(asked);
    if (reply.kind === 'none') return reply;
    const edited = async function* () {
      for await (const part of reply.parts) yield* edit(part);
    };
    return { kind: 'http', parts: edited() };
  };
/** An injection that edits the frames as a list, which is enough for tests. */
const onFrames =
  (
    edit: (
      frames: AsyncIterable<WireReplyInParts['frames'] extends AsyncIterable<infer F> ? F : never>,
    ) => WireReplyInParts['frames'],
  ) =>
  ({ head, frames }: WireReplyInParts): WireReplyInParts => ({ head, frames: edit(frames) });

/** What arrives at the client: the bytes, how they ended, and what its decoder makes of them. */
async function received(protocol: Protocol, source: Source, armed: Armed) {
  const delivery = await respond(protocol, call, stamp, async () => source, armed);
  if (delivery.kind === 'none') throw new Error('no reply');
  const decoder = protocol.decoder(delivery.head, stamp.atMs);
  const wires: Uint8Array[] = [];
  const parts: Part[] = [];
  let broke: unknown;
  try {
    for await (const frame of delivery.frames) {
      wires.push(frame.wire);
      for (const heard of decoder.push(frame.wire)) parts.push(...heard.parts);
    }
  } catch (error) {
    broke = error;
  }
  for (const heard of decoder.end()) parts.push(...heard.parts);
  return { head: delivery.head, wires, body: concat(wires), parts, broke };
}

const textOf = (parts: Part[]) => parts.map((p) => (p.type === 'text-delta' ? p.text : '')).join('');

describe.each([
  { protocol: openaiChat, provider: 'openai' as const },
  { protocol: openaiResponses, provider: 'openai-responses' as const },
  { protocol: anthropicMessages, provider: 'anthropic' as const },
])('a reply of $protocol.name', ({ protocol, provider }) => {
  const stream = recordedReply(provider, 'answer-stream');
  const tools = recordedReply(provider, 'tool-call-stream');

  it.each(recordedReplies(provider))(
    '$name passes byte for byte: unarmed, decoded, and through injections that do nothing',
    async (reply) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 400 }), async (size) => {
          for (const armed of [
            nothing,
            { meaning: [], wire: [(r: WireReplyInParts) => r] },
            { meaning: [mapped((p) => [p])], wire: [] },
          ]) {
            const got = await received(protocol, recordedSource(reply, size), armed);
            expect(got.body).toEqual(reply.body);
            expect(got.head).toEqual(reply.head);
          }
        }),
        { numRuns: 5 },
      );
    },
  );

  it('is not decoded while nothing is armed: chunks pass as they are', async () => {
    const { wires } = await received(protocol, recordedSource(stream, 7), nothing);
    expect(wires[0]).toHaveLength(7);
  });

  it('becomes a rate limit', async () => {
    const limited = async (): Promise<Reply> => ({
      kind: 'http',
      parts: listed([
        { type: 'error', mode: 'rate_limit', message: 'slow down', retryAfter: { ms: 4000, as: 'seconds' } },
      ]),
    });
    const got = await received(protocol, recordedSource(stream), { meaning: [limited], wire: [] });
    expect(got.head.status).toBe(429);
    expect(header(got.head.headers, 'retry-after')).toBe('4');
    expect(got.parts).toMatchObject([{ type: 'error', mode: 'rate_limit', retryAfter: { ms: 4000 } }]);
  });

  it('drifts on a stream: a renamed field arrives renamed, every other frame keeps its bytes', async () => {
    const rename = mapped((part) =>
      part.type === 'tool-call-delta' && part.arguments.includes('order')
        ? [{ ...part, arguments: part.arguments.replace('order', 'ticket') }]
        : [part],
    );
    const got = await received(protocol, recordedSource(tools), { meaning: [rename], wire: [] });
    const args = got.parts.map((p) => (p.type === 'tool-call-delta' ? p.arguments : '')).join('');
    expect(args).toContain('"ticket_id"');
    expect(args).not.toContain('order_id');
    const plain = await received(protocol, recordedSource(tools), { meaning: [], wire: [(r) => r] });
    const kept = new Set(plain.wires.map((w) => fromUtf8(w)));
    const ours = got.wires.map((w) => fromUtf8(w)).filter((w) => !kept.has(w));
    expect(got.parts.at(-1)?.type).toBe(plain.parts.at(-1)?.type);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.join('').length).toBeLessThan(got.body.length * 0.9);
  });

  it('keeps the recorded bytes of untouched frames after an edit of the first one', async () => {
    let edits = 0;
    const shout = mapped((p) =>
      p.type === 'text-delta' && edits++ === 0 ? [{ ...p, text: p.text.toUpperCase() }] : [p],
    );
    const got = await received(protocol, recordedSource(stream), { meaning: [shout], wire: [] });
    const plain = await received(protocol, recordedSource(stream), { meaning: [], wire: [(r) => r] });
    const kept = new Set(plain.wires.map((w) => fromUtf8(w)));
    const ours = got.wires.map((w) => fromUtf8(w)).filter((w) => !kept.has(w));
    // The events around the deltas of Responses repeat the text and the ids of its items.
    expect(ours.filter((w) => protocol !== openaiResponses || w.includes('.delta'))).toHaveLength(1);
    expect(textOf(got.parts)).toBe(textOf(plain.parts).replace('The', 'THE'));
  });

  it('stays readable whatever is dropped or put in between', async () => {
    for (const edit of [
      (p: Part): Part[] => (p.type === 'text-delta' ? [] : [p]),
      (p: Part): Part[] => (p.type === 'text-delta' ? [{ type: 'text-delta', text: 'um, ' }, p] : [p]),
      (p: Part): Part[] => (p.type === 'usage' ? [{ ...p, output: 9_999 }] : [p]),
      (p: Part): Part[] => (p.type === 'end' ? [{ type: 'end', reason: 'length' }] : [p]),
      (p: Part): Part[] => (p.type.startsWith('tool-call') ? [] : [p.type === 'end' ? { ...p, reason: 'stop' } : p]),
    ]) {
      const wanted: Part[] = [];
      const noted = mapped((p) => {
        const parts = edit(p);
        wanted.push(...parts);
        return parts;
      });
      const got = await received(protocol, recordedSource(tools), { meaning: [noted], wire: [] });
      expect(got.parts).toEqual(wanted);
    }
  });

  it('hears an error put into the stream', async () => {
    let heard = 0;
    const failing = mapped((p) =>
      p.type === 'text-delta' && ++heard === 3
        ? [{ type: 'error', mode: 'overloaded', message: 'prompt busy', inBand: true }]
        : heard < 3 || p.type !== 'text-delta'
          ? [p]
          : [],
    );
    const got = await received(protocol, recordedSource(stream), { meaning: [failing], wire: [] });
    expect(got.head.status).toBe(200);
    const said = got.parts.filter((p) => p.type !== 'reasoning-delta');
    expect(said.map((p) => p.type)).toEqual(['text-delta', 'text-delta', 'error']);
    expect(got.parts.at(-1)).toMatchObject({ mode: 'overloaded', inBand: true });
  });

  it('survives a split inside a character', async () => {
    const split = onFrames(async function* (frames) {
      for await (const { wire, parts } of frames) {
        const at = wire.findIndex((byte) => byte >= 0xc0) + 1;
        yield { wire: wire.subarray(0, at), parts: [] };
        yield { wire: wire.subarray(at), parts };
      }
    });
    const got = await received(protocol, recordedSource(stream), { meaning: [], wire: [split] });
    expect(got.body).toEqual(stream.body);
    expect(textOf(got.parts)).toContain('can’t promise a refund, but Zoë');
  });

  it('is found cut inside the arguments of a tool call', async () => {
    for (const failure of [undefined, new NetworkFailure('reset')]) {
      const cut = onFrames(async function* (frames) {
        for await (const frame of frames) {
          const inside = frame.parts.some((p) => p.type === 'tool-call-delta');
          yield inside ? { wire: frame.wire.subarray(0, frame.wire.length >> 1), parts: [] } : frame;
          if (inside && failure) throw failure;
          if (inside) return;
        }
      });
      const got = await received(protocol, recordedSource(tools), { meaning: [], wire: [cut] });
      expect(got.broke).toBe(failure);
      expect(got.parts.at(-1)).toMatchObject({ type: 'error', mode: 'truncated' });
      expect(got.parts.some((p) => p.type === 'tool-call')).toBe(true);
    }
  });

  it('is scripted as parts, through both kinds of injection', async () => {
    const script: Part[] = [
      { type: 'text-delta', text: 'Yes – ' },
      { type: 'usage', input: 3, output: 1 },
      { type: 'end', reason: 'stop' },
    ];
    const source: Source = { kind: 'parts', reply: { kind: 'http', parts: listed(script) } };
    let frames = 0;
    const counting = onFrames(async function* (all) {
      for await (const frame of all) {
        frames++;
        yield frame;
      }
    });
    const more = mapped((p) => (p.type === 'text-delta' ? [p, { type: 'text-delta', text: 'no' }] : [p]));
    const got = await received(protocol, source, { meaning: [more], wire: [counting] });
    expect(textOf(got.parts)).toBe('Yes – no');
    expect(frames).toBeGreaterThan(4);
  });

  it('pulls nothing before it is asked, beyond the first part', async () => {
    let pulled = 0;
    const slow = async function* (): AsyncGenerator<Part> {
      for (const text of ['a', 'b', 'c']) {
        pulled++;
        yield { type: 'text-delta', text };
      }
    };
    const source: Source = { kind: 'parts', reply: { kind: 'http', parts: slow() } };
    const delivery = await respond(protocol, call, stamp, async () => source, nothing);
    expect(pulled).toBe(1);
    if (delivery.kind === 'none') throw new Error('no reply');
    const iterator = delivery.frames[Symbol.asyncIterator]();
    await iterator.next();
    expect(pulled).toBe(1);
    await iterator.return?.();
  });

  it('breaks where its recorded bytes break, after what had arrived', async () => {
    const half = stream.body.length >> 1;
    const breaking = async function* () {
      yield stream.body.subarray(0, half);
      throw new NetworkFailure('reset');
    };
    for (const armed of [nothing, { meaning: [], wire: [(r: WireReplyInParts) => r] }]) {
      const got = await received(protocol, { kind: 'bytes', head: stream.head, body: breaking() }, armed);
      expect(got.broke).toBeInstanceOf(NetworkFailure);
      expect(got.body).toEqual(stream.body.subarray(0, half));
    }
  });

  it('may be no reply at all', async () => {
    const none = { kind: 'none', how: 'refused' } as const;
    expect(await respond(protocol, call, stamp, async () => ({ kind: 'parts', reply: none }), nothing)).toEqual(none);
  });

  it('runs injections from the outside in, and lets them change the call', async () => {
    const order: string[] = [];
    const step =
      (name: string): Armed['meaning'][number] =>
      (asked, next) => {
        order.push(name);
        return next({ ...asked, model: `${asked.model}+${name}` });
      };
    await respond(
      protocol,
      call,
      stamp,
      async (asked) => {
        order.push(asked.model);
        return recordedSource(stream);
      },
      { meaning: [step('outer'), step('inner')], wire: [] },
    );
    expect(order).toEqual(['outer', 'inner', 'm-1+outer+inner']);
  });
});

it('a packed reply passes as it came, and what it says is read beside it; for a fault it is unpacked', async () => {
  const { head, body } = recordedReply('openai', 'answer-stream');
  const packed = gzipSync(body);
  const headers = [...head.headers, ['content-encoding', 'gzip'] as const];
  const sent = { ...head, length: packed.length, headers };
  const said = async (armed: Armed) => {
    const source: Source = { kind: 'bytes', head: sent, body: chunks(packed, 100) };
    const delivery = await respond(openaiChat, call, stamp, async () => source, armed);
    if (delivery.kind === 'none') throw new Error('no reply');
    const frames: Frame[] = [];
    for await (const frame of delivery.frames) frames.push(frame);
    return {
      head: delivery.head,
      body: concat(frames.map(({ wire }) => wire)),
      text: textOf(frames.flatMap(({ parts }) => parts)),
    };
  };
  const untouched = await said(nothing);
  expect(untouched.body).toEqual(new Uint8Array(packed));
  expect(untouched.head).toEqual(sent);
  const changed = await said({ meaning: [mapped((p) => [p])], wire: [] });
  expect(changed.body).toEqual(body);
  expect(changed.head).toEqual(head);
  const { parts } = await received(openaiChat, { kind: 'bytes', head, body: chunks(body) }, nothing);
  expect([untouched.text, changed.text]).toEqual([textOf(parts), textOf(parts)]);
  expect(untouched.text).not.toBe('');
});
