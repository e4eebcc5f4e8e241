import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CallBody, CallRefused, Image, Message, ToolSchema } from '../core/model-call.ts';
import type { Protocol } from '../core/protocol.ts';
import { header, type Part, type WireRequest } from '../core/wire.ts';
import { anthropicMessages, gemini, openaiChat, openaiResponses, protocols } from './index.ts';
import { fromUtf8, utf8 } from './json.ts';

const endpoint = { base_url: 'https://api.example.com/base/', api_key: 'key-1' };

function ask(protocol: Protocol, body: unknown, version: string | undefined = '2023-06-01') {
  const request: WireRequest = {
    method: 'POST',
    url: `https://h${protocol.path}`,
    headers: version === undefined ? [] : [['Anthropic-Version', version]],
    body: utf8(typeof body === 'string' ? body : JSON.stringify(body)),
  };
  return protocol.readCall(request);
}

const schema = {
  type: 'object',
  properties: { answer: { type: 'string' }, parts: { type: 'array', items: { type: 'string' } } },
  required: ['answer', 'parts'],
  additionalProperties: false,
};
const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const turn = fc.oneof(
  fc.tuple(words, words).map(([q, a]): Message[] => [
    { role: 'user', content: q },
    { role: 'assistant', content: a },
  ]),
  fc
    .tuple(words, fc.option(words), fc.dictionary(words, fc.string(), { maxKeys: 2 }), words)
    .map(([q, a, args, result]): Message[] => [
      { role: 'user', content: q },
      {
        role: 'assistant',
        content: a ?? '',
        toolCalls: [
          { id: 't1', name: 'look', arguments: JSON.stringify(args) },
          { id: 't2', name: 'look', arguments: '{}' },
        ],
      },
      { role: 'tool', content: result, toolCallId: 't1' },
      { role: 'tool', content: 'none', toolCallId: 't2' },
      { role: 'assistant', content: a ?? 'done' },
    ]),
);
const look: ToolSchema = { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } };
const calls = fc.record({
  model: words,
  messages: fc
    .tuple(fc.option(words), fc.array(turn, { maxLength: 3 }), words)
    .map(([system, turns, last]): Message[] => [
      ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
      ...turns.flat(),
      { role: 'user', content: last },
    ]),
  tools: fc.constantFrom<ToolSchema[][]>([], [look], [look, { ...look, name: 'listen' }]),
  must: fc.boolean(),
  responseSchema: fc.constantFrom(undefined, { name: 'response', schema }),
  maxOutputTokens: fc.integer({ min: 16, max: 9000 }),
  temperature: fc.constantFrom(0, 0.5, undefined),
  stream: fc.boolean(),
});

function accepted(read: CallBody | CallRefused): CallBody {
  if ('refused' in read) throw new Error(read.message);
  return read;
}

const dialects = Object.entries(openaiChat.dialects ?? {}).map(([name, protocol]) => ({
  voice: `openai-chat at ${name}`,
  protocol,
  runs: 12,
}));

