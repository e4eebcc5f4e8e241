import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { emptyAnswer } from './empty-answer.ts';
import { onWire, type ReplyKind, toldBy } from './trial.fixture.ts';

const KINDS: ReplyKind[] = ['prose', 'structured', 'call'];

/** An empty reply in each protocol: as a body, and by the names of its events. */
const EMPTY: Record<string, { body: object; events: string[] }> = {
  'openai-chat': {
    body: { choices: [{ message: { role: 'assistant', content: '', refusal: null }, finish_reason: 'stop' }] },
    events: [],
  },
  'openai-responses': {
    body: { status: 'completed', output: [{ type: 'message', content: [{ type: 'output_text', text: '' }] }] },
    events: [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ],
  },
  gemini: {
    body: { candidates: [{ finishReason: 'STOP', index: 0 }], modelVersion: 'm-1' },
    events: [],
  },
  'anthropic-messages': {
    body: { type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn' },
    events: ['message_start', 'message_delta', 'message_stop'],
  },
};

describe.each(protocols)('in $name', (protocol) => {
  const { body: whole, events } = EMPTY[protocol.name] ?? {};

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
    expect(whole).toBeDefined();
    expect(JSON.parse(pieces.join(''))).toMatchObject(whole ?? {});
  });

  it('the stream begins and ends, with nothing between', async () => {
    const { pieces } = await onWire(emptyAnswer, {}, { protocol, stream: true }).reply;
    const body = pieces.join('');
    const said = [...body.matchAll(/^event: (.+)$/gm)].map(([, event]) => event);
    expect(said).toEqual(events);
    if (protocol.name !== 'openai-chat') return;
    expect(body).toMatch(/"delta":\{"role":"assistant","content":"","refusal":null\}.*\n\n.*"finish_reason":"stop"/);
    expect(body.match(/"delta":/g)).toHaveLength(2);
    expect(body).toMatch(/data: \[DONE\]\n\n$/);
  });
});
