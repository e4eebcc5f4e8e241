import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedReply } from '../../../fixtures/replies/index.ts';
import { gather } from '../../core/gathered.ts';
import type { CallBody } from '../../core/model-call.ts';
import type { Memory } from '../../core/protocol.ts';
import type { Head, Part } from '../../core/wire.ts';
import { isRecord } from '../../text/json.ts';
import { asList, asRecord, concat, fromUtf8, utf8 } from '../json.ts';
import { openaiResponses as protocol } from './index.ts';

const stamp = { id: 'c1', atMs: Date.UTC(2026, 10, 17, 9, 12, 45) };
const SEALED = { reasoning: { summary: 'auto' }, include: ['reasoning.encrypted_content'] };

/** A call that was read, so that what it asks of its reply is what a caller wrote. */
function asking(more: object = {}): CallBody {
  const body = utf8(JSON.stringify({ model: 'm-1', input: 'Hi', ...more }));
  const call = protocol.readCall({ method: 'POST', url: 'https://h/responses', headers: [], body });
  if ('refused' in call) throw new Error(call.message);
  return call;
}

function encode(parts: readonly Part[], more: object = {}) {
  const encoder = protocol.encoder(asking(more), stamp);
  const head = encoder.head(parts[0]);
  const frames = [...parts.flatMap((part) => encoder.push(part)), ...encoder.end()];
  return { head, frames, text: fromUtf8(concat(frames.map(({ wire }) => wire))) };
}
const whole = (parts: readonly Part[], more: object = {}) => asRecord(JSON.parse(encode(parts, more).text));
const events = (parts: readonly Part[], more: object = {}) =>
  encode(parts, { ...more, stream: true })
    .text.split('\n\n')
    .filter((text) => text !== '')
    .map((text) => {
      const [, name, data = ''] = /^event: (\S*)\ndata: (.*)$/s.exec(text) ?? [];
      const json = asRecord(JSON.parse(data));
      expect(json['type']).toBe(name);
      return json;
    });

function decode(head: Head, body: string): Part[] {
  const decoder = protocol.decoder(head, 0);
  return [...decoder.push(utf8(body)), ...decoder.end()].flatMap((frame) => frame.parts);
}
const STREAM: Head = { status: 200, headers: [['content-type', 'text/event-stream']], framing: 'chunked' };
const sse = (...said: object[]) => said.map((data) => `data: ${JSON.stringify(data)}\n\n`).join('');

/** Thoughts, words, calls and a refusal as models mix them. */
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const block = fc.oneof(
  fc
    .array(words, { minLength: 1, maxLength: 3 })
    .map((said) => said.map((text): Part => ({ type: 'text-delta', text }))),
  fc
    .array(words, { maxLength: 3 })
    .map((said): Part[] => [
      { type: 'tool-call', id: '', name: 'look' },
      ...said.map((text): Part => ({ type: 'tool-call-delta', id: '', arguments: text })),
    ]),
);
const reply = fc
  .tuple(
    fc.option(words),
    fc.array(block, { maxLength: 4 }),
    fc.option(words),
    fc.constantFrom('stop', 'length', 'content-filter'),
  )
  .map(([thought, blocks, refusal, reason]): Part[] => [
    ...(thought === null ? [] : [{ type: 'reasoning-delta' as const, text: thought, signature: `s${thought}` }]),
    ...blocks.flatMap((parts, i) => parts.map((part) => ('id' in part ? { ...part, id: `call_${i}` } : part))),
    ...(refusal === null ? [] : [{ type: 'refusal-delta' as const, text: refusal }]),
    { type: 'usage', input: 5, output: 7 },
    { type: 'end', reason },
  ]);