describe.each([...protocols.map((protocol) => ({ voice: protocol.name, protocol, runs: 100 })), ...dialects])(
  '$voice',
  ({ protocol, runs }) => {
    it('reads what it writes', () => {
      fc.assert(
        fc.property(calls, (made) => {
          const { must, ...said } = made;
          const forced = must && said.tools.length > 0 ? { mustCall: said.tools.map(({ name }) => name) } : {};
          const call: CallBody = { protocol: protocol.name, ...said, ...forced };
          const { wishes, params, ...read } = accepted(protocol.readCall(protocol.writeCall(call, endpoint)));
          expect(read).toEqual(call);
        }),
        { numRuns: runs },
      );
    });

    it('loses no argument, whatever it is called', () => {
      const toolCalls = [{ id: 't1', name: 'look', arguments: '{"__proto__":"","constructor":1}' }];
      const messages: Message[] = [
        { role: 'user', content: 'look' },
        { role: 'assistant', content: '', toolCalls },
        { role: 'tool', content: 'seen', toolCallId: 't1' },
      ];
      const call: CallBody = {
        protocol: protocol.name,
        model: 'm',
        messages,
        tools: [],
        maxOutputTokens: 16,
        stream: false,
      };
      expect(protocol.readCall(protocol.writeCall(call, endpoint))).toMatchObject({ messages });
    });

    it('writes to its own path with its own key', () => {
      const request = protocol.writeCall(
        { protocol: protocol.name, model: 'm', messages: [], tools: [], stream: true },
        endpoint,
      );
      expect(header(request.headers, 'accept')).toBe('text/event-stream');
      const key = protocol.keyHeader ?? 'authorization';
      expect(header(request.headers, key)).toBe(key === 'authorization' ? 'Bearer key-1' : 'key-1');
      const path =
        protocol === gemini
          ? '/v1beta/models/m:streamGenerateContent?alt=sse'
          : protocol.path.replace(/\{deployment\}(.*)$/, 'm$1?api-version=2024-10-21');
      expect(request.url).toBe(`https://api.example.com/base${path}`);
      if (protocol === anthropicMessages) {
        expect(header(request.headers, 'anthropic-version')).toBe('2023-06-01');
        expect(JSON.parse(fromUtf8(request.body))).toMatchObject({ max_tokens: 4096 });
      }
    });
  },
);

const user = { role: 'user', content: 'Hi' };

it.each([
  [openaiChat, { messages: [user] }, { parallel_tool_calls: false }],
  [openaiResponses, { input: 'Hi' }, { parallel_tool_calls: false }],
  [anthropicMessages, { messages: [user], max_tokens: 9 }, { tool_choice: { disable_parallel_tool_use: true } }],
])('$name: a caller may want one tool call at a time', (protocol, said, wish) => {
  const body = { model: 'm', ...said };
  expect(accepted(ask(protocol, { ...body, ...wish }))).toMatchObject({ parallelCalls: false });
  expect(accepted(ask(protocol, body))).not.toHaveProperty('parallelCalls');
});

describe('whether the reply has to call a tool', () => {
  const parameters = { type: 'object', properties: {} };
  const names = ['look', 'listen'];
  const both = names.map((name) => ({ type: 'function', name, parameters }));
  const chat = {
    ...{ protocol: openaiChat, messages: [user] },
    tools: names.map((name) => ({ type: 'function', function: { name, parameters } })),
  };
  const responses = { protocol: openaiResponses, input: 'Hi', tools: both };
  const anthropic = {
    ...{ protocol: anthropicMessages, messages: [user], max_tokens: 9 },
    tools: names.map((name) => ({ name, input_schema: parameters })),
  };
  const google = {
    ...{ protocol: gemini, contents: [{ parts: [{ text: 'Hi' }] }] },
    tools: [{ functionDeclarations: names.map((name) => ({ name, parameters: { type: 'OBJECT', properties: {} } })) }],
  };
  const mode = (said: object) => ({ toolConfig: { functionCallingConfig: said } });

  it.each<[{ protocol: Protocol }, object, string[] | undefined]>([
    [chat, {}, undefined],
    [chat, { tool_choice: null }, undefined],
    [chat, { tool_choice: 'auto' }, undefined],
    [chat, { tool_choice: 'required' }, names],
    [chat, { tool_choice: 'any' }, names],
    [chat, { tool_choice: { type: 'function', function: { name: 'look' } } }, ['look']],
    [chat, { tool_choice: { type: 'custom', custom: { name: 'look' } } }, undefined],
    [responses, { tool_choice: 'auto' }, undefined],
    [responses, { tool_choice: 'required' }, names],
    [responses, { tool_choice: { type: 'function', name: 'listen' } }, ['listen']],
    [responses, { tool_choice: { type: 'mcp', name: 'listen', server_label: 'x' } }, undefined],
    [anthropic, { tool_choice: { type: 'auto' } }, undefined],
    [anthropic, { tool_choice: { type: 'any' } }, names],
    [anthropic, { tool_choice: { type: 'tool', name: 'look' } }, ['look']],
    [google, mode({ mode: 'AUTO' }), undefined],
    [google, mode({ mode: 'ANY' }), names],
    [google, mode({ mode: 'ANY', allowedFunctionNames: ['look'] }), ['look']],
    [
      google,
      { tool_config: { function_calling_config: { mode: 'ANY', allowed_function_names: ['listen'] } } },
      ['listen'],
    ],
  ])('$protocol.name is told by %j', ({ protocol, ...body }, choice, wanted) => {
    const read = accepted(ask(protocol, { ...(protocol !== gemini && { model: 'm' }), ...body, ...choice }));
    expect(read.tools.map(({ name }) => name)).toEqual(names);
    expect(read.mustCall).toEqual(wanted);
  });

  it.each<[{ protocol: Protocol }, object]>([
    [chat, { tool_choice: 'none' }],
    [responses, { tool_choice: 'none' }],
    [anthropic, { tool_choice: { type: 'none' } }],
    [google, mode({ mode: 'NONE' })],
  ])('$protocol.name: tools that may not be called are not offered', ({ protocol, ...body }, choice) => {
    const read = accepted(ask(protocol, { ...(protocol !== gemini && { model: 'm' }), ...body, ...choice }));
    expect(read.tools).toEqual([]);
    expect(read).not.toHaveProperty('mustCall');
  });

  it.each([chat, responses, anthropic])(
    '$protocol.name: where none is offered, none has to be called',
    ({ protocol, ...body }) => {
      const choice = protocol === anthropicMessages ? { type: 'any' } : 'required';
      const read = accepted(ask(protocol, { model: 'm', ...body, tools: undefined, tool_choice: choice }));
      expect(read).not.toHaveProperty('mustCall');
    },
  );
});

