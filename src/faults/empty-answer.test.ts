import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { emptyAnswer } from './empty-answer.ts';
import { onWire, type ReplyKind, toldBy } from './trial.fixture.ts';

const KINDS: ReplyKind[] = ['prose', 'structured', 'call'];

describe.each(protocols)('in $name', (protocol) => {
  const openai = protocol.name === 'openai-chat';

  it.each(KINDS)('a whole good reply with nothing in it, for one of kind %s', async (says) => {
    for (const stream of [true, false]) {
      const { heard, head, broke } = await onWire(emptyAnswer, {}, { protocol, stream, says }).reply;
      expect([head?.status, broke]).toEqual([200, undefined]);
      // The provider has read the request, and counts the end that it wrote.
      expect(toldBy(heard)).toMatchObject({
        text: '',
        calls: [],
        refusal: '',
        error: '',
        end: 'stop',
        tokens: [12, 1],
      });
    }
  });

  it('the body is as the provider writes it', async () => {
    const { pieces } = await onWire(emptyAnswer, {}, { protocol, stream: false }).reply;
    expect(JSON.parse(pieces.join(''))).toMatchObject(
      openai
        ? { choices: [{ message: { role: 'assistant', content: '', refusal: null }, finish_reason: 'stop' }] }
        : { type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' },
    );
  });

  it('the stream begins and ends, with nothing between', async () => {
    const { pieces } = await onWire(emptyAnswer, {}, { protocol, stream: true }).reply;
    const body = pieces.join('');
    if (openai) {
      expect(body).toMatch(/"delta":\{"role":"assistant","content":"","refusal":null\}.*\n\n.*"finish_reason":"stop"/);
      expect(body.match(/"delta":/g)).toHaveLength(2);
      expect(body).toMatch(/data: \[DONE\]\n\n$/);
    } else {
      expect([...body.matchAll(/^event: (\w+)$/gm)].map(([, event]) => event)).toEqual([
        ...['message_start', 'message_delta', 'message_stop'],
      ]);
    }
  });
});
