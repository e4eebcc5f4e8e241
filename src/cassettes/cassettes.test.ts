import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Recorded, recordedReplies } from '../../fixtures/replies/index.ts';
import { CASSETTE_SCHEMA, Cassette, type Take } from '../core/cassette.ts';
import { bodyOf, storedBody } from '../core/cassette-body.ts';
import type { CallBody, ModelCall } from '../core/model-call.ts';
import type { Protocol } from '../core/protocol.ts';
import type { CallOutside, ReplySource } from '../core/upstream.ts';
import type { Head, Part } from '../core/wire.ts';
import { anthropicMessages, gemini, openaiChat, openaiResponses } from '../protocols/index.ts';
import { concat, fromUtf8 } from '../protocols/json.ts';
import { createRedaction } from '../redaction/redact.ts';
import { VirtualClock } from '../world/virtual-clock.ts';
import { mergedCassette } from './merge.ts';
import { recording, Tape, takesOf } from './recording.ts';
import { replaying } from './replaying.ts';
import { keyOf, requestOf } from './request.ts';
import { cassetteText } from './write.ts';

const EPOCH_MS = 1_767_225_600_000;
const redaction = createRedaction();
const role = { provider: 'p', protocol: 'p', base_url: 'https://p.example/v1', model: 'm-1' };
const SPOKEN: [Protocol, Recorded][] = [
  [openaiChat, 'openai'],
  [openaiResponses, 'openai-responses'],
  [anthropicMessages, 'anthropic'],
  [gemini, 'gemini'],
];

function asked(protocol: Protocol, said: Partial<CallBody> = {}, n = 1): CallOutside {
  const body: CallBody = {
    ...{ protocol: protocol.name, model: 'm-1', tools: [], stream: true, maxOutputTokens: 100 },
    ...{
      messages: [{ role: 'user', content: 'When are you open?' }],
      wishes: { include_usage: true, version: '2023-06-01' },
    },
    ...said,
  };
  const call: ModelCall = {
    ...body,
    id: `c${n}`,
    role: 'primary',
    provider: 'p',
    ask: 1,
    task: 'hours',
    tenant: 'acme',
    attempt: n,
    turn: 1,
  };
  const request = protocol.writeCall(body, { base_url: role.base_url, api_key: 'k' });
  return { call, role, protocol, request, identity: false };
}

interface Chunk {
  after: number;
  bytes: Uint8Array;
}

/** Sends these chunks, each so many milliseconds after what came before it. */
const sending = (clock: VirtualClock, head: Head, chunks: readonly Chunk[]): ReplySource => ({
  async ask() {
    await clock.sleep(120);
    async function* body() {
      for (const { after, bytes } of chunks) {
        await clock.sleep(after);
        yield bytes;
      }
    }
    return { head, body: body() };
  },
});

async function stepped<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let over = false;
  work.then(
    () => (over = true),
    () => (over = true),
  );
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!over) clock.step();
  }
  return work;
}

async function heard(source: ReplySource, outside: CallOutside, clock: VirtualClock) {
  return stepped(
    clock,
    (async () => {
      const began = clock.now();
      const { head, body } = await source.ask(outside, undefined);
      const chunks: { at: number; bytes: Uint8Array }[] = [];
      for await (const bytes of body) chunks.push({ at: clock.now() - began, bytes });
      return { head, chunks, body: concat(chunks.map(({ bytes }) => bytes)) };
    })(),
  );
}