describe('openai-chat refuses', () => {
  const good = { model: 'm', messages: [user] };
  it.each<[string, unknown, string | undefined, RegExp]>([
    ['bad JSON', '{"model": ', undefined, /JSON/],
    ['no model', { messages: [user] }, 'model', /Missing required parameter: 'model'/],
    ['no messages', { model: 'm' }, 'messages', /Missing/],
    ['a model of the wrong type', { ...good, model: 4 }, 'model', /expected string/],
    ['messages of the wrong type', { ...good, messages: 'Hi' }, 'messages', /expected array/],
    ['an unknown role', { ...good, messages: [{ role: 'robot', content: '' }] }, 'messages[0].role', /Invalid/],
    ['a message without content', { ...good, messages: [user, { role: 'user' }] }, 'messages[1].content', /Missing/],
    ['a tool of another API', { ...good, tools: [{ name: 'x', input_schema: {} }] }, 'tools[0].type', /Missing/],
    ['a top-level system', { ...good, system: 'Be kind.' }, 'system', /Unrecognized request argument/],
    ['a limit that is none', { ...good, max_completion_tokens: 0 }, 'max_completion_tokens', /Invalid/],
    [
      'stream options without a stream',
      { ...good, stream_options: { include_usage: true } },
      'stream_options',
      /only allowed/,
    ],
    [
      'a tool result without its call',
      { ...good, messages: [user, { role: 'tool', content: 'x', tool_call_id: 'a' }] },
      'messages.[1].role',
      /preceding/,
    ],
    [
      'a tool call without its result',
      {
        ...good,
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'x', arguments: '{}' } }] },
          user,
        ],
      },
      'messages',
      /tool_call_id.*a/,
    ],
    [
      'a loose strict schema',
      {
        ...good,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'r', strict: true, schema: { ...schema, required: ['answer'] } },
        },
      },
      'response_format',
      /'parts' is missing/,
    ],
  ])('%s', (_, body, param, message) => {
    const refusal = ask(openaiChat, body);
    expect(refusal).toMatchObject({ refused: true, status: 400, ...(param !== undefined && { param }) });
    expect('refused' in refusal && refusal.message).toMatch(message);
  });

  it('and still says which model was asked for', () => {
    expect(ask(openaiChat, { model: 'm-7' })).toMatchObject({ refused: true, model: 'm-7' });
  });
});

