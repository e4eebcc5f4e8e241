import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Part } from '../core/wire.ts';
import { answer, meet, says, task, tool } from './sdk.fixture.ts';

const { generateText, Output, stepCountIs, streamText, tool: aiTool } = await import('ai');
const { createOpenAI } = await import('@ai-sdk/openai');

/** The SDK's default way to speak to OpenAI, which is Responses. */
const model = (name = 'gpt-5-mini') => createOpenAI({ apiKey: 'k' })(name);
const tools = {
  lookup_order: aiTool({
    description: tool.description,
    inputSchema: z.object({ order_id: z.string() }),
    execute: async () => ({ shipped: 'Monday' }),
  }),
};
const ask = { prompt: task.input, maxRetries: 2 };

/** What a stream says to whoever reads all of it. */
async function readAll(result: {
  fullStream: AsyncIterable<{ type: string; text?: string; error?: unknown }>;
  finishReason: PromiseLike<string>;
}) {
  const errors: unknown[] = [];
  let text = '';
  for await (const part of result.fullStream) {
    if (part.type === 'text-delta') text += part.text ?? '';
    if (part.type === 'error') errors.push(part.error);
  }
  return { text, errors, finish: await result.finishReason };
}
const silent = { onError() {} };

describe('the AI SDK with its defaults', () => {
  it('reads an answer, whole and streamed, and finds nothing in our bytes', async () => {
    const whole = await meet(() => generateText({ ...ask, model: model() }));
    expect(whole.value).toMatchObject({ text: answer, finishReason: 'stop', warnings: [] });
    expect(whole.value?.usage).toMatchObject({ inputTokens: expect.any(Number), outputTokens: expect.any(Number) });
    const streamed = await meet(() => readAll(streamText({ ...ask, model: model() })));
    expect(streamed.value).toEqual({ text: answer, errors: [], finish: 'stop' });
    for (const { told, io } of [whole, streamed]) {
      expect(told('call')).toMatchObject([{ protocol: 'openai-responses', role: 'primary' }]);
      expect(io).toEqual([]);
    }
  });

  it.each([
    ['its defaults', {}],
    ['thoughts told', { reasoningSummary: 'auto' }],
    ['nothing stored', { store: false }],
    ['nothing stored, thoughts told', { store: false, reasoningSummary: 'detailed' }],
  ])('goes through a loop of tools, with %s', async (_, openai) => {
    const body = { ...ask, tools, stopWhen: stepCountIs(5), providerOptions: { openai } };
    const whole = await meet(async () => {
      const result = await generateText({ ...body, model: model() });
      return { text: result.text, steps: result.steps.length, thoughts: result.steps[0]?.reasoningText };
    });
    expect(whole.error).toBeUndefined();
    expect(whole.value).toMatchObject({ text: answer, steps: 2 });
    if ('reasoningSummary' in openai) expect(whole.value?.thoughts).toMatch(/First what was asked/);
    const streamed = await meet(async () => {
      const result = streamText({ ...body, model: model(), ...silent });
      return { ...(await readAll(result)), steps: (await result.steps).length };
    });
    expect(streamed.value).toEqual({ text: answer, errors: [], finish: 'stop', steps: 2 });
    for (const { told } of [whole, streamed]) {
      expect(told('call').map(({ turn }) => turn)).toEqual([1, 2]);
      expect(told('unscripted-call')).toEqual([]);
    }
  });

  it('goes on with what it said before, by reference', async () => {
    const { value, asked, told } = await meet(async () => {
      const body = { model: model(), providerOptions: { openai: { reasoningSummary: 'auto' } } };
      const first = await generateText({ ...body, prompt: task.input });
      const messages = [
        { role: 'user' as const, content: task.input },
        ...first.response.messages,
        { role: 'user' as const, content: 'Sure?' },
      ];
      return (await generateText({ ...body, messages })).text;
    });
    expect(value).toBe(answer);
    expect(JSON.stringify(asked[1])).toMatch(/item_reference.*rs_.*item_reference.*msg_/);
    expect(told('call')[1]?.digests.messages).toEqual([`user\n${task.input}`, `assistant\n${answer}`, 'user\nSure?']);
  });

  it('goes on from the id of a reply', async () => {
    const { value } = await meet(async () => {
      const first = await generateText({ model: model(), prompt: task.input });
      const openai = { previousResponseId: String(first.providerMetadata?.['openai']?.['responseId']) };
      return (await generateText({ model: model(), prompt: 'Sure?', providerOptions: { openai } })).text;
    });
    expect(value).toBe(answer);
  });

  it('gets a structured answer', async () => {
    const output = Output.object({ schema: z.object({ reply: z.string() }) });
    const { value } = await meet(async () => (await generateText({ ...ask, model: model(), output })).output);
    expect(value).toEqual({ reply: answer });
  });

  it('ends as its provider said', async () => {
    const ended = async (...parts: Part[]) => {
      const whole = await meet(() => generateText({ ...ask, model: model() }), [says(...parts)]);
      const streamed = await meet(() => readAll(streamText({ ...ask, model: model(), ...silent })), [says(...parts)]);
      expect(whole.value?.finishReason).toBe(streamed.value?.finish);
      expect(streamed.value?.errors).toEqual([]);
      return streamed.value?.finish;
    };
    const half: Part = { type: 'text-delta', text: 'Order' };
    expect(await ended(half, { type: 'end', reason: 'length' })).toBe('length');
    expect(await ended(half, { type: 'end', reason: 'content-filter' })).toBe('content-filter');
    expect(await ended({ type: 'refusal-delta', text: 'No.' }, { type: 'end', reason: 'refusal' })).toBe(
      'content-filter',
    );
  });

  it.each<[string, Part, number]>([
    ['nested', { type: 'error', mode: 'quota_exhausted', message: 'no money', inBand: true }, 1],
    ['flat', { type: 'error', mode: 'server_error', message: 'no luck', inBand: true }, 3],
    ['failed', { type: 'error', mode: 'server_error', message: 'no luck', inBand: true, shape: 'failed' }, 3],
  ])('tries again after an error in its stream, %s, only where nothing came before', async (_, error, attempts) => {
    const stream = () => readAll(streamText({ ...ask, model: model(), ...silent }));
    const midway = await meet(stream, [says({ type: 'text-delta', text: 'Order' }, error)]);
    expect(midway.value).toMatchObject({ text: 'Order', finish: 'error' });
    expect(midway.value?.errors).toHaveLength(1);
    expect(midway.told('call')).toHaveLength(1);
    const first = await meet(stream, [says(error)]);
    expect(first.error).toMatchObject({ name: 'AI_NoOutputGeneratedError' });
    expect(first.told('call')).toHaveLength(attempts);
  });
});
