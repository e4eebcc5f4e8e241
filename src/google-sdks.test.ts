import { expect, it } from 'vitest';
import type { Roles } from './core/declaration.ts';
import { GoldenTask } from './core/golden-task.ts';
import type { ModelCall } from './core/model-call.ts';
import type { ArmedFault } from './core/stand.ts';
import { createTrigger, TriggerSpec } from './core/trigger.ts';
import type { ErrorPart, Part, Reply } from './core/wire.ts';
import { mockKey } from './stand/route.ts';
import { meet as meetAt } from './stand/sdk.fixture.ts';

// After the fixture, which installs the routes: they keep what they find.
const { ApiError, GoogleGenAI, Type } = await import('@google/genai');
const { generateObject, generateText, stepCountIs, streamText, tool } = await import('ai');
const { createGoogleGenerativeAI } = await import('@ai-sdk/google');
const { default: OpenAI } = await import('openai');
const { z } = await import('zod');

const HOST = 'https://generativelanguage.googleapis.com';
const role = { provider: 'google', protocol: 'gemini', base_url: HOST, model: 'gemini-3-flash-preview' };
const key = mockKey({ ...role, key_env: 'GEMINI_API_KEY' });
const answer = 'On Sunday we open at 10 am and close at 4 pm; Größe 42 – “wide fit” 🙂. [hours_v2]';
const prompt = 'When are you open on Sunday?';
const looks = { tool: 'lookup_hours', args: { day: 'sunday' }, returns: { opens: '10 am' } };
const model = role.model;

type Client = InstanceType<typeof GoogleGenAI>;

interface Setting {
  faults?: ArmedFault[];
  turns?: object[];
  roles?: Roles;
}

/** Lets a client work against the stand in virtual time, and says what was seen. */
function meet<T>(task: (client: Client) => Promise<T>, setting: Setting = {}) {
  const { faults = [], turns = [], roles = { primary: role } } = setting;
  const golden = GoldenTask.parse({ name: 'hours', input: prompt, tenant: 'acme', answer, turns });
  return meetAt(() => task(new GoogleGenAI({ apiKey: key })), faults, roles, golden);
}

/** A fault that replies these parts in place of what was asked for, or after its first pieces. */
function replies(parts: Part[], after = 0): ArmedFault {
  return {
    fault: 'replies',
    effect: 'fails',
    shared: false,
    role: 'primary',
    trigger: createTrigger(TriggerSpec.parse({})),
    tenants: undefined,
    tasks: undefined,
    open: () => ({
      kind: 'meaning',
      async inject(call: ModelCall, next: (call: ModelCall) => Promise<Reply>): Promise<Reply> {
        const reply = await next(call);
        async function* said(): AsyncGenerator<Part> {
          let n = 0;
          if (reply.kind === 'http') for await (const part of reply.parts) if (n++ < after) yield part;
          yield* parts;
        }
        return { kind: 'http', parts: said() };
      },
    }),
  };
}
const failing = (part: Omit<ErrorPart, 'type' | 'message'>, after = 0) =>
  replies([{ type: 'error', message: 'try later', ...part }], after);

const ask = (client: Client, config = {}) => client.models.generateContent({ model, contents: prompt, config });
const declaration = {
  name: 'lookup_hours',
  description: 'Opening hours.',
  parameters: { type: Type.OBJECT, properties: { day: { type: Type.STRING } }, required: ['day'] },
};

it('@google/genai reads a whole answer', async () => {
  const { value, error, io, told } = await meet((client) => ask(client));
  expect(error).toBeUndefined();
  expect(value?.text).toBe(answer);
  expect(value?.candidates?.[0]?.finishReason).toBe('STOP');
  expect(value?.usageMetadata).toMatchObject({ promptTokenCount: 7, candidatesTokenCount: 21, totalTokenCount: 28 });
  expect(value?.modelVersion).toBe(model);
  expect(told('call')).toMatchObject([{ role: 'primary', protocol: 'gemini', model, stream: false }]);
  expect(told('unscripted-call')).toEqual([]);
  expect(io).toEqual([]);
});

