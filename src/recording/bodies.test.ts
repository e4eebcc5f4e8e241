import { expect, test } from 'vitest';
import { BodyLine } from '../core/bodies.ts';
import { nothing } from '../core/gathered.ts';
import type { Message, ModelCall } from '../core/model-call.ts';
import { createRedaction } from '../redaction/redact.ts';
import { createBodies } from './bodies.ts';

const asked = (content: string): Message => ({ role: 'user', content });
const call = (id: string, messages: Message[], change: Partial<ModelCall> = {}): ModelCall => ({
  ...{ id, role: 'primary', provider: 'openai', protocol: 'openai-chat', model: 'm', ask: 1, task: 't', tenant: 'a' },
  ...{ attempt: 1, turn: 1, tools: [], stream: false, messages },
  ...change,
});

function keeping() {
  const lines: BodyLine[] = [];
  const redaction = createRedaction({ literals: ['a phrase of ours'] });
  const bodies = createBodies({ drill: 'd', phase: () => 'outage', redaction, keep: (line) => void lines.push(line) });
  const sent = () => lines.flatMap((line) => ('sent' in line ? [line.sent] : []));
  return { bodies, lines, sent };
}

test('a thing is kept once, before the calls that name it, and every line is one that can be read again', () => {
  const { bodies, lines, sent } = keeping();
  const schema = { name: 'answer', schema: { type: 'object' } };
  const tools = [{ name: 'look', parameters: {} }];
  for (const id of ['c1', 'c2']) bodies.sent(call(id, [asked('Hello')], { responseSchema: schema, tools }));
  bodies.came(call('c2', []), { ...nothing(), text: 'Hi', end: 'stop' });
  bodies.came(call('c1', []), nothing());
  expect(lines.map((line) => Object.keys(line)[1])).toEqual([
    'message',
    'tool',
    'schema',
    'drill',
    'drill',
    'reply',
    'drill',
  ]);
  expect(sent()[0]).toEqual(sent()[1]);
  for (const line of lines) expect(BodyLine.parse(JSON.parse(JSON.stringify(line)))).toEqual(line);
});

test('messages that differ only in the tools they ask for are two', () => {
  const { bodies, sent } = keeping();
  const wants = (order: string): Message => ({
    ...{ role: 'assistant', content: '' },
    toolCalls: [{ id: 'x', name: 'look', arguments: `{"order":"${order}"}` }],
  });
  bodies.sent(call('c1', [wants('1')]));
  bodies.sent(call('c2', [wants('2')]));
  expect(sent()[0]?.messages).not.toEqual(sent()[1]?.messages);
});

test('nothing secret is kept, nor can it be guessed from an id', () => {
  const { bodies, lines, sent } = keeping();
  bodies.sent(call('c1', [asked('with a phrase of ours')]));
  bodies.sent(call('c2', [asked('with [redacted 7c]')]));
  expect(JSON.stringify(lines)).not.toContain('a phrase of ours');
  const [first] = lines;
  const text = first !== undefined && 'message' in first ? first.message.content : '';
  bodies.sent(call('c3', [asked(text)]));
  expect(sent()[2]?.messages).toEqual(sent()[0]?.messages);
});

test('of what is long the beginning is kept, and how long it was', () => {
  const { bodies, lines } = keeping();
  const reply = { ...nothing(), text: '\u{1f600}é'.repeat(30_000) };
  bodies.came(call('c1', []), reply);
  const [line] = lines;
  expect(line).toMatchObject({ cut: JSON.stringify({ reply: { text: reply.text } }).length });
  expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(66_000);
  expect(JSON.stringify(line)).not.toMatch(/\\ud83d"/);
});
