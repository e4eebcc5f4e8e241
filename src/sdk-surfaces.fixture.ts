import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { Role } from './core/declaration.ts';
import { mockKey } from './stand/route.ts';
import { installRoutes } from './world/index.ts';

// Before the SDKs are imported, as bin does it: they keep what they find.
installRoutes();

/** A folder whose node_modules holds other versions of the SDKs; without it, they are this package's own. */
export const SDKS = process.env['SDKS'];

/** Node itself resolves what a file in that folder imports. */
function importerIn(folder: string): (name: string) => Promise<never> {
  const file = resolve(folder, 'import-from-here.cjs');
  writeFileSync(file, 'module.exports = (name) => import(name);\n');
  return createRequire(file)(file);
}
const away = SDKS === undefined ? undefined : importerIn(SDKS);
const load = <T>(name: string, own: () => Promise<T>): Promise<T> => (away === undefined ? own() : away(name));

const { default: OpenAI } = await load('openai', () => import('openai'));
const { default: Anthropic } = await load('@anthropic-ai/sdk', () => import('@anthropic-ai/sdk'));
const { GoogleGenAI } = await load('@google/genai', () => import('@google/genai'));
const { generateText, jsonSchema, streamText, tool } = await load('ai', () => import('ai'));
const { createOpenAI } = await load('@ai-sdk/openai', () => import('@ai-sdk/openai'));
const { createAnthropic } = await load('@ai-sdk/anthropic', () => import('@ai-sdk/anthropic'));
const { createGoogleGenerativeAI } = await load('@ai-sdk/google', () => import('@ai-sdk/google'));
const { ChatOpenAI } = await load('@langchain/openai', () => import('@langchain/openai'));
const { ChatAnthropic } = await load('@langchain/anthropic', () => import('@langchain/anthropic'));
const { ChatGoogleGenerativeAI } = await load('@langchain/google-genai', () => import('@langchain/google-genai'));

export const PACKAGES = [
  'openai',
  '@anthropic-ai/sdk',
  '@google/genai',
  'ai',
  '@ai-sdk/openai',
  '@ai-sdk/anthropic',
  '@ai-sdk/google',
  '@langchain/core',
  '@langchain/openai',
  '@langchain/anthropic',
  '@langchain/google-genai',
];

/** The tool of the task, as each SDK wants it described. */
export const TOOL = {
  name: 'issue_refund',
  description: 'Pays money back.',
  parameters: {
    type: 'object',
    properties: { order_id: { type: 'string' }, amount: { type: 'number' } },
    required: ['order_id', 'amount'],
  },
} as const;

/** What a caller is given: its question, and how it asks. */
export interface Asked {
  prompt: string;
  tools: boolean;
  /** Milliseconds that it waits, by the SDK's own option; the SDK's default without it. */
  timeout: number | undefined;
  /** Text that a user can see, as soon as it can be seen. */
  show(text: string | undefined | null): void;
}

/** What a caller has in hand at the end, where nothing was thrown. */
export interface Got {
  /** Undefined where the SDK gives none. */
  text: string | undefined;
  finish?: string | null | undefined;
  calls?: readonly unknown[] | undefined;
  /** Where the SDK gives no object at all: what it gives. */
  value?: unknown;
  /** Errors that are told beside the text, and not thrown. */
  errors?: readonly unknown[];
}

export interface Surface {
  sdk: string;
  /** Unlike any other of its SDK. */
  name: string;
  stream: boolean;
  role: Role;
  ask(asked: Asked): Promise<Got>;
}

const ROLES = {
  chat: {
    ...{ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model: 'gpt-5-mini' },
    key_env: 'OPENAI_API_KEY',
  },
  responses: {
    ...{ provider: 'openai', protocol: 'openai-responses', base_url: 'https://api.openai.com/v1', model: 'gpt-5-mini' },
    key_env: 'OPENAI_API_KEY',
  },
  anthropic: {
    ...{ provider: 'anthropic', protocol: 'anthropic-messages', base_url: 'https://api.anthropic.com' },
    ...{ model: 'claude-haiku-4-5', key_env: 'ANTHROPIC_API_KEY' },
  },
  gemini: {
    ...{ provider: 'google', protocol: 'gemini', base_url: 'https://generativelanguage.googleapis.com' },
    ...{ model: 'gemini-3-flash-preview', key_env: 'GEMINI_API_KEY' },
  },
} satisfies Record<string, Role>;

