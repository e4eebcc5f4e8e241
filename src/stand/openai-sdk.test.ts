import type { Response as Reply } from 'openai/resources/responses/responses';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Part } from '../core/wire.ts';
import { answer, meet, says, task, tool } from './sdk.fixture.ts';

const { default: OpenAI } = await import('openai');
const { zodResponsesFunction, zodTextFormat } = await import('openai/helpers/zod');

const open = () => new OpenAI({ apiKey: 'k' });
const other = () => new OpenAI({ apiKey: 'k', baseURL: 'https://other.test/v1' });
const ask = { model: 'gpt-5-mini', input: task.input } as const;
const tools = [{ type: 'function' as const, ...tool, strict: true }];
const output = (call_id: string) => ({
  type: 'function_call_output' as const,
  call_id,
  output: JSON.stringify({ shipped: 'Monday' }),
});
const callIn = ({ output: items }: { output: { type: string }[] }) => {
  const call = items.find((item) => item.type === 'function_call');
  if (call === undefined || !('call_id' in call) || !('id' in call)) throw new Error('no call');
  return { call_id: String(call.call_id), id: String(call.id) };
};

describe('the official SDK on Responses', () => {
  it('reads a whole answer, with everything its types promise', async () => {
    const asked = { instructions: 'Be kind.', metadata: { a: 'b' }, max_output_tokens: 400, temperature: 0.5 };
    const { value, io, told } = await meet(() => open().responses.create({ ...ask, ...asked }));
    expect(value).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: answer,
      error: null,
      incomplete_details: null,
      model: 'gpt-5-mini',
      parallel_tool_calls: true,
      tool_choice: 'auto',
      tools: [],
      text: { format: { type: 'text' } },
      ...asked,
    });
    expect(value?.id).toMatch(/^resp_\w+$/);
    expect(value?.usage?.total_tokens).toBe((value?.usage?.input_tokens ?? 0) + (value?.usage?.output_tokens ?? 0));
    expect(value?._request_id).toMatch(/^req_/);
    expect(told('call')).toMatchObject([{ role: 'primary', protocol: 'openai-responses', stream: false }]);
    expect(io).toEqual([]);
  });

  it('reads raw events in their grammar', async () => {
    const { value = [] } = await meet(async () => {
      const events = [];
      for await (const event of await open().responses.create({ ...ask, stream: true })) events.push(event);
      return events;
    });
    expect(value.map(({ sequence_number }) => sequence_number)).toEqual(value.map((_, i) => i));
    const types = value.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]);
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  it.each([{}, { reasoning: { summary: 'auto' as const } }])(
    'streams through its helper to the same reply as unstreamed (%j)',
    async (more) => {
      const body = { ...ask, ...more, tools };
      const streamed = await meet(() => open().responses.stream(body).finalResponse());
      const whole = await meet(() => open().responses.parse(body));
      expect(streamed.error).toBeUndefined();
      expect(streamed.value?.output).toEqual(whole.value?.output);
      expect(streamed.value?.usage).toEqual(whole.value?.usage);
      expect(whole.value?.output.map(({ type }) => type)).toEqual(
        'reasoning' in more ? ['reasoning', 'function_call'] : ['function_call'],
      );
    },
  );

  it('parses arguments and structured answers', async () => {
    const lookup = zodResponsesFunction({ name: 'lookup_order', parameters: z.object({ order_id: z.string() }) });
    const called = await meet(() => open().responses.parse({ ...ask, tools: [lookup] }));
    expect(called.value?.output).toMatchObject([{ type: 'function_call', parsed_arguments: { order_id: '991' } }]);
    const format = zodTextFormat(z.object({ reply: z.string() }), 'reply');
    const parsed = await meet(() => open().responses.parse({ ...ask, text: { format } }));
    expect(parsed.value?.output_parsed).toEqual({ reply: answer });
    expect(parsed.value?.text).toMatchObject({ format: { type: 'json_schema', name: 'reply', strict: true } });
  });

  it.each<[string, Part[], object]>([
    [
      'a refusal',
      [
        { type: 'refusal-delta', text: 'I will not.' },
        { type: 'end', reason: 'refusal' },
      ],
      { status: 'completed', output: [{ content: [{ type: 'refusal', refusal: 'I will not.' }] }] },
    ],
    [
      'half an answer',
      [
        { type: 'text-delta', text: 'Order' },
        { type: 'end', reason: 'length' },
      ],
      {
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ status: 'incomplete' }],
        output_parsed: null,
      },
    ],
    [
      'a filtered answer',
      [{ type: 'end', reason: 'content-filter' }],
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] },
    ],
    [
      'a failure',
      [{ type: 'error', mode: 'server_error', message: 'oh', inBand: true, shape: 'failed' }],
      { status: 'failed', error: { code: 'server_error', message: 'oh' }, output: [] },
    ],
  ])('is told of %s by the status, whole and streamed', async (_, parts, expected) => {
    const format = zodTextFormat(z.object({ reply: z.string() }), 'reply');
    const body = { ...ask, text: { format } };
    const whole = await meet(() => open().responses.parse(body), [says(...parts)]);
    const streamed = await meet(() => open().responses.stream(body).finalResponse(), [says(...parts)]);
    for (const { value, error } of [whole, streamed]) {
      expect(error).toBeUndefined();
      expect(value).toMatchObject(expected);
    }
  });

  const raw = (parts: Part[]) =>
    meet(async () => {
      const seen: string[] = [];
      try {
        for await (const event of await open().responses.create({ ...ask, stream: true })) seen.push(event.type);
      } catch (error) {
        seen.push(error instanceof OpenAI.APIError ? `APIError ${error.code}` : String(error));
      }
      return seen;
    }, [says(...parts)]);
  const created: Part = { type: 'usage', input: 3, output: 0 };

  it.each<[string, Part[], string[]]>([
    ['nested and first', [{ type: 'error', mode: 'quota_exhausted', message: 'no', inBand: true }], []],
    [
      'nested after the response was created',
      [created, { type: 'error', mode: 'context_overflow', message: 'no', inBand: true }],
      ['response.created', 'response.in_progress'],
    ],
  ])('throws for an error in the stream, %s', async (_, parts, before) => {
    const code =
      parts.at(-1)?.type === 'error' && before.length === 0 ? 'insufficient_quota' : 'context_length_exceeded';
    expect((await raw(parts)).value).toEqual([...before, `APIError ${code}`]);
  });

  it('takes a flat error for an event like any other, first, later and midway', async () => {
    const error: Part = { type: 'error', mode: 'server_error', message: 'oh', inBand: true };
    expect((await raw([error])).value).toEqual(['error']);
    expect((await raw([created, error])).value).toEqual(['response.created', 'response.in_progress', 'error']);
    const midway = await raw([{ type: 'text-delta', text: 'Half' }, error]);
    expect(midway.value?.slice(-2)).toEqual(['response.output_text.delta', 'error']);
    expect(midway.told('call-end')).toMatchObject([{ how: 'complete', status: 200, failure_mode: 'server_error' }]);
  });

  it('gets the provider’s own errors', async () => {
    const limited: Part = {
      type: 'error',
      mode: 'rate_limit',
      message: 'slow',
      retryAfter: { ms: 2500, as: 'seconds' },
    };
    const { error, at, told } = await meet(() => open().responses.create(ask), [says(limited)]);
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests' });
    // It waits as long as it is told to, to the millisecond.
    expect(told('call')).toHaveLength(3);
    expect(at).toBeGreaterThan(5000);
    const foreign = await meet(() => open().responses.create({ ...ask, ...{ messages: [] } }));
    expect(foreign.error).toMatchObject({ status: 400, code: 'unsupported_parameter' });
  });
});

