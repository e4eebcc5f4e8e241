import { expect, it } from 'vitest';
import { anthropicMessages } from '../protocols/anthropic-messages/index.ts';
import { endsOtherwise } from './ends-otherwise.ts';
import { onWire, REPLIES, script, toldBy } from './trial.fixture.ts';
import { wrappedAnswer } from './wrapped-answer.ts';

const wire = { protocol: anthropicMessages, stream: true };
const ANSWER = JSON.stringify(script.task.answer);

it.each([
  ['code-fence', `\`\`\`json\n${ANSWER}\n\`\`\``],
  ['preamble', `Here is the answer to your question:\n\n${ANSWER}`],
])('%s', async (wrapping, text) => {
  const { fired, reply } = onWire(wrappedAnswer, { in: wrapping }, { ...wire, says: 'structured' });
  expect(toldBy((await reply).heard)).toMatchObject({ text, end: 'stop' });
  expect(fired).toEqual([`in a ${wrapping}`]);
});

it('a think tag stands before the answer, and nothing around a tool call', async () => {
  const thoughtful = await onWire(wrappedAnswer, { in: 'think-tag' }, wire).reply;
  expect(toldBy(thoughtful.heard).text).toMatch(/^<think>\n[^<]+\n<\/think>\n\nWithin 30 days, /);
  const { fired, reply } = onWire(wrappedAnswer, {}, { ...wire, says: 'call' });
  expect([toldBy((await reply).heard), fired]).toEqual([toldBy(REPLIES.call), []]);
});

it('any share of the text comes with any end', async () => {
  const whole = toldBy(REPLIES.prose).text;
  for (const [params, text, end, effect] of [
    [{}, whole.slice(0, whole.length / 2), 'refusal', 'spoils'],
    [{ share: 1, reason: 'length' }, whole, 'length', 'spoils'],
    [{ share: 0.5, reason: 'stop' }, whole.slice(0, whole.length / 2), 'stop', 'spoils'],
    [{ share: 1, reason: 'tool-calls' }, whole, 'tool-calls', 'odd'],
  ] as const) {
    const { reply } = onWire(endsOtherwise, params, wire);
    expect(toldBy((await reply).heard)).toMatchObject({ text, end });
    expect(endsOtherwise.effectOf(params)).toBe(effect);
  }
  const { fired, reply } = onWire(endsOtherwise, { share: 1, reason: 'stop' }, wire);
  expect(await reply).toEqual(await onWire(undefined, {}, wire).reply);
  expect(fired).toEqual([]);
});