describe('openai-responses refuses', () => {
  const good = { model: 'm', input: 'Hi' };
  const call = { type: 'function_call', call_id: 'a', name: 'x', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'a', output: 'x' };
  const object = { type: 'object', properties: { a: {} }, required: ['a'] };
  it.each<[string, unknown, string | undefined, string | undefined, RegExp]>([
    ['bad JSON', '{"model": ', undefined, undefined, /JSON/],
    ['no model', { input: 'Hi' }, 'model', 'missing_required_parameter', /Missing required parameter: 'model'/],
    ['no input', { model: 'm' }, 'input', 'missing_required_parameter', /Missing required parameter: 'input'/],
    ['input of the wrong type', { ...good, input: 4 }, 'input', 'invalid_type', /expected array/],
    ["Chat's messages", { model: 'm', messages: [user] }, undefined, 'unsupported_parameter', /moved to 'input'/],
    ["Chat's limit", { ...good, max_tokens: 99 }, undefined, 'unsupported_parameter', /moved to 'max_output_tokens'/],
    ["Chat's format", { ...good, response_format: {} }, undefined, 'unsupported_parameter', /moved to 'text.format'/],
    ["Anthropic's system", { ...good, system: 'x' }, 'system', 'unknown_parameter', /Unknown parameter: 'system'/],
    [
      "Chat's tool turn",
      { ...good, input: [user, { role: 'tool', content: 'x', tool_call_id: 'a' }] },
      'input[1].role',
      'invalid_value',
      /Invalid value/,
    ],
    [
      "Chat's calls in a turn",
      { ...good, input: [user, { role: 'assistant', content: '', tool_calls: [{}] }] },
      'input[1].tool_calls',
      'unknown_parameter',
      /Unknown parameter/,
    ],
    [
      "Chat's pieces",
      { ...good, input: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] },
      'input[0].content[0].type',
      'invalid_value',
      /Invalid value/,
    ],
    [
      "a user's words in the assistant's mouth",
      { ...good, input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'Hi' }] }] },
      'input[0].content[0].type',
      'invalid_value',
      /Invalid value/,
    ],
    [
      "Chat's tool",
      { ...good, tools: [{ type: 'function', function: { name: 'x' } }] },
      'tools[0].name',
      'missing_required_parameter',
      /Missing required parameter: 'tools\[0\]\.name'/,
    ],
    [
      'a name that is none',
      { ...good, tools: [{ type: 'function', name: 'look up' }] },
      'tools[0].name',
      'invalid_value',
      /pattern/,
    ],
    [
      'a limit below 16',
      { ...good, max_output_tokens: 5 },
      'max_output_tokens',
      'integer_below_min_value',
      /Expected a value >= 16, but got 5/,
    ],
    [
      'an id of another provider',
      { ...good, input: [user, { ...call, id: 'toolu_1' }, output] },
      'input[1].id',
      'invalid_value',
      /'toolu_1'\. Expected an ID that begins with 'fc'/,
    ],
    [
      "a message's id that is none",
      { ...good, input: [{ role: 'assistant', id: 'chatcmpl-1', content: 'x' }] },
      'input[0].id',
      'invalid_value',
      /begins with 'msg'/,
    ],
    ['a call without its output', { ...good, input: [user, call] }, 'input', undefined, /No tool output .* call a\.$/],
    ['an output without its call', { ...good, input: [user, output] }, 'input', undefined, /No tool call .* call_id a/],
    ['an output before its call', { ...good, input: [output, call] }, 'input', undefined, /No tool call/],
    [
      'a loose strict schema',
      { ...good, text: { format: { type: 'json_schema', name: 'r', strict: true, schema: object } } },
      'text.format.schema',
      'invalid_json_schema',
      /additionalProperties/,
    ],
    [
      'a loose strict tool',
      { ...good, tools: [{ type: 'function', name: 'x', strict: true, parameters: object }] },
      'tools[0].parameters',
      'invalid_function_parameters',
      /additionalProperties/,
    ],
    [
      'a format without a name',
      { ...good, text: { format: { type: 'json_schema', schema: object } } },
      'text.format.name',
      'missing_required_parameter',
      /Missing/,
    ],
  ])('%s', (_, body, param, code, message) => {
    const refusal = ask(openaiResponses, body);
    expect(refusal).toMatchObject({ refused: true, status: 400 });
    if (!('refused' in refusal)) throw new Error('not refused');
    expect([refusal.param, refusal.code]).toEqual([param, code]);
    expect(refusal.message).toMatch(message);
  });

  it('nothing that it may take', () => {
    const said = { type: 'message', id: 'msg_9', status: 'completed', role: 'assistant' };
    const input = [
      { role: 'developer', content: 'Be kind.' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { type: 'web_search_call', id: 'ws_1', status: 'completed' },
      { ...said, content: [{ type: 'output_text', text: 'I look. ', annotations: [], logprobs: [] }] },
      { ...call, id: 'fc_9', status: 'completed' },
      { ...call, call_id: 'b' },
      { ...output, call_id: 'b', output: [{ type: 'input_text', text: 'seen' }] },
      output,
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }], phase: 'final_answer' },
      {
        role: 'user',
        content: [{ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' }],
      },
      {
        role: 'user',
        content: [{ type: 'input_file', filename: 'a.txt', file_data: 'data:text/plain;base64,MzAgZGF5cw==' }],
      },
    ];
    const tools = [{ type: 'web_search' }, { type: 'function', name: 'x', parameters: null, strict: null }];
    const more = {
      instructions: 'Be brief.',
      include: [],
      metadata: {},
      truncation: 'auto',
      user: 'u',
      service_tier: 'flex',
    };
    expect(ask(openaiResponses, { model: 'm', input, tools, ...more })).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'I look. ', toolCalls: [{ id: 'a' }, { id: 'b' }] },
        { role: 'tool', content: 'seen', toolCallId: 'b' },
        { role: 'tool', content: 'x', toolCallId: 'a' },
        { role: 'assistant', content: 'No.' },
        { role: 'user', images: [{ media_type: 'application/pdf', data: 'JVBE' }] },
        { role: 'user', content: '\n\na.txt\n30 days\n\n' },
      ],
      tools: [{ name: 'x', parameters: {} }],
    });
  });

  it('no reference, as long as nobody says what was kept', () => {
    const input = [{ type: 'item_reference', id: 'fc_1' }, output];
    expect(ask(openaiResponses, { model: 'm', input })).toMatchObject({ model: 'm' });
    expect(ask(openaiResponses, { model: 'm', input: [output], previous_response_id: 'resp_1' })).toMatchObject({
      model: 'm',
    });
  });

  it('and hears who wants to read thoughts', () => {
    const asks = (more: object) => {
      const call = ask(openaiResponses, { ...good, ...more });
      return 'reasoning' in call && call.reasoning;
    };
    expect(asks({ reasoning: { effort: 'high' } })).toBe(false);
    expect(asks({ reasoning: { summary: 'auto' } })).toBe(true);
    expect(asks({ include: ['reasoning.encrypted_content'] })).toBe(true);
  });
});

