import { expect, it } from 'vitest';
import type { Part } from '../core/wire.ts';
import { defineProtocol, type WrittenProtocol } from './define.ts';
import { concat, fromUtf8, utf8 } from './json.ts';
import { brokenLaw } from './laws.ts';

/** It streams, tells usage with its end, takes tools, and has a status of its own. */
const TICKER: WrittenProtocol = {
  name: 'ticker',
  summary: 'Words on a tape.',
  path: '/tape',
  statuses: { overloaded: 529 },
  readCall: ({ model, talk, live, tools }) => ({ model, messages: talk, stream: live, tools }),
  writeCall: ({ model, messages, stream, tools }) => ({ model, talk: messages, live: stream, tools }),
  writeReply: ({ text, calls, usage, end }) => ({ text, calls, usage, end }),
  readReply: ({ text, calls = [], usage, end }) => [
    ...(text === undefined ? [] : [{ type: 'text-delta' as const, text }]),
    ...calls.flatMap(({ id, name, arguments: args }: Record<string, string>) => [
      { type: 'tool-call', id, name },
      { type: 'tool-call-delta', id, arguments: args },
    ]),
    ...(usage === undefined ? [] : [{ type: 'usage' as const, ...usage }]),
    { type: 'end', reason: end },
  ],
  words: { rate_limit: 'slow_down' },
  writeError: ({ word, message, status }) => ({ failed: word, message, status }),
  readError: ({ failed, message }) => failed && { word: failed, message },
  stream: {
    open() {
      let usage: object | undefined;
      return (part) => {
        if (part.type === 'usage') usage = part;
        return part.type === 'usage' ? [] : [part.type === 'end' ? { ...part, usage } : part];
      };
    },
    read: ({ usage, ...part }) => [...(usage === undefined ? [] : [usage]), part],
    done: 'over',
  },
};
const ticker = defineProtocol(TICKER);
const AT = { id: '0000c0de', atMs: 0 };

function said(parts: readonly Part[], stream: boolean, by = ticker) {
  const encoder = by.encoder({ model: 'm-1', stream }, AT);
  const head = encoder.head(parts[0]);
  const frames = [...parts.flatMap((part) => encoder.push(part)), ...encoder.end()];
  const wire = concat(frames.map((frame) => frame.wire));
  const decoder = by.decoder(head, 0);
  // A byte at a time.
  const read = [...wire].flatMap((byte) => decoder.push(new Uint8Array([byte])));
  const heard = [...read, ...decoder.end()].flatMap((frame) => frame.parts);
  return { head, text: fromUtf8(wire), told: frames.flatMap((frame) => frame.parts), heard };
}

const ANSWER: Part[] = [
  { type: 'text-delta', text: 'Größe ' },
  { type: 'text-delta', text: '42' },
  { type: 'tool-call', id: 't1', name: 'look' },
  { type: 'tool-call-delta', id: 't1', arguments: '{"a":1}' },
  { type: 'usage', input: 7, output: 3 },
  { type: 'end', reason: 'tool-calls' },
];

it('says whole and in a stream what it was given, and tells each part with the event that has it', () => {
  expect(brokenLaw(ticker)).toBeUndefined();
  const streamed = said(ANSWER, true);
  expect(streamed).toMatchObject({ told: ANSWER, heard: ANSWER, head: { status: 200, framing: 'chunked' } });
  expect(streamed.text).toMatch(/"reason":"tool-calls","usage":\{[^}]*\}\}\n\ndata: over\n\n$/);
  const whole = said(ANSWER, false);
  expect(whole.told).toEqual(ANSWER);
  expect(whole.heard).toEqual([{ type: 'text-delta', text: 'Größe 42' }, ...ANSWER.slice(2)]);
});