/** A reply through a tape, a file and back. */
async function through(outside: CallOutside, head: Head, chunks: readonly Chunk[], by = redaction) {
  const clock = new VirtualClock(EPOCH_MS);
  const tape = new Tape();
  const source = recording(sending(clock, head, chunks), tape, { clock, workflow: 'books', drill: 'down' });
  const live = await heard(source, outside, clock);
  const { taken, unsafe } = await takesOf(tape, { redaction: by, version: '1.0.0' });
  const takes = taken.map(({ take }) => take);
  const { cassette } = mergedCassette({ workflow: 'books', task: 'hours' }, [], {
    takes,
    drills: ['down'],
    whole: true,
  });
  const text = cassetteText(cassette);
  const read = Cassette.parse(parse(text));
  const again = async () => {
    const later = new VirtualClock(EPOCH_MS);
    return heard(replaying([read], { clock: later, redaction: by }), outside, later);
  };
  return { live, unsafe, text, take: read.takes[0], again };
}

const cutInto = (body: Uint8Array, size: number): Chunk[] =>
  Array.from({ length: Math.ceil(body.length / size) }, (_, i) => ({
    after: i === 0 ? 0 : 7,
    bytes: body.slice(i * size, (i + 1) * size),
  }));

describe.each(SPOKEN)('$name', (protocol, provider) => {
  it.each(recordedReplies(provider))(
    '$name comes back byte for byte, chunk for chunk, in its time',
    async ({ head, body }) => {
      for (const size of [64, 100_000]) {
        const { live, again } = await through(asked(protocol), head, cutInto(body, size));
        const [first, second] = [await again(), await again()];
        expect(fromUtf8(first.body)).toBe(redaction.text(fromUtf8(body)));
        expect(second).toEqual(first);
        if (redaction.text(fromUtf8(body)) !== fromUtf8(body)) continue;
        expect(first.chunks).toEqual(live.chunks);
        expect(first.head.status).toBe(head.status);
      }
    },
  );

  const MAIL = 'jane@shop.example';
  const SAYS: [string, Part[]][] = [
    [
      'what it says',
      ['write to ja', 'ne@sh', 'op.exam', 'ple, then wait'].map((text) => ({ type: 'text-delta', text })),
    ],
    [
      'what it calls a tool with',
      [
        { type: 'tool-call', id: 'call_1', name: 'send' },
        ...['{"to":"jane', '@shop', '.example"', ',"n":1}'].map((text) => ({
          type: 'tool-call-delta' as const,
          id: 'call_1',
          arguments: text,
        })),
      ],
    ],
  ];
  it.each(SAYS)('a secret in %s, across chunks and events, is in no cassette', async (_, parts) => {
    for (const stream of [true, false])
      for (const size of [11, 64, 100_000]) {
        const outside = asked(protocol, { stream });
        const encoder = protocol.encoder(outside.call, { id: 'abc', atMs: EPOCH_MS });
        const head = encoder.head(parts[0]);
        const all: Part[] = [
          ...parts,
          { type: 'usage', input: 3, output: 4 },
          { type: 'end', reason: parts.length > 4 ? 'tool-calls' : 'stop' },
        ];
        const frames = [...all.flatMap((part) => encoder.push(part)), ...encoder.end()];
        const { text, again, unsafe } = await through(
          outside,
          head,
          cutInto(concat(frames.map(({ wire }) => wire)), size),
        );
        expect(unsafe).toBe(0);
        for (const piece of ['jane', 'shop', 'exam']) expect(text).not.toContain(piece);
        const { body, chunks } = await again();
        expect(chunks.length).toBeLessThanOrEqual(Math.ceil(concat(frames.map(({ wire }) => wire)).length / size));
        const decoder = protocol.decoder(head, EPOCH_MS);
        const said = [...decoder.push(body), ...decoder.end()].flatMap((frame) => frame.parts);
        const words = said
          .map((part) => ('arguments' in part ? part.arguments : 'text' in part ? part.text : ''))
          .join('');
        expect(words).toBe(
          redaction.text(
            parts.map((part) => ('arguments' in part ? part.arguments : 'text' in part ? part.text : '')).join(''),
          ),
        );
        expect(words).toContain(redaction.text(MAIL));
        expect(said.some(({ type }) => type === 'end')).toBe(true);
      }
  });
});