describe('what the provider remembers', () => {
  const begin = (client = open()) => client.responses.create({ ...ask, tools, instructions: 'Be brief.' });

  it.each<[string, (first: Reply) => object]>([
    ['by the id of the reply', (first) => ({ previous_response_id: first.id, input: [output(callIn(first).call_id)] })],
    [
      'by the ids of its items',
      (first) => ({
        input: [
          { role: 'user', content: task.input },
          { type: 'item_reference', id: callIn(first).id },
          output(callIn(first).call_id),
        ],
      }),
    ],
    [
      'by its items sent back',
      (first) => ({ input: [{ role: 'user', content: task.input }, ...first.output, output(callIn(first).call_id)] }),
    ],
    [
      'although it stores nothing, where all is sent back',
      (first) => ({
        store: false,
        input: [{ role: 'user', content: task.input }, ...first.output, output(callIn(first).call_id)],
      }),
    ],
  ])('goes on %s', async (_, next) => {
    const { value, told } = await meet(async () => {
      const client = open();
      const first = await begin(client);
      return client.responses.create({ model: ask.model, tools, ...next(first) });
    });
    expect(value).toMatchObject({ output_text: answer });
    const [first, second] = told('call');
    expect(first?.digests.messages).toHaveLength(2);
    // Instructions are of one request only.
    expect(second?.digests.messages).toEqual([
      `user\n${task.input}`,
      'assistant\n',
      `tool\n${JSON.stringify({ shipped: 'Monday' })}`,
    ]);
    expect(second?.turn).toBe(2);
  });

  it('also streamed, and over three replies', async () => {
    const { value } = await meet(async () => {
      const client = open();
      const first = await client.responses.stream({ ...ask, tools }).finalResponse();
      const input = [output(callIn(first).call_id)];
      const second = await client.responses
        .stream({ model: ask.model, tools, previous_response_id: first.id, input })
        .finalResponse();
      const third = await client.responses.create({
        model: ask.model,
        tools,
        previous_response_id: second.id,
        input: 'Sure?',
      });
      return [second, third];
    });
    expect(value?.map((reply) => reply.output_text)).toEqual([answer, answer]);
    expect(value?.[1]?.usage?.input_tokens).toBeGreaterThan(value?.[0]?.usage?.input_tokens ?? 0);
  });

  const sealed = { reasoning: { summary: 'auto' as const }, include: ['reasoning.encrypted_content' as const] };

  it('knows its own thoughts again, also where it stores nothing', async () => {
    const { value } = await meet(async () => {
      const client = open();
      const body = { model: ask.model, tools, store: false, ...sealed };
      const first = await client.responses.create({ ...body, input: task.input });
      const { call_id } = callIn(first);
      const input = [{ role: 'user' as const, content: task.input }, ...first.output, output(call_id)];
      return [first, await client.responses.create({ ...body, input: input as never })];
    });
    expect(value?.[0]?.output[0]).toMatchObject({
      type: 'reasoning',
      encrypted_content: expect.stringMatching(/./),
      summary: [{ type: 'summary_text', text: expect.stringMatching(/./) }],
    });
    expect(value?.[0]?.usage?.output_tokens_details.reasoning_tokens).toBeGreaterThan(0);
    expect(value?.[1]?.output_text).toBe(answer);
  });

  const later = async (client: InstanceType<typeof OpenAI>, body: object) =>
    client.responses.create({ model: 'gpt-5-mini', tools, input: 'And?', ...body });
  it.each<[string, () => Promise<unknown>, object]>([
    [
      'a reply it never gave',
      () => later(open(), { previous_response_id: 'resp_0' }),
      { status: 400, code: 'previous_response_not_found', param: 'previous_response_id' },
    ],
    [
      'another provider’s reply',
      async () => later(other(), { model: 'gpt-5-nano', previous_response_id: (await begin()).id }),
      { status: 400, code: 'previous_response_not_found' },
    ],
    [
      'a reply it was not to store',
      async () => later(open(), { previous_response_id: (await later(open(), { store: false })).id }),
      { status: 400, code: 'previous_response_not_found' },
    ],
    [
      'an item it never gave',
      () => later(open(), { input: [{ type: 'item_reference', id: 'msg_0' }] }),
      { status: 404, param: 'input', message: "404 Item with id 'msg_0' not found." },
    ],
    [
      'a thought it was not to store',
      async () => {
        const first = await later(open(), { ...sealed, include: [], store: false });
        const [thought] = first.output;
        return later(open(), { store: false, input: [thought, { role: 'user', content: 'And?' }] });
      },
      { status: 404, message: expect.stringMatching(/Items are not persisted when `store` is set to false/) },
    ],
    [
      'another provider’s sealed thought',
      async () => {
        const first = await later(other(), { model: 'gpt-5-nano', ...sealed, store: false });
        return later(open(), { input: [first.output[0], { role: 'user', content: 'And?' }] });
      },
      { status: 400, code: 'invalid_encrypted_content' },
    ],
    [
      'a call without the thought that led to it',
      async () => {
        const first = await later(open(), { input: task.input, ...sealed });
        const { call_id, id } = callIn(first);
        return later(open(), { input: [{ type: 'item_reference', id }, output(call_id)] });
      },
      { status: 400, message: expect.stringMatching(/'fc_\w+' of type 'function_call' .* 'reasoning' item: 'rs_/) },
    ],
    [
      'a call left open',
      async () => later(open(), { previous_response_id: (await begin()).id }),
      { status: 400, param: 'input', message: expect.stringMatching(/No tool output found for function call call_/) },
    ],
    [
      'an output to no call',
      () => later(open(), { input: [output('call_9')] }),
      { status: 400, message: '400 No tool call found for function call output with call_id call_9.' },
    ],
    [
      'a conversation that nobody opened',
      () => later(open(), { conversation: 'conv_1' }),
      { status: 404, message: "404 Conversation with id 'conv_1' not found." },
    ],
  ])('does not go on from %s', async (_, work, expected) => {
    const { error } = await meet(work);
    expect(error).toMatchObject(expected);
  });
});

describe('beside the protocol of the role', () => {
  it('Chat Completions is served at the same address', async () => {
    const { value, told } = await meet(async () => {
      const body = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: task.input }] };
      const whole = await open().chat.completions.create(body);
      const streamed = await open()
        .chat.completions.stream({ ...body, stream_options: { include_usage: true } })
        .finalChatCompletion();
      return [whole, streamed];
    });
    expect(value?.map((reply) => reply.choices[0]?.message.content)).toEqual([answer, answer]);
    expect(told('call').map(({ protocol }) => protocol)).toEqual(['openai-chat', 'openai-chat']);
  });

  it('embeddings are the same for the same words, near for the same and far for others', async () => {
    const { value, told } = await meet(async () => {
      const create = (more: object = {}) =>
        open().embeddings.create({ model: 'text-embedding-3-small', input: TEXTS, ...more });
      // The SDK asks for base64 and decodes it.
      return [await create(), await create({ encoding_format: 'float' }), await create({ dimensions: 64 })] as const;
    });
    if (value === undefined) throw new Error('no reply');
    const [packed, plain, short] = value;
    expect(packed.data.map(({ index, embedding }) => [index, embedding.length])).toEqual(
      TEXTS.map((_, i) => [i, 1536]),
    );
    expect(short.data.map(({ embedding }) => embedding.length)).toEqual(TEXTS.map(() => 64));
    expect(packed.data).toEqual(plain.data);
    const [a = [], b = [], c = []] = plain.data.map(({ embedding }) => embedding);
    const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
    expect(dot(a, a)).toBeCloseTo(1, 5);
    expect(dot(a, b)).toBeGreaterThan(dot(a, c) + 0.3);
    expect(plain.usage.total_tokens).toBeGreaterThan(0);
    expect(told('call')).toEqual([]);
  });
  const TEXTS = ['Where is my order 991?', 'My order: where is it?', 'Roast coffee beans in autumn'];

  it('a list of tokens is one input', async () => {
    const input = [
      [1, 2],
      [3, 4],
    ];
    const { value } = await meet(async () => [
      await open().embeddings.create({ model: 'm', input }),
      await open().embeddings.create({ model: 'm', input: input[0] ?? [] }),
    ]);
    expect(value?.map(({ data }) => data.length)).toEqual([2, 1]);
  });

  it('moderations flag nothing, text by text', async () => {
    const { value } = await meet(() => open().moderations.create({ input: ['a', 'b'] }));
    expect(value?.results).toHaveLength(2);
    expect(value?.results[0]).toMatchObject({ flagged: false, categories: { violence: false } });
  });

  it('tells what went there, however it was put in: the question as one of several texts, and no other', async () => {
    const { told } = await meet(async () => {
      await open().embeddings.create({ model: 'm', input: ['Roast coffee beans', task.input] });
      await open().moderations.create({ input: [{ type: 'text', text: task.input }] });
      await open().embeddings.create({ model: 'm', input: 'Roast coffee beans in autumn' });
      await open().models.list();
    });
    expect(told('plain-call').map(({ role, method, questions }) => [role, method, questions])).toEqual([
      ['primary', 'POST', 1],
      ['primary', 'POST', 1],
      ['primary', 'POST', undefined],
      ['primary', 'GET', undefined],
    ]);
  });

  it('models are those of the roles, and no other', async () => {
    const { value, error } = await meet(async () => {
      const names = [];
      for await (const model of open().models.list()) names.push(model.id);
      return [...names, (await open().models.retrieve('gpt-5-mini')).object];
    });
    expect(error).toBeUndefined();
    expect(value).toEqual(['gpt-5-mini', 'model']);
    expect((await meet(() => open().models.retrieve('gpt-9'))).error).toMatchObject({ status: 404 });
  });
});