const gpt = ROLES.chat.model;
const claude = ROLES.anthropic.model;
const gemini = ROLES.gemini.model;
const apiKey = mockKey(ROLES.chat);

/** Only what is there: an SDK takes `timeout: undefined` for a wish. */
const timed = (timeout: number | undefined) => (timeout === undefined ? {} : { timeout });
/** A reply that is no object at all is a finding of its own. */
const odd = (value: unknown) => (typeof value === 'object' && value !== null ? {} : { value });

// --- openai -------------------------------------------------------------------

const openai = ({ timeout }: Asked) => new OpenAI({ apiKey, ...timed(timeout) });
const chatBody = ({ prompt, tools }: Asked) => ({
  model: gpt,
  messages: [{ role: 'user' as const, content: prompt }],
  ...(tools && { tools: [{ type: 'function' as const, function: TOOL }] }),
});
const responsesBody = ({ prompt, tools }: Asked) => ({
  model: gpt,
  input: prompt,
  ...(tools && { tools: [{ type: 'function' as const, ...TOOL, strict: false }] }),
});

interface Finished {
  status?: string | undefined;
  incomplete_details?: { reason?: string | undefined } | null | undefined;
  output?: readonly { type: string }[] | undefined;
}
const responsesEnd = ({ status, incomplete_details: cut, output = [] }: Finished) => ({
  finish: cut?.reason ?? status,
  calls: output.filter(({ type }) => type === 'function_call'),
});

const OPENAI: Omit<Surface, 'sdk'>[] = [
  {
    ...{ name: 'chat', stream: false, role: ROLES.chat },
    async ask(asked) {
      const reply = await openai(asked).chat.completions.create(chatBody(asked));
      const choice = reply?.choices?.[0];
      const { content, tool_calls: calls } = choice?.message ?? {};
      return { text: content ?? undefined, finish: choice?.finish_reason, calls, ...odd(reply) };
    },
  },
  {
    ...{ name: 'chat, stream', stream: true, role: ROLES.chat },
    async ask(asked) {
      const got = gathering(asked);
      for await (const chunk of await openai(asked).chat.completions.create({ ...chatBody(asked), stream: true })) {
        const choice = chunk.choices?.[0];
        got.add(choice?.delta?.content, choice?.finish_reason);
        got.calls.push(...(choice?.delta?.tool_calls?.filter(({ id }) => id) ?? []));
      }
      return got;
    },
  },
  {
    ...{ name: 'chat, .stream()', stream: true, role: ROLES.chat },
    async ask(asked) {
      const stream = openai(asked).chat.completions.stream(chatBody(asked));
      stream.on('content', (text) => asked.show(text));
      const choice = (await stream.finalChatCompletion()).choices[0];
      const { content, tool_calls: calls } = choice?.message ?? {};
      return { text: content ?? undefined, finish: choice?.finish_reason, calls };
    },
  },
  {
    ...{ name: 'responses', stream: false, role: ROLES.responses },
    async ask(asked) {
      const reply = await openai(asked).responses.create(responsesBody(asked));
      return { text: reply?.output_text, ...responsesEnd(reply ?? {}), ...odd(reply) };
    },
  },
  {
    ...{ name: 'responses, stream', stream: true, role: ROLES.responses },
    async ask(asked) {
      const got = gathering(asked);
      for await (const event of await openai(asked).responses.create({ ...responsesBody(asked), stream: true })) {
        if (event.type === 'response.output_text.delta') got.add(event.delta);
        if (event.type === 'error') got.add(undefined, `error event ${event.code}`);
        if (!('response' in event) || !event.response) continue;
        const { finish, calls } = responsesEnd(event.response);
        got.add(undefined, finish);
        got.calls = calls;
      }
      return got;
    },
  },
  {
    ...{ name: 'responses, .stream()', stream: true, role: ROLES.responses },
    async ask(asked) {
      const stream = openai(asked).responses.stream(responsesBody(asked));
      stream.on('response.output_text.delta', ({ delta }) => asked.show(delta));
      const reply = await stream.finalResponse();
      return { text: reply.output_text, ...responsesEnd(reply) };
    },
  },
];

// --- @anthropic-ai/sdk --------------------------------------------------------