it('@google/genai reads a streamed answer in pieces, with its counts at the end', async () => {
  const { value, error, io, told } = await meet(async (client) => {
    const chunks = [];
    for await (const chunk of await client.models.generateContentStream({ model, contents: prompt }))
      chunks.push(chunk);
    return chunks;
  });
  expect(error).toBeUndefined();
  expect(value?.map((c) => c.text ?? '').join('')).toBe(answer);
  expect(value?.length).toBeGreaterThan(3);
  expect(value?.at(-1)?.candidates?.[0]?.finishReason).toBe('STOP');
  expect(value?.at(-1)?.usageMetadata?.totalTokenCount).toBe(28);
  expect(told('call-end')).toMatchObject([{ how: 'complete', failure_mode: null, tokens: { output: 21 } }]);
  expect(io).toEqual([]);
});

it('@google/genai is told thoughts, and their signature is its own again', async () => {
  const { value, error } = await meet(async (client) => {
    const first = await ask(client, { thinkingConfig: { includeThoughts: true } });
    const said = first.candidates?.[0]?.content;
    const next = [
      { role: 'user', parts: [{ text: prompt }] },
      ...(said ? [said] : []),
      { role: 'user', parts: [{ text: 'Sure?' }] },
    ];
    return [first, await client.models.generateContent({ model, contents: next })];
  });
  expect(error).toBeUndefined();
  const parts = value?.[0]?.candidates?.[0]?.content?.parts;
  expect(parts).toMatchObject([{ thought: true }, { text: answer, thoughtSignature: expect.any(String) }]);
  expect(value?.[0]?.usageMetadata?.thoughtsTokenCount).toBeGreaterThan(0);
  expect(value?.[1]?.text).toBe(answer);
});

it('@google/genai calls a tool by hand, and brings back its signature', async () => {
  const { value, error, told } = await meet(
    async (client) => {
      const config = { tools: [{ functionDeclarations: [declaration] }] };
      const first = await ask(client, config);
      const [call] = first.functionCalls ?? [];
      const said = first.candidates?.[0]?.content;
      const response = { functionResponse: { id: call?.id ?? '', name: call?.name ?? '', response: looks.returns } };
      const contents = [
        { role: 'user', parts: [{ text: prompt }] },
        ...(said ? [said] : []),
        { role: 'user', parts: [response] },
      ];
      return { call, reply: await client.models.generateContent({ model, contents, config }) };
    },
    { turns: [looks] },
  );
  expect(error).toBeUndefined();
  expect(value?.call).toEqual({ id: 'call_hours_1', name: 'lookup_hours', args: { day: 'sunday' } });
  expect(value?.reply.text).toBe(answer);
  expect(told('call').map((c) => [c.turn, c.tools])).toEqual([
    [1, ['lookup_hours']],
    [2, ['lookup_hours']],
  ]);
});

it('@google/genai calls tools by itself', async () => {
  let asked = 0;
  const callable = {
    tool: async () => ({ functionDeclarations: [declaration] }),
    async callTool(calls: { id?: string; name?: string }[]) {
      asked += calls.length;
      return calls.map(({ id, name }) => ({
        functionResponse: { ...(id && { id }), ...(name && { name }), response: looks.returns },
      }));
    },
  };
  for (const stream of [false, true]) {
    const { value, error, io } = await meet(
      async (client) => {
        const asks = { model, contents: prompt, config: { tools: [callable] } };
        if (!stream) return (await client.models.generateContent(asks)).text;
        let text = '';
        for await (const chunk of await client.models.generateContentStream(asks)) text += chunk.text ?? '';
        return text;
      },
      { turns: [looks] },
    );
    expect([error, value, io]).toEqual([undefined, answer, []]);
  }
  expect(asked).toBe(2);
});