describe('anthropic-messages refuses', () => {
  const good = { model: 'm', max_tokens: 10, messages: [user] };
  const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'x', input: {} }] };
  it.each<[string, unknown, RegExp]>([
    ['bad JSON', 'nope', /JSON/],
    ['no model', { ...good, model: undefined }, /^model: Field required/],
    ['no max_tokens', { ...good, max_tokens: undefined }, /^max_tokens: Field required/],
    ['a max_tokens of the wrong type', { ...good, max_tokens: '10' }, /^max_tokens: .*expected number/],
    ['no messages', { ...good, messages: [] }, /^messages: /],
    ['a system message', { ...good, messages: [{ role: 'system', content: 'x' }] }, /^messages\.0\.role/],
    [
      'an empty text block',
      { ...good, messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      /^messages\.0/,
    ],
    [
      'an OpenAI tool',
      { ...good, tools: [{ type: 'function', function: { name: 'x' } }] },
      /^tools\.0\.name: Field required/,
    ],
    ['a tool without a schema', { ...good, tools: [{ name: 'x' }] }, /^tools\.0\.input_schema: Field required/],
    ['an OpenAI field', { ...good, response_format: {} }, /^response_format: Extra inputs/],
    ['a tool call without its result', { ...good, messages: [user, use, user] }, /`tool_use`.*a$/],
    [
      'a result without its call',
      { ...good, messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'q' }] }] },
      /`tool_result`.*q$/,
    ],
    [
      'an open schema',
      { ...good, output_config: { format: { type: 'json_schema', schema: { type: 'object', properties: {} } } } },
      /^output_config\.format/,
    ],
  ])('%s', (_, body, message) => {
    const refusal = ask(anthropicMessages, body);
    expect(refusal).toMatchObject({ refused: true, status: 400 });
    expect('refused' in refusal && refusal.message).toMatch(message);
  });

  it('a missing or unknown version', () => {
    const request = { method: 'POST', url: 'https://h', headers: [], body: utf8(JSON.stringify(good)) };
    expect(anthropicMessages.readCall(request)).toMatchObject({
      refused: true,
      message: 'anthropic-version: header is required',
    });
    expect(ask(anthropicMessages, good, '2020-01-01')).toMatchObject({ refused: true });
  });

  it('sampling parameters from version 2026-10-21 on, and only from then', () => {
    for (const name of ['temperature', 'top_p', 'top_k']) {
      expect(ask(anthropicMessages, { ...good, [name]: 1 }, '2023-06-01')).toMatchObject({ model: 'm' });
      expect(ask(anthropicMessages, { ...good, [name]: 1 }, '2026-10-21')).toMatchObject({
        refused: true,
        status: 400,
        message: `${name}: Extra inputs are not permitted`,
      });
    }
    expect(ask(anthropicMessages, good, '2026-10-21')).toMatchObject({
      wishes: { version: '2026-10-21' },
      maxOutputTokens: 10,
    });
  });
});