const anthropic = ({ timeout }: Asked) => new Anthropic({ apiKey: mockKey(ROLES.anthropic), ...timed(timeout) });
const messagesBody = ({ prompt, tools }: Asked) => ({
  model: claude,
  max_tokens: 500,
  messages: [{ role: 'user' as const, content: prompt }],
  ...(tools && { tools: [{ name: TOOL.name, description: TOOL.description, input_schema: schema() }] }),
});
const schema = () => ({ ...TOOL.parameters, required: [...TOOL.parameters.required] });

interface Said {
  content?: readonly { type: string; text?: string }[];
  stop_reason?: string | null;
}
const messageEnd = ({ content, stop_reason: finish }: Said): Got => ({
  text: content?.map(({ text = '' }) => text).join(''),
  finish,
  calls: content?.filter(({ type }) => type === 'tool_use'),
});

const ANTHROPIC: Omit<Surface, 'sdk'>[] = [
  {
    ...{ name: 'messages', stream: false, role: ROLES.anthropic },
    async ask(asked) {
      const reply = await anthropic(asked).messages.create(messagesBody(asked));
      return { ...messageEnd(reply ?? {}), ...odd(reply) };
    },
  },
  {
    ...{ name: 'messages, stream', stream: true, role: ROLES.anthropic },
    async ask(asked) {
      const got = gathering(asked);
      for await (const event of await anthropic(asked).messages.create({ ...messagesBody(asked), stream: true })) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') got.add(event.delta.text);
        if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') got.calls.push(event);
        if (event.type === 'message_delta') got.add(undefined, event.delta.stop_reason);
      }
      return got;
    },
  },
  {
    ...{ name: 'messages, .stream()', stream: true, role: ROLES.anthropic },
    async ask(asked) {
      const stream = anthropic(asked).messages.stream(messagesBody(asked));
      stream.on('text', (text) => asked.show(text));
      return messageEnd(await stream.finalMessage());
    },
  },
];

// --- @google/genai ------------------------------------------------------------

const genai = ({ timeout }: Asked) =>
  new GoogleGenAI({ apiKey: mockKey(ROLES.gemini), httpOptions: { ...timed(timeout) } });
const geminiBody = ({ prompt, tools }: Asked) => ({
  model: gemini,
  contents: prompt,
  ...(tools && {
    config: {
      tools: [
        { functionDeclarations: [{ name: TOOL.name, description: TOOL.description, parametersJsonSchema: schema() }] },
      ],
    },
  }),
});

const GOOGLE: Omit<Surface, 'sdk'>[] = [
  {
    ...{ name: 'generateContent', stream: false, role: ROLES.gemini },
    async ask(asked) {
      const reply = await genai(asked).models.generateContent(geminiBody(asked));
      const finish = reply.candidates?.[0]?.finishReason;
      return { text: reply.text, finish, calls: reply.functionCalls };
    },
  },
  {
    ...{ name: 'generateContentStream', stream: true, role: ROLES.gemini },
    async ask(asked) {
      const got = gathering(asked);
      for await (const chunk of await genai(asked).models.generateContentStream(geminiBody(asked))) {
        got.add(chunk.text, chunk.candidates?.[0]?.finishReason);
        got.calls.push(...(chunk.functionCalls ?? []));
      }
      return got;
    },
  },
];

/** The AI SDK tells it in a stream, and throws nothing. */
export const ABORTED = 'abort part';

// --- the AI SDK ---------------------------------------------------------------

const AI_MODELS = [
  { of: 'openai', role: ROLES.responses, model: () => createOpenAI({ apiKey })(gpt) },
  { of: 'openai.chat', role: ROLES.chat, model: () => createOpenAI({ apiKey }).chat(gpt) },
  {
    of: 'anthropic',
    role: ROLES.anthropic,
    model: () => createAnthropic({ apiKey: mockKey(ROLES.anthropic) })(claude),
  },
  {
    of: 'google',
    role: ROLES.gemini,
    model: () => createGoogleGenerativeAI({ apiKey: mockKey(ROLES.gemini) })(gemini),
  },
];
const aiBody = ({ prompt, tools, timeout }: Asked) => ({
  prompt,
  ...(timeout !== undefined && { abortSignal: AbortSignal.timeout(timeout) }),
  ...(tools && {
    tools: { [TOOL.name]: tool({ description: TOOL.description, inputSchema: jsonSchema(schema()) }) },
  }),
});