it('@google/genai keeps a chat, streamed or not', async () => {
  const { value, error, told } = await meet(async (client) => {
    const chat = client.chats.create({ model, config: { systemInstruction: 'Be brief.' } });
    const texts = [(await chat.sendMessage({ message: prompt })).text];
    let text = '';
    for await (const chunk of await chat.sendMessageStream({ message: 'And on Monday?' })) text += chunk.text ?? '';
    texts.push(text, (await chat.sendMessage({ message: 'Sure?' })).text);
    return texts;
  });
  expect([error, value]).toEqual([undefined, [answer, answer, answer]]);
  expect(told('call').map((c) => c.turn)).toEqual([1, 2, 3]);
  expect(told('call')[2]?.digests.messages).toEqual([
    'system\nBe brief.',
    ...[`user\n${prompt}`, `assistant\n${answer}`, 'user\nAnd on Monday?', `assistant\n${answer}`, 'user\nSure?'],
  ]);
});

it('@google/genai is answered in the shape it asks for, by JSON Schema and by its own', async () => {
  const { value, error } = await meet(async (client) => {
    const properties = { answer: { type: 'string' }, sure: { type: 'boolean' } };
    const json = { type: 'object', properties, required: ['answer', 'sure'], additionalProperties: false };
    const own = { type: Type.OBJECT, properties: { answer: { type: Type.STRING }, sure: { type: Type.BOOLEAN } } };
    const responseMimeType = 'application/json';
    const texts = [
      (await ask(client, { responseMimeType, responseJsonSchema: json })).text,
      (await ask(client, { responseMimeType, responseSchema: own })).text,
    ];
    return texts.map((text) => JSON.parse(text ?? ''));
  });
  expect([error, value]).toEqual([undefined, Array(2).fill({ answer, sure: true })]);
});

it.each([
  ['rate_limit', 429],
  ['quota_exhausted', 429],
  ['overloaded', 503],
  ['server_error', 500],
  ['auth', 400],
  ['regional_access', 400],
  ['timeout', 504],
  ['model_not_found', 404],
] as const)('@google/genai throws its ApiError for %s, with status %i, after one attempt', async (mode, status) => {
  const { error, told } = await meet((client) => ask(client), {
    faults: [failing({ mode, retryAfter: { ms: 17_000, as: 'seconds' } })],
  });
  if (!(error instanceof ApiError)) throw new Error(`not an ApiError: ${String(error)}`);
  expect(error.status).toBe(status);
  expect(JSON.parse(error.message).error).toMatchObject({ code: status });
  expect(told('call-head')).toMatchObject([{ status, headers: { 'content-type': 'application/json' } }]);
  expect(told('call-end')).toMatchObject([{ failure_mode: mode, retry_after_ms: 17_000 }]);
});

it('@google/genai tries again only where it is told to, and does not read when', async () => {
  const httpOptions = { retryOptions: { attempts: 3 } };
  const { error, told, at, io } = await meet((client) => ask(client, { httpOptions }), {
    faults: [failing({ mode: 'rate_limit', retryAfter: { ms: 60_000, as: 'seconds' } })],
  });
  expect(error).toMatchObject({ status: 429 });
  expect(told('call')).toHaveLength(3);
  expect(at).toBeGreaterThan(3000);
  expect(at).toBeLessThan(15_000);
  expect(io).toEqual([]);
});

it('@google/genai gives up when its own time is over', async () => {
  const never: ArmedFault = {
    ...failing({ mode: 'timeout' }),
    open: () => ({ kind: 'meaning', inject: (_call, _next, { clock, signal }) => clock.never(signal) }),
  };
  const { error, told, at } = await meet((client) => ask(client, { httpOptions: { timeout: 2000 } }), {
    faults: [never],
  });
  expect(error).toMatchObject({ name: 'AbortError' });
  expect([told('call').length, at]).toEqual([1, 2000]);
});

it('@google/genai throws for an error inside a stream, and reads a cut one as if it were whole', async () => {
  const stream = async (client: Client) => {
    let text = '';
    let finish: string | undefined;
    for await (const chunk of await client.models.generateContentStream({ model, contents: prompt })) {
      text += chunk.text ?? '';
      finish = chunk.candidates?.[0]?.finishReason ?? finish;
    }
    return { text, finish };
  };
  const failed = await meet(stream, { faults: [failing({ mode: 'overloaded', inBand: true }, 2)] });
  expect(failed.error).toMatchObject({ name: 'ApiError', status: 503 });
  const cut = await meet(stream, { faults: [failing({ mode: 'truncated', inBand: true }, 2)] });
  expect(cut.value).toEqual({ text: answer.slice(0, 48), finish: undefined });
  expect(cut.told('call-end')).toMatchObject([{ failure_mode: 'truncated' }]);
});