describe('gemini refuses', () => {
  const said = (...parts: object[]) => ({ role: 'user', parts });
  const calls = (...names: string[]) => ({
    role: 'model',
    parts: names.map((name) => ({ functionCall: { name, args: {} } })),
  });
  const result = { functionResponse: { name: 'x', response: {} } };
  const asked = said({ text: 'Hi' });
  const good = { contents: [asked] };
  const declares = (parameters: object, name = 'x') => [{ functionDeclarations: [{ name, parameters }] }];
  it.each<[string, unknown, string | undefined, RegExp]>([
    ['bad JSON', 'nope', undefined, /^Invalid JSON payload received/],
    ['no contents', {}, 'contents', /contents is not specified/],
    ['empty contents', { contents: [] }, 'contents', /contents is not specified/],
    ["OpenAI's fields", { messages: [user], model: 'm' }, '', /Unknown name "messages": Cannot find field\.$/],
    ["Anthropic's fields", { ...good, max_tokens: 10 }, '', /Unknown name "max_tokens": Cannot find field\.$/],
    [
      'a limit outside of its place',
      { ...good, generation_config: { max_tokens: 10 } },
      'generation_config',
      /"max_tokens" at 'generation_config': Cannot/,
    ],
    [
      "OpenAI's content",
      { contents: [{ role: 'user', content: 'Hi' }] },
      'contents[0]',
      /"content" at 'contents\[0\]': Cannot find/,
    ],
    [
      'an unknown kind of part',
      { contents: [said({ type: 'text', text: 'Hi' })] },
      'contents[0].parts[0]',
      /Unknown name "type" at 'contents\[0\]\.parts\[0\]'/,
    ],
    ['a system role', { contents: [{ ...asked, role: 'system' }] }, 'contents[0].role', /valid role: user, model/],
    ['an assistant', { contents: [asked, { ...asked, role: 'assistant' }] }, 'contents[1].role', /valid role/],
    [
      'a content without parts',
      { contents: [asked, { role: 'model', parts: [] }] },
      'contents[1].parts',
      /not be empty/,
    ],
    [
      'text of the wrong type',
      { contents: [said({ text: 4 })] },
      'contents[0].parts[0].text',
      /^Invalid value at 'contents\[0\]\.parts\[0\]\.text' \(expected string/,
    ],
    [
      'a temperature out of range',
      { ...good, generationConfig: { temperature: 3 } },
      undefined,
      /generation_config\.temp/,
    ],
    ['a bad name of a function', { ...good, tools: declares({}, '1 x') }, undefined, /Invalid function name/],
    [
      'JSON Schema where its own is wanted',
      {
        ...good,
        tools: declares({ type: 'object', properties: { a: { type: 'object', additionalProperties: false } } }),
      },
      'tools[0].function_declarations[0].parameters.properties[0].value',
      /"additionalProperties" at 'tools\[0\]/,
    ],
    [
      'the same of a response',
      { ...good, generationConfig: { responseMimeType: 'application/json', responseSchema: schema } },
      'generation_config.response_schema',
      /"additionalProperties" at 'generation_config\.response_schema'/,
    ],
    [
      'a schema for plain text',
      { ...good, generationConfig: { responseJsonSchema: schema } },
      'generation_config.response_schema',
      /response_mime_type/,
    ],
    [
      'a call without its result',
      { contents: [asked, calls('x'), asked] },
      undefined,
      /number of function response parts/,
    ],
    ['a call at the end', { contents: [asked, calls('x')] }, undefined, /number of function response parts/],
    ['one result of two', { contents: [asked, calls('x', 'y'), said(result)] }, undefined, /number of function/],
    ['two results of one', { contents: [asked, calls('x'), said(result, result)] }, undefined, /number of function/],
    ['a result without its call', { contents: [asked, said(result)] }, undefined, /immediately after a function call/],
  ])('%s', (_, body, param, message) => {
    const refusal = ask(gemini, body);
    expect(refusal).toMatchObject({ refused: true, status: 400, ...(param !== undefined && { param }) });
    expect('refused' in refusal && refusal.message).toMatch(message);
  });
});

it('content may be strings or blocks', () => {
  const openai = ask(openaiChat, {
    model: 'm',
    messages: [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'Be ' },
          { type: 'text', text: 'kind.' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:,' } },
          { type: 'text', text: 'Hi' },
        ],
      },
    ],
  });
  const anthropic = ask(anthropicMessages, {
    model: 'm',
    max_tokens: 1,
    system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
          { type: 'text', text: 'Hi' },
        ],
      },
    ],
  });
  for (const call of [openai, anthropic])
    expect(call).toMatchObject({
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hi' },
      ],
    });
});