const AI_SDK: Omit<Surface, 'sdk'>[] = AI_MODELS.flatMap(({ of, role, model }) => [
  {
    ...{ name: `${of}, generateText`, stream: false, role },
    async ask(asked: Asked) {
      const { text, finishReason: finish, toolCalls: calls } = await generateText({ ...aiBody(asked), model: model() });
      return { text, finish, calls };
    },
  },
  {
    ...{ name: `${of}, streamText`, stream: true, role },
    async ask(asked: Asked) {
      const got = gathering(asked);
      const { fullStream } = streamText({ ...aiBody(asked), model: model(), onError() {} });
      for await (const part of fullStream) {
        if (part.type === 'text-delta') got.add(part.text);
        if (part.type === 'error') got.errors.push(part.error);
        if (part.type === 'abort') got.add(undefined, ABORTED);
        if (part.type === 'tool-call') got.calls.push(part);
        if (part.type === 'finish') got.add(undefined, part.finishReason);
      }
      return got;
    },
  },
]);

// --- LangChain ----------------------------------------------------------------

const LANGCHAIN_MODELS = [
  {
    of: 'ChatOpenAI',
    role: ROLES.chat,
    model: ({ timeout }: Asked) => new ChatOpenAI({ model: gpt, apiKey, ...timed(timeout) }),
    options: () => ({}),
  },
  {
    of: 'ChatAnthropic',
    role: ROLES.anthropic,
    model: ({ timeout }: Asked) =>
      new ChatAnthropic({ model: claude, apiKey: mockKey(ROLES.anthropic), clientOptions: timed(timeout) }),
    options: () => ({}),
  },
  {
    of: 'ChatGoogleGenerativeAI',
    role: ROLES.gemini,
    model: () => new ChatGoogleGenerativeAI({ model: gemini, apiKey: mockKey(ROLES.gemini) }),
    // It has no option for it.
    options: ({ timeout }: Asked) => (timeout === undefined ? {} : { signal: AbortSignal.timeout(timeout) }),
  },
] as const;

const LANGCHAIN_TOOL = { type: 'function', function: { ...TOOL, parameters: schema() } } as const;

interface Message {
  text: string;
  response_metadata: Record<string, unknown>;
  additional_kwargs: Record<string, unknown>;
  tool_calls?: readonly unknown[] | undefined;
  invalid_tool_calls?: readonly unknown[] | undefined;
}
const FINISH = ['finish_reason', 'stop_reason', 'finishReason'];
const finishIn = (message: Message): string | undefined =>
  [message.response_metadata, message.additional_kwargs]
    .flatMap((data) => FINISH.map((key) => data[key]))
    .find((value) => typeof value === 'string');
const callsIn = ({ tool_calls = [], invalid_tool_calls = [] }: Message) => [...tool_calls, ...invalid_tool_calls];

const LANGCHAIN: Omit<Surface, 'sdk'>[] = LANGCHAIN_MODELS.flatMap(({ of, role, model, options }) => {
  const bound = (asked: Asked) => (asked.tools ? model(asked).bindTools([LANGCHAIN_TOOL]) : model(asked));
  return [
    {
      ...{ name: `${of}, invoke`, stream: false, role },
      async ask(asked: Asked) {
        const message = await bound(asked).invoke(asked.prompt, options(asked));
        return { text: message.text, finish: finishIn(message), calls: callsIn(message) };
      },
    },
    {
      ...{ name: `${of}, stream`, stream: true, role },
      async ask(asked: Asked) {
        const got = gathering(asked);
        for await (const chunk of await bound(asked).stream(asked.prompt, options(asked))) {
          got.add(chunk.text, finishIn(chunk));
          got.calls.push(...(chunk.tool_calls ?? []));
        }
        return got;
      },
    },
  ];
});

/** What a stream has told so far. */
function gathering({ show }: Asked) {
  const got = {
    text: '',
    finish: undefined as string | undefined,
    calls: [] as unknown[],
    errors: [] as unknown[],
    add(text: string | null | undefined, finish?: string | null) {
      show(text);
      got.text += text ?? '';
      got.finish = finish ?? got.finish;
    },
  };
  return got;
}

export const SURFACES: Surface[] = Object.entries({
  openai: OPENAI,
  '@anthropic-ai/sdk': ANTHROPIC,
  '@google/genai': GOOGLE,
  'AI SDK': AI_SDK,
  LangChain: LANGCHAIN,
}).flatMap(([sdk, surfaces]) => surfaces.map((surface) => ({ sdk, ...surface })));