describe('a reply', () => {
  it('is the same whole and at the end of its stream, and every item of it was announced', () => {
    fc.assert(
      fc.property(reply, fc.constantFrom({}, SEALED), (parts, more) => {
        const said = events(parts, more);
        expect(said.map((event) => event['sequence_number'])).toEqual(said.map((_, i) => i));
        const last = asRecord(said.at(-1)?.['response']);
        expect(last).toEqual(whole(parts, more));
        const of = (type: string) => said.filter((event) => event['type'] === type);
        expect(of('response.output_item.done').map(({ item }) => item)).toEqual(last['output']);
        expect(of('response.output_item.added').map(({ output_index }) => output_index)).toEqual(
          asList(last['output']).map((_, i) => i),
        );
      }),
    );
  });

  it('is remembered by the ids it has, and its conversation is what it would be if all was sent again', () => {
    fc.assert(
      fc.property(reply, (parts) => {
        const call = asking({ ...SEALED, instructions: 'Be brief.' });
        const body = whole(parts, SEALED);
        const kept: Memory = new Map(protocol.remembers?.(call, stamp, gather(parts)));
        const items = asList(body['output']).map(asRecord);
        // A model that says nothing has said an empty word; it is no news to anybody.
        const known = items.filter(({ content }) => asRecord(asList(content)[0])['text'] !== '');
        expect([...kept.keys()].filter((id) => /^(?:msg|fc|rs|resp)_/.test(id))).toEqual([
          ...known.map(({ id }) => id),
          body['id'],
        ]);
        const outputs = items
          .filter(({ type }) => type === 'function_call')
          .map(({ call_id }) => ({ type: 'function_call_output', call_id, output: 'seen' }));
        const read = (more: object) => {
          const wire = { method: 'POST', url: 'https://h/responses', headers: [] };
          const said = protocol.readCall({ ...wire, body: utf8(JSON.stringify({ model: 'm-1', ...more })) }, kept);
          return 'refused' in said ? said.message : said.messages;
        };
        const next = [...outputs, { role: 'user', content: 'And?' }];
        const user = { role: 'user', content: 'Hi' };
        const again = read({ input: [user, ...known, ...next] });
        expect(again).toEqual(expect.any(Array));
        expect(read({ previous_response_id: body['id'], input: next })).toEqual(again);
        const references = known.map(({ id }) => ({ type: 'item_reference', id }));
        expect(read({ input: [user, ...references, ...next] })).toEqual(again);
      }),
    );
  });

  it('repeats what was asked', () => {
    const asked = {
      instructions: 'Be brief.',
      tools: [{ type: 'function', name: 'look', parameters: null }],
      tool_choice: 'required',
      text: { format: { type: 'json_object' } },
      reasoning: { effort: 'low' },
      service_tier: 'auto',
      store: false,
    };
    expect(whole([{ type: 'end', reason: 'stop' }], asked)).toMatchObject({
      ...asked,
      tools: [{ description: null, strict: true, name: 'look' }],
      text: { format: { type: 'json_object' }, verbosity: 'medium' },
      reasoning: { effort: 'low', summary: null },
      service_tier: 'default',
    });
  });

  it('tells thoughts and seals them only where that was asked', () => {
    const parts: Part[] = [
      { type: 'reasoning-delta', text: 'Hm.', signature: 'sig' },
      { type: 'text-delta', text: 'Yes.' },
      { type: 'end', reason: 'stop' },
    ];
    const [bare, told, sealed] = [{}, { reasoning: { summary: 'auto' } }, { include: SEALED.include }].map((more) => {
      expect(gather(encode(parts, { ...more, stream: true }).frames.flatMap((f) => f.parts)).text).toBe('Yes.');
      return asRecord(asList(whole(parts, more)['output'])[0]);
    });
    expect(bare).toEqual({ id: 'rs_c1_0', type: 'reasoning', summary: [] });
    expect(told).toEqual({ id: 'rs_c1_0', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] });
    expect(sealed).toEqual({ id: 'rs_c1_0', type: 'reasoning', summary: [], encrypted_content: 'sig' });
  });

  it('does not leave a refusal without words', () => {
    expect(decode(STREAM, encode([{ type: 'end', reason: 'refusal' }], { stream: true }).text)).toMatchObject([
      { type: 'refusal-delta' },
      { type: 'end', reason: 'refusal' },
    ]);
  });
});

describe('an error in band', () => {
  const created: Part = { type: 'usage', input: 1, output: 0 };
  const word: Part = { type: 'text-delta', text: 'Half' };
  const places: [string, Part[]][] = [
    ['first', []],
    ['after the response was created', [created]],
    ['midway', [word]],
  ];
  describe.each(places)('%s', (_, before) => {
    it.each([
      ['rate_limit', 'flat'],
      ['server_error', 'flat'],
      ['context_overflow', 'nested'],
      ['quota_exhausted', 'nested'],
    ] as const)('for %s is %s without being asked, and as it is asked for', (mode, own) => {
      for (const shape of [undefined, 'flat', 'nested', 'failed']) {
        const error: Part = { type: 'error', mode, message: 'no', inBand: true, ...(shape && { shape }) };
        const said = events([...before, error]);
        const last = said.at(-1) ?? {};
        const is = last['type'] === 'response.failed' ? 'failed' : isRecord(last['error']) ? 'nested' : 'flat';
        expect(is).toBe(shape ?? own);
        expect(last['sequence_number']).toBe(said.length - 1);
        if (shape !== 'failed') expect(said[0]?.['type']).toBe(before.length === 0 ? 'error' : 'response.created');
        const text = encode([...before, error], { stream: true }).text;
        expect(decode(STREAM, text).at(-1)).toEqual({ ...error, shape: is, ...(paramOf(last) && { param: 'input' }) });
      }
    });
  });
  const paramOf = ({ param, error }: Record<string, unknown>) => (param ?? asRecord(error)['param']) === 'input';

  it('makes an unstreamed reply one that failed, at a good status', () => {
    const { head, text } = encode([word, { type: 'error', mode: 'rate_limit', message: 'no', inBand: true }]);
    expect(head.status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      object: 'response',
      status: 'failed',
      error: { code: 'rate_limit_exceeded', message: 'no' },
      output: [{ content: [{ text: 'Half' }] }],
    });
    expect(decode(head, text)).toMatchObject([{ type: 'error', mode: 'rate_limit', inBand: true }]);
  });
});