it('says failures instead of a reply and inside a stream, with statuses of its own', () => {
  const failed: Part = {
    type: 'error',
    mode: 'overloaded',
    message: 'too bad',
    retryAfter: { ms: 3000, as: 'seconds' },
  };
  const instead = said([failed], true);
  expect(instead.head).toMatchObject({ status: 529, headers: expect.arrayContaining([['retry-after', '3']]) });
  expect(instead.heard).toMatchObject([{ mode: 'overloaded', status: 529, retryAfter: { ms: 3000 } }]);
  const midway = said([...ANSWER.slice(0, 1), { ...failed, inBand: true }], true);
  expect(midway.heard).toMatchObject([ANSWER[0], { mode: 'overloaded', inBand: true }]);
  expect(midway.text).not.toContain('over\n');
  expect(said(ANSWER.slice(0, 2), true).heard.at(-1)).toMatchObject({ mode: 'truncated' });
  expect(said([{ type: 'error', mode: 'rate_limit', message: 'too bad' }], false)).toMatchObject({
    text: '{"failed":"slow_down","message":"too bad","status":429}',
    heard: [{ mode: 'rate_limit', message: 'too bad' }],
  });
  const odd = ticker.decoder({ status: 200, headers: [], framing: 'close' }, 0);
  expect([...odd.push(utf8('{"failed":"oops","message":"too bad"}')), ...odd.end()]).toMatchObject([
    { parts: [{ type: 'error', mode: 'unknown', message: 'too bad', inBand: true }] },
  ]);
});

it.each([
  ['no JSON', 'The body of the request is no JSON object.'],
  ['{"talk":[]}', 'no model is named'],
  ['{"model":"m-1","talk":[{"role":"user"}]}', 'its messages cannot be read'],
  ['{"model":"m-1","talk":[{"role":"robot","content":"x"}]}', 'its messages cannot be read'],
  ['{"model":"m-1","talk":[],"tools":[5]}', 'its tools cannot be read'],
  ['{"model":"m-1","talk":[],"live":0}', 'its stream cannot be read'],
])('turns away %s', (body, message) => {
  const request = { method: 'POST', url: 'http://h/v1/tape', headers: [], body: utf8(body) };
  expect(ticker.readCall(request)).toMatchObject({ refused: true, status: 400, message });
});

it('what is null in a request was not asked for', () => {
  const body = utf8('{"model":"m-1","talk":[],"live":null,"tools":null}');
  const request = { method: 'POST', url: 'http://h/v1/tape', headers: [], body };
  expect(ticker.readCall(request)).toEqual({
    protocol: 'ticker',
    model: 'm-1',
    messages: [],
    tools: [],
    stream: false,
  });
});

it('of a word that stands for two failures, the status decides', () => {
  const words = { ...TICKER.words, overloaded: 'full', quota_exhausted: 'full', auth: 'server_error' };
  const vague = defineProtocol({ ...TICKER, words, statuses: { quota_exhausted: 402, overloaded: 529 } });
  for (const mode of ['overloaded', 'quota_exhausted', 'auth', 'server_error'] as const)
    expect(said([{ type: 'error', mode, message: 'too bad' }], false, vague).heard).toMatchObject([{ mode }]);
});

it('what its reader stumbles over is turned away, and what has no slash or lacks something is no protocol', () => {
  const strict = defineProtocol({
    ...TICKER,
    readCall() {
      throw new TypeError('talk is not iterable');
    },
  });
  const request = { method: 'POST', url: 'http://h/tape', headers: [], body: utf8('{"model":"m-1"}') };
  expect(strict.readCall(request)).toMatchObject({ refused: true, message: 'talk is not iterable', model: 'm-1' });
  expect(() => defineProtocol({ ...TICKER, path: 'tape' })).toThrow('begins with no slash');
  expect(brokenLaw(strict)).toBe('it turns away its own request: talk is not iterable');
  const { decoder: _, ...half } = ticker;
  expect(brokenLaw(half as typeof ticker)).toBe('it lacks decoder');
});