describe.each(protocols)('$name and pictures', (protocol) => {
  const said = (images: Image[]): CallBody => ({
    protocol: protocol.name,
    model: 'm',
    messages: [
      { role: 'user', content: 'What is this?', images },
      { role: 'assistant', content: 'A lamp.' },
      { role: 'user', content: 'Sure?' },
    ],
    tools: [],
    maxOutputTokens: 16,
    stream: false,
  });
  const both = [
    { media_type: 'image/png', data: 'iVBORw0KGgo=' },
    { media_type: '', data: 'https://x.test/a.jpg' },
  ];

  it('reads the pictures that it writes, inline and by address', () => {
    expect(protocol.readCall(protocol.writeCall(said(both), endpoint))).toMatchObject({
      messages: said(both).messages,
    });
  });

  it('keeps a picture that comes without words', () => {
    const wire = protocol.writeCall(said(both), endpoint);
    const mute = {
      ...wire,
      body: utf8(fromUtf8(wire.body).replace(/,\{(?:"type":"(?:input_)?text",)?"text":"What is this\?"\}/, '')),
    };
    expect(protocol.readCall(mute)).toMatchObject({ messages: [{ content: '', images: both }, {}, {}] });
  });
});

it('Anthropic takes four kinds of pictures and no other', () => {
  const source = { type: 'base64', media_type: 'image/tiff', data: 'AAAA' };
  const messages = [{ role: 'user', content: [{ type: 'image', source }] }];
  expect(ask(anthropicMessages, { model: 'm', max_tokens: 1, messages })).toMatchObject({ refused: true, status: 400 });
});