describe('what other servers say', () => {
  it.each([
    ['failed', 'server_error'],
    ['failed-stream', 'rate_limit'],
    ['quota-stream', 'quota_exhausted'],
    ['context-overflow-stream', 'context_overflow'],
    ['item-not-found', 'unknown'],
  ])('%s is %s', (name, mode) => {
    const { head, body } = recordedReply('openai-responses', name);
    expect(decode(head, fromUtf8(body)).at(-1)).toMatchObject({ type: 'error', mode });
  });

  it('a failure of no known name is the provider’s own, one of a picture the caller’s', () => {
    const failed = (code: string) => {
      const body = { object: 'response', status: 'failed', error: { code, message: 'no' }, output: [] };
      const head: Head = { status: 200, headers: [['content-type', 'application/json']], framing: 'length' };
      return decode(head, JSON.stringify(body));
    };
    expect(failed('flux_capacitor')).toMatchObject([{ mode: 'server_error', message: 'no' }]);
    expect(failed('image_too_large')).toMatchObject([{ mode: 'unknown' }]);
  });

  it('thoughts in several parts are one, with their seal', () => {
    for (const name of ['reasoning', 'reasoning-stream']) {
      const { head, body } = recordedReply('openai-responses', name);
      expect(gather(decode(head, fromUtf8(body))).reasoning).toEqual({
        text: '**Checking the window**\n\nThe parcel came on 16 October.\n\n**Deciding**\n\nDay 31 is too late.',
        signature: expect.stringMatching(/^gAAAAABpQ2v/),
      });
    }
  });

  const end = { type: 'response.completed', response: { status: 'completed', output: [] } };
  const call = { type: 'function_call', call_id: 'c', name: 'look' };
  const place = { item_id: 'i', output_index: 0, content_index: 0 };
  it.each<[string, object[], object]>([
    ['words told only at their end', [{ type: 'response.output_text.done', ...place, text: 'Yes.' }], { text: 'Yes.' }],
    [
      'words told in pieces and at their end',
      [
        { type: 'response.output_text.delta', ...place, delta: 'Yes.' },
        { type: 'response.output_text.done', ...place, text: 'Yes.' },
      ],
      { text: 'Yes.' },
    ],
    [
      'arguments told only at their end',
      [
        { type: 'response.output_item.added', output_index: 0, item: { ...call, arguments: '' } },
        { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"a":1}' },
        { type: 'response.output_item.done', output_index: 0, item: { ...call, arguments: '{"a":1}' } },
      ],
      { calls: [{ id: 'c', name: 'look', arguments: '{"a":1}' }], end: 'tool-calls' },
    ],
  ])('%s are heard once', (_, said, expected) => {
    expect(gather(decode(STREAM, sse(...said, end)))).toMatchObject(expected);
  });

  it('a stream that tells all in its last event is heard', () => {
    const output = [
      { type: 'message', content: [{ type: 'output_text', text: 'Yes.' }] },
      { ...call, arguments: '{}' },
    ];
    const response = { status: 'completed', output, usage: { input_tokens: 3, output_tokens: 4 } };
    expect(gather(decode(STREAM, sse({ type: 'response.completed', response })))).toMatchObject({
      text: 'Yes.',
      calls: [{ id: 'c' }],
      usage: { input: 3, output: 4 },
      end: 'tool-calls',
    });
  });

  it.each(['queued', 'in_progress', 'cancelled'])('a reply that is %s is not finished', (status) => {
    const head: Head = { status: 200, headers: [['content-type', 'application/json']], framing: 'length' };
    expect(decode(head, JSON.stringify({ object: 'response', status, output: [] }))).toMatchObject([
      { type: 'error', mode: 'truncated' },
    ]);
  });
});