describe('a request', () => {
  const key = (said: Partial<CallBody>, protocol = openaiChat) =>
    keyOf(requestOf(asked(protocol, said).call, redaction));
  const tool = { name: 'look', parameters: { type: 'object', properties: { a: {}, b: {} } } };
  const talk = (id: string, args: string): CallBody['messages'] => [
    { role: 'user', content: 'x' },
    { role: 'assistant', content: '', toolCalls: [{ id, name: 'look', arguments: args }] },
    { role: 'tool', content: 'seen', toolCallId: id },
  ];

  it('is the same whatever ids are drawn, whichever key comes first', () => {
    expect(key({ messages: talk('call_a8f', '{"a":1,"b":2}') })).toBe(
      key({ messages: talk('toolu_77', '{"b":2, "a":1}') }),
    );
    const turned = { ...tool, parameters: { properties: { b: {}, a: {} }, type: 'object' } };
    expect(key({ tools: [tool] })).toBe(key({ tools: [turned] }));
  });

  it.each<[string, Partial<CallBody>]>([
    ['its model', { model: 'm-2' }],
    ['whether it is streamed', { stream: false }],
    ['a limit', { maxOutputTokens: 99 }],
    ['a word', { messages: [{ role: 'user', content: 'When were you open?' }] }],
    [
      'a picture',
      {
        messages: [
          { role: 'user', content: 'When are you open?', images: [{ media_type: 'image/png', data: 'AAAA' }] },
        ],
      },
    ],
    ['a tool', { tools: [tool] }],
    ['a tool that has to be called', { mustCall: ['look'] }],
    ['a schema', { responseSchema: { name: 'a', schema: {} } }],
  ])('is another one by %s', (_, said) => expect(key(said)).not.toBe(key({})));

  it('that two replies were given to has the first good one, and one that broke off has none', async () => {
    const clock = new VirtualClock(EPOCH_MS);
    const tape = new Tape();
    const names = { clock, workflow: 'books', drill: 'down' };
    const say = async (status: number, text: string) => {
      const encoder = openaiChat.encoder(asked(openaiChat, { stream: false }).call, { id: text, atMs: 0 });
      const parts: Part[] =
        status < 400
          ? [
              { type: 'text-delta', text },
              { type: 'end', reason: 'stop' },
            ]
          : [{ type: 'error', mode: 'overloaded', message: text, status }];
      const head = encoder.head(parts[0]);
      const bytes = concat([...parts.flatMap((part) => encoder.push(part)), ...encoder.end()].map(({ wire }) => wire));
      await heard(
        recording(sending(clock, head, [{ after: 5, bytes }]), tape, names),
        asked(openaiChat, { stream: false }),
        clock,
      );
    };
    await say(503, 'busy');
    await say(200, 'first');
    await say(200, 'second');
    const broken: ReplySource = {
      ask: async () => ({
        head: { status: 200, headers: [], framing: 'chunked' },
        // biome-ignore lint/correctness/useYield: it breaks before.
        body: (async function* () {
          throw new Error('gone');
        })(),
      }),
    };
    await expect(heard(recording(broken, tape, names), asked(openaiChat, { model: 'm-3' }), clock)).rejects.toThrow(
      'gone',
    );
    const { taken } = await takesOf(tape, { redaction, version: '1.0.0' });
    expect(taken.map(({ take }) => take.reply.text)).toEqual([expect.stringContaining('first')]);
    expect([tape.broken.length, tape.whole]).toEqual([1, false]);
  });
});

