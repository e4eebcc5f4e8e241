import { expect, it } from 'vitest';
import type { RecordedReply } from '../core/cassette.ts';
import { storedBody } from '../core/cassette-body.ts';
import { openaiChat } from '../protocols/index.ts';
import { driftBetween } from './drift.ts';

function replyOf(body: string, change: Partial<RecordedReply> = {}): RecordedReply {
  const bytes = new TextEncoder().encode(body);
  const headers: RecordedReply['headers'] = [
    ['content-type', /^data:/.test(body) ? 'text/event-stream' : 'application/json'],
  ];
  const rest = {
    status: 200,
    headers,
    framing: 'chunked' as const,
    head_ms: 500,
    chunks: [[0, bytes.length]] as [number, number][],
  };
  return { ...rest, ...storedBody(bytes), ...change };
}
const drift = (was: RecordedReply, now: RecordedReply) =>
  driftBetween(was, now, openaiChat).map(({ what, kind, where, was, now }) => [what, kind, where, was, now].join('|'));

const message = (content: unknown, more = {}) => ({ role: 'assistant', content, audio: null, ...more });
const answer = (content: unknown, more = {}, reason = 'stop') =>
  JSON.stringify({
    id: 'c-1',
    object: 'chat.completion',
    choices: [{ index: 0, message: message(content, more), finish_reason: reason }],
    usage: { prompt_tokens: 3, completion_tokens: 4, details: null },
  });
const stream = (...deltas: object[]) =>
  `${deltas.map((delta) => `data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`).join('')}data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;

it('other words, other numbers, other ids, and more pieces are no drift', () => {
  expect(drift(replyOf(answer('one')), replyOf(answer('quite another').replace('c-1', 'c-2')))).toEqual([]);
  expect(drift(replyOf(stream({ content: 'a' })), replyOf(stream({ content: 'b' }, { content: 'c' })))).toEqual([]);
});

it('a renamed field went and came, at its path', () => {
  const renamed = replyOf(answer('x').replace('"completion_tokens"', '"output_tokens"'));
  expect(drift(replyOf(answer('x')), renamed)).toEqual([
    'field|went|usage.completion_tokens|number|',
    'field|came|usage.output_tokens||number',
  ]);
});

it('in a stream as well, behind the name of the event', () => {
  const [was, now] = [stream({ content: 'x' }), stream({ content: 'x' }).replaceAll('"delta"', '"change"')];
  expect(drift(replyOf(was), replyOf(now)).filter((one) => one.startsWith('field'))).toEqual([
    'field|came|event: choices[].change||object',
    'field|went|event: choices[].delta|object|',
  ]);
  const typed = 'event: message_start\ndata: {"type":"message_start","message":{"id":"m"}}\n\n';
  expect(drift(replyOf(typed), replyOf(typed.replaceAll('message_start', 'begun')))).toContain(
    'field|went|message_start: |object|',
  );
  expect(drift(replyOf(stream()), replyOf(stream().replace('data: [DONE]\n\n', '')))).toContain(
    'field|went|event [DONE]|text|',
  );
});

it('of a branch that came or went the outermost is told', () => {
  const fields = (was: string, now: string) =>
    drift(replyOf(was), replyOf(now))
      .filter((one) => one.startsWith('field'))
      .map((one) => one.split('|').slice(1, 3).join(' '));
  expect(fields('{"a":{"b":[{"c":1}]}}', '{"a":{}}')).toEqual(['went a.b']);
  expect(fields('[{"a":{"b":1}}]', '[{"d":1}]')).toEqual(['went [].a', 'came [].d']);
  expect(fields(stream({ content: 'x' }), '{"a":{"b":1}}')).toEqual(['came ', 'went event [DONE]', 'went event: ']);
});

it('another type is told; a null and an empty list say nothing', () => {
  expect(drift(replyOf(answer('x')), replyOf(answer(['x'])))).toContain(
    'field|changed|choices[].message.content|string|array',
  );
  expect(drift(replyOf(answer('x')), replyOf(answer('x', { audio: { id: 'a' } })))).toEqual([]);
  expect(drift(replyOf(answer('x')), replyOf(answer('x').replace('"details":null', '"details":{"cached":1}')))).toEqual(
    [],
  );
  expect(drift(replyOf(answer('x', { list: [] })), replyOf(answer('x', { list: [{ a: 1 }] })))).toEqual([]);
  expect(drift(replyOf('{"a":{}}'), replyOf('{"a":{"b":1}}'))).toContain('field|came|a.b||number');
});

it('the end, the status, headers and the type of the content', () => {
  expect(drift(replyOf(answer('x')), replyOf(answer('x', {}, 'length')))).toEqual([
    'finish-reason|changed||stop|length',
  ]);
  const error = replyOf('{"error":{"message":"slow down"}}', { status: 429 });
  expect(drift(replyOf(answer('x')), error)).toEqual([
    'status|changed||200|429',
    'finish-reason|changed||stop|an error, rate_limit',
  ]);
  const headers: RecordedReply['headers'] = [
    ['content-type', 'text/json; charset=utf-8'],
    ['x-ratelimit-limit-requests', '5'],
  ];
  expect(drift(replyOf(answer('x')), replyOf(answer('x'), { headers }))).toEqual([
    'header|changed|content-type|application/json|text/json',
    'header|came|x-ratelimit-limit-requests||there',
  ]);
});

it.each([
  [900, 1100, []],
  [400, 900, []],
  [900, 2500, ['latency|changed|first bytes|0.3 to 1 s|1 to 3 s', 'latency|changed|whole reply|0.3 to 1 s|1 to 3 s']],
  [
    40_000,
    9000,
    ['latency|changed|first bytes|30 s and more|3 to 10 s', 'latency|changed|whole reply|30 s and more|3 to 10 s'],
  ],
])('from %d to %d ms', (was, now, told) => {
  expect(drift(replyOf(answer('x'), { head_ms: was }), replyOf(answer('x'), { head_ms: now }))).toEqual(told);
});

it('a stream that began as before and took longer', () => {
  const text = stream({ content: 'x' });
  const slow = replyOf(text, {
    chunks: [
      [0, 10],
      [9000, text.length - 10],
    ],
  });
  expect(drift(replyOf(text), slow)).toEqual(['latency|changed|whole reply|0.3 to 1 s|3 to 10 s']);
});