it('@google/genai does not throw for a blocked prompt, nor for a refusal', async () => {
  const blocked = await meet((client) => ask(client), {
    faults: [replies([{ type: 'end', reason: 'content-filter' }])],
  });
  expect(blocked.value?.promptFeedback).toMatchObject({ blockReason: 'SAFETY' });
  const words: Part = { type: 'refusal-delta', text: 'Not that.' };
  const refused = await meet((client) => ask(client), {
    faults: [replies([words, { type: 'end', reason: 'refusal' }])],
  });
  expect(refused.value?.candidates).toMatchObject([{ finishReason: 'PROHIBITED_CONTENT' }]);
  expect(refused.told('call-end')).toMatchObject([{ failure_mode: 'safety_block' }]);
});

it('@google/genai lists models, counts tokens and embeds', async () => {
  const { value, error, told } = await meet(async (client) => {
    const models = [];
    for await (const one of await client.models.list()) models.push(one.name);
    const { totalTokens } = await client.models.countTokens({ model, contents: prompt });
    const { embeddings } = await client.models.embedContent({
      model: 'gemini-embedding-001',
      contents: [prompt, 'no', prompt],
    });
    return { models, totalTokens, vectors: embeddings?.map((e) => e.values) };
  });
  expect(error).toBeUndefined();
  expect(value?.models).toEqual([`models/${model}`]);
  expect(value?.totalTokens).toBeGreaterThan(5);
  const [a, b, c] = value?.vectors ?? [];
  expect(a).toEqual(c);
  expect(a).not.toEqual(b);
  expect(told('call')).toEqual([]);
});

it('a client of OpenAI’s API is served at Google’s endpoint for it', async () => {
  const { value, error, told } = await meet(async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${HOST}/v1beta/openai/` });
    const reply = await client.chat.completions.create({ model, messages: [{ role: 'user', content: prompt }] });
    return reply.choices[0]?.message.content;
  });
  expect([error, value]).toEqual([undefined, answer]);
  expect(told('call')).toMatchObject([{ role: 'primary', protocol: 'openai-chat' }]);
  expect(told('unscripted-call')).toEqual([]);
});

const google = () => createGoogleGenerativeAI({ apiKey: key })(model);
const tools = {
  lookup_hours: tool({
    description: 'Opening hours.',
    inputSchema: z.object({ day: z.string() }),
    execute: async () => looks.returns,
  }),
};

it('the Vercel AI SDK reads answers, tools and shapes', async () => {
  for (const stream of [false, true]) {
    const { value, error, io, told } = await meet(
      async () => {
        const asks = { model: google(), prompt, tools, stopWhen: stepCountIs(3) };
        const result = stream ? streamText(asks) : await generateText(asks);
        return { text: await result.text, finish: await result.finishReason, steps: (await result.steps).length };
      },
      { turns: [looks] },
    );
    expect([error, value, io]).toEqual([undefined, { text: answer, finish: 'stop', steps: 2 }, []]);
    expect(told('unscripted-call')).toEqual([]);
  }
  const schema = z.object({ answer: z.string(), sure: z.boolean() });
  const { value, error } = await meet(async () => (await generateObject({ model: google(), prompt, schema })).object);
  expect([error, value]).toEqual([undefined, { answer, sure: true }]);
});

it('the Vercel AI SDK tries three times, and says which status it was', async () => {
  const { error, told, at } = await meet(() => generateText({ model: google(), prompt }), {
    faults: [failing({ mode: 'overloaded', retryAfter: { ms: 1000, as: 'seconds' } })],
  });
  expect(error).toMatchObject({ name: 'AI_RetryError', lastError: { statusCode: 503, isRetryable: true } });
  expect(told('call')).toHaveLength(3);
  // Two waits of its own, of 2 s and 4 s: the body's hint is not read.
  expect(at).toBeGreaterThan(6000);
});