describe('a file', () => {
  it('gives back any body, text or not, as it was', () => {
    const lines = fc.array(
      fc.constantFrom(
        'data: {"a":1}',
        '',
        ' ',
        '\t',
        '\r',
        '#',
        '- x',
        '---',
        '\u2028',
        '\ufeff',
        '\u0085',
        '\u0000',
        '\u001b[31m',
        'ü',
        "'",
        '"',
        '\\',
      ),
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(lines, fc.constantFrom('\n', '\r\n', '\r')).map(([all, end]) => new TextEncoder().encode(all.join(end))),
      fc.string({ unit: 'binary', maxLength: 40 }).map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(body, (bytes) => {
        expect(bodyOf(storedBody(bytes))).toEqual(Uint8Array.from(bytes));
        const take: Take = {
          request: {
            role: 'primary',
            protocol: 'p',
            model: 'm',
            stream: true,
            messages: [{ role: 'user', content: fromUtf8(bytes) }],
          },
          reply: {
            status: 200,
            headers: [['a', '1e3']],
            framing: 'close',
            head_ms: 0,
            chunks: bytes.length > 0 ? [[0, bytes.length]] : [],
            ...storedBody(bytes),
          },
          about: { provider: 'p', recorded: '2026-11-30', drill: '1.0.0', drills: ['down'] },
        };
        const cassette = {
          schema: CASSETTE_SCHEMA as typeof CASSETTE_SCHEMA,
          workflow: 'books',
          task: 'hours',
          takes: [take],
        };
        const read = Cassette.parse(parse(cassetteText(cassette)));
        expect(read).toEqual(cassette);
        expect(bodyOf(read.takes[0]?.reply ?? {})).toEqual(Uint8Array.from(bytes));
      }),
    );
  });

  it('shows a stream line by line, also one whose lines end with CR LF', async () => {
    const body = new TextEncoder().encode('data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\n');
    const head: Head = { status: 200, headers: [['content-type', 'text/event-stream']], framing: 'chunked' };
    const { text } = await through(asked(gemini), head, cutInto(body, 9));
    expect(text).toContain('      crlf: true\n      text: |+\n        data: {"a":1}\n\n        data: {"b":2}\n');
    expect(text).toContain('      chunks: [[0, 9], [7, 9], [14, 9], [21, 7]]\n');
  });
});

describe('a cassette that is recorded again', () => {
  const takeOf = (content: string, text: string, drills = ['down']): Take => ({
    request: { role: 'primary', protocol: 'p', model: 'm', stream: false, messages: [{ role: 'user', content }] },
    reply: { status: 200, headers: [], framing: 'length', head_ms: 5, chunks: [[0, text.length]], text },
    about: { provider: 'p', recorded: '2026-11-30', drill: '1.0.0', drills },
  });
  const names = { workflow: 'books', task: 'hours' };
  const before = [takeOf('a', 'one'), takeOf('b', 'two'), takeOf('c', 'three', ['down', 'slow'])];
  const merged = (takes: Take[], more: { whole?: boolean; unanswered?: string[] } = {}) => {
    const { cassette, changes } = mergedCassette(names, before, { takes, drills: ['down'], whole: true, ...more });
    const kept = cassette.takes.map(
      ({ request, about }) => `${request.messages[0]?.content} ${about.drills.join('+')}`,
    );
    return { kept, changes: changes.map(({ kind, take }) => `${kind} ${take.request.messages[0]?.content}`), cassette };
  };

  it('keeps what is said in the same words, with its times, and what others ask for', () => {
    const again = { ...takeOf('a', 'one', ['down']), about: { ...takeOf('a', 'one').about, recorded: '2027-01-01' } };
    const { kept, changes, cassette } = merged([again, takeOf('d', 'four')]);
    expect(kept).toEqual(['a down', 'c slow', 'd down']);
    expect(changes).toEqual(['gone b', 'new d']);
    expect(cassette.takes[0]).toEqual(before[0]);
  });

  it('loses nothing where not all was asked, nor what was asked and not answered', () => {
    expect(merged([takeOf('a', 'other')], { whole: false })).toMatchObject({
      kept: ['a down', 'b down', 'c down+slow'],
      changes: ['changed a'],
    });
    const unanswered = before.map(({ request }) => keyOf(request));
    expect(merged([takeOf('a', 'one')], { unanswered }).changes).toEqual([]);
  });
});