it.each(protocols)('$name answers a refused request as its provider does', (protocol) => {
  const refusal = ask(protocol, { messages: [] });
  if (!('refused' in refusal)) throw new Error('not refused');
  const { mode, message, status, param } = refusal;
  const part: Part = { type: 'error', mode, message, status, ...(param !== undefined && { param }) };
  const encoder = protocol.encoder({ model: '', stream: false }, { id: 'c1', atMs: 0 });
  expect(encoder.head(part).status).toBe(400);
  const [frame] = [...encoder.push(part), ...encoder.end()];
  const body = JSON.parse(fromUtf8(frame?.wire ?? utf8('')));
  const kind = protocol === gemini ? { code: 400, status: 'INVALID_ARGUMENT' } : { type: 'invalid_request_error' };
  expect(body.error).toMatchObject({ ...kind, message });
  if (protocol === openaiChat) expect(body.error).toMatchObject({ param: 'model', code: null });
});

describe("Anthropic's documents", () => {
  const b64 = (text: string) => Buffer.from(text).toString('base64');
  const read = (...content: object[]) => {
    const call = ask(anthropicMessages, { model: 'm', max_tokens: 10, messages: [{ role: 'user', content }] });
    if ('refused' in call) throw new Error(call.message);
    return call;
  };
  const doc = (source: object, more: object = {}) => ({ type: 'document', source, ...more });
  const text = { type: 'text', text: 'May I?' };

  it.each<[string, object]>([
    ['plain', doc({ type: 'text', media_type: 'text/plain', data: '30 days' }, { title: 'policy_v3' })],
    ['encoded', doc({ type: 'base64', media_type: 'text/plain', data: b64('30 days') }, { title: 'policy_v3' })],
    ['as content', doc({ type: 'content', content: '30 days' }, { context: 'policy_v3' })],
    [
      'as blocks',
      doc({
        type: 'content',
        content: [
          { type: 'text', text: 'policy_v3' },
          { type: 'text', text: '30 days' },
        ],
      }),
    ],
    [
      'as a search result',
      { type: 'search_result', source: 'kb', title: 'policy_v3', content: [{ type: 'text', text: '30 days' }] },
    ],
  ])('%s are text, apart from the words beside them', (_, block) => {
    expect(read(block, text).messages).toEqual([
      { role: 'user', content: expect.stringMatching(/^\n\n(?:kb\n)?policy_v3\n30 days\n\nMay I\?$/) },
    ]);
    const given = { type: 'tool_result', tool_use_id: 'a', content: [block] };
    const use = { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'x', input: {} }] };
    const messages = [{ role: 'user', content: [text] }, use, { role: 'user', content: [given] }];
    expect(ask(anthropicMessages, { model: 'm', max_tokens: 10, messages })).toMatchObject({
      messages: [{}, {}, { role: 'tool', content: expect.stringContaining('policy_v3\n30 days') }],
    });
  });

  it('as PDFs, at an address or uploaded are known by their bytes or by where they lie', () => {
    const pdf = { media_type: 'application/pdf', data: b64('%PDF-1.7') };
    const call = read(
      doc({ type: 'base64', ...pdf }, { title: 'policy_v3' }),
      doc({ type: 'url', url: 'https://docs.test/a.pdf' }),
      doc({ type: 'file', file_id: 'file_1' }),
      text,
    );
    const images = [pdf, { media_type: '', data: 'https://docs.test/a.pdf' }, { media_type: '', data: 'file_1' }];
    expect(call.messages).toMatchObject([{ content: expect.stringContaining('policy_v3'), images }]);
    const again = anthropicMessages.readCall(
      anthropicMessages.writeCall(call, { base_url: 'https://h', api_key: 'k' }),
    );
    expect(again).toMatchObject({ messages: call.messages });
  });

  it('without a source are refused, as the provider does', () => {
    const messages = [{ role: 'user', content: [{ type: 'document' }] }];
    expect(ask(anthropicMessages, { model: 'm', max_tokens: 10, messages })).toMatchObject({ refused: true });
  });
});
