import { describe, expect, it } from 'vitest';
import type { CallBody, CallRefused } from '../../core/model-call.ts';
import type { Protocol } from '../../core/protocol.ts';
import { type ErrorPart, header, type Part, type WireRequest } from '../../core/wire.ts';
import { concat, fromUtf8, utf8 } from '../json.ts';
import { openaiChat } from './index.ts';

const AT = { id: '0000c0de', atMs: Date.UTC(2026, 10, 17, 9, 12, 45) };

function dialect(name: string): Protocol {
  const found = openaiChat.dialects?.[name];
  if (found === undefined) throw new Error(`no dialect ${name}`);
  return found;
}

function reply(name: string, parts: Part[], stream = true, wishes = {}) {
  const encoder = dialect(name).encoder({ model: 'm-1', stream, wishes }, AT);
  const head = encoder.head(parts[0]);
  const text = fromUtf8(concat([...parts.flatMap((p) => encoder.push(p)), ...encoder.end()].map((f) => f.wire)));
  return { head, text, events: text.split('\n\n').filter(Boolean) };
}

const json = (name: string, parts: Part[]) => JSON.parse(reply(name, parts, false).text);
/** What the events of a stream say, without its terminator and comments. */
const said = (name: string, parts: Part[], wishes = {}) =>
  reply(name, parts, true, wishes)
    .events.filter((e) => e.startsWith('data: {'))
    .map((e) => JSON.parse(e.slice(6)));

function read(name: string, status: number, body: unknown, type = 'application/json'): Part[] {
  const head = { status, headers: [['content-type', type] as const], framing: 'close' as const };
  const decoder = dialect(name).decoder(head, AT.atMs);
  const bytes = utf8(typeof body === 'string' ? body : JSON.stringify(body));
  return [...decoder.push(bytes), ...decoder.end()].flatMap((f) => f.parts);
}

const post = (url: string, body: object): WireRequest => ({
  method: 'POST',
  url,
  headers: [],
  body: utf8(JSON.stringify(body)),
});
const asks = (name: string, body: object, url = 'https://h/v1/chat/completions'): CallBody | CallRefused =>
  dialect(name).readCall(post(url, { messages: [{ role: 'user', content: 'Hi' }], ...body }));

const usage: Part = { type: 'usage', input: 5, output: 2 };
const stop: Part = { type: 'end', reason: 'stop' };
const word: Part = { type: 'text-delta', text: 'Yes.' };
const answer: Part[] = [word, usage, stop];
const call: Part[] = [
  { type: 'tool-call', id: 'call_1', name: 'look' },
  { type: 'tool-call-delta', id: 'call_1', arguments: '{"a":' },
  { type: 'tool-call-delta', id: 'call_1', arguments: '1}' },
  { type: 'tool-call', id: 'call_2', name: 'look' },
  { type: 'tool-call-delta', id: 'call_2', arguments: '{}' },
  usage,
  { type: 'end', reason: 'tool-calls' },
];
const fails = (mode: ErrorPart['mode'], more: Partial<ErrorPart> = {}): ErrorPart => ({
  type: 'error',
  mode,
  message: 'too bad',
  ...more,
});
const midway = (mode: ErrorPart['mode']): Part[] => [word, fails(mode, { inBand: true })];

describe('azure', () => {
  const deployed = 'https://r.openai.azure.com/openai/deployments/gpt-5-mini/chat/completions';

  it('begins a stream with what its filters say of the prompt, and has them say it of every choice', () => {
    const [first, , words, end] = said('azure', answer);
    expect(first).toMatchObject({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] });
    expect(words.choices[0].content_filter_results.hate).toEqual({ filtered: false, severity: 'safe' });
    expect(end.choices[0]).toMatchObject({ finish_reason: 'stop', content_filter_results: {} });
    expect(json('azure', answer)).toMatchObject({
      prompt_filter_results: [{ prompt_index: 0 }],
      choices: [{ content_filter_results: { violence: { filtered: false } } }],
    });
    expect(said('azure', [word, { type: 'end', reason: 'content-filter' }]).at(-1).choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      content_filter_results: { violence: { filtered: true } },
    });
  });

  it('says a limit by a string, in words and in both units', () => {
    const { head, text } = reply('azure', [fails('rate_limit', { retryAfter: { ms: 45_000, as: 'seconds' } })]);
    expect(JSON.parse(text)).toEqual({
      error: { code: '429', message: 'too bad. Please retry after 45 seconds.' },
    });
    expect(['retry-after', 'retry-after-ms', 'x-ratelimit-reset-tokens'].map((n) => header(head.headers, n))).toEqual([
      '45',
      '45000',
      '45',
    ]);
    expect(header(head.headers, 'policy-id')).toBe('DeploymentRatelimit-Token');
  });

  it('says why a prompt was filtered', () => {
    expect(json('azure', [fails('safety_block')])).toMatchObject({
      error: {
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: { violence: { filtered: true } } },
      },
    });
  });

  it('takes the deployment for a model that is not named, and wants its version', () => {
    expect(asks('azure', {}, `${deployed}?api-version=2024-10-21`)).toMatchObject({ model: 'gpt-5-mini' });
    expect(asks('azure', { model: 'm' }, 'https://r.openai.azure.com/openai/v1/chat/completions')).toMatchObject({
      model: 'm',
    });
    expect(asks('azure', { model: 'm' }, deployed)).toMatchObject({ refused: true, status: 404, code: '404' });
  });

  it.each([
    ['https://r.openai.azure.com', `${deployed}?api-version=2024-10-21`],
    ['https://r.openai.azure.com/openai/', `${deployed}?api-version=2024-10-21`],
    [deployed.replace('/chat/completions', ''), `${deployed}?api-version=2024-10-21`],
    ['https://r.openai.azure.com/openai/v1', 'https://r.openai.azure.com/openai/v1/chat/completions'],
  ])('is called from %s', (base_url, url) => {
    const body: CallBody = { protocol: 'openai-chat', model: 'gpt-5-mini', messages: [], tools: [], stream: false };
    const request = dialect('azure').writeCall(body, { base_url, api_key: 'k' });
    expect(request.url).toBe(url);
    expect([header(request.headers, 'api-key'), header(request.headers, 'authorization')]).toEqual(['k', undefined]);
  });
});

describe('vllm', () => {
  it('has numbers for codes and classes for types', () => {
    expect(json('vllm', [fails('context_overflow')])).toEqual({
      error: { message: 'too bad', type: 'BadRequestError', param: 'input_tokens', code: 400 },
    });
    expect(json('vllm', [fails('auth')])).toEqual({ error: 'too bad' });
  });

  it('says [DONE] after an error as well', () => {
    expect(reply('vllm', midway('server_error')).events.slice(-2)).toEqual([
      'data: {"error":{"message":"too bad","type":"InternalServerError","param":null,"code":500}}',
      'data: [DONE]',
    ]);
  });

  it('understands older builds, whose errors are flat', () => {
    const flat = { object: 'error', message: 'The model `x` does not exist.', type: 'NotFoundError', code: 404 };
    expect(read('vllm', 404, { ...flat, param: null })).toMatchObject([{ mode: 'model_not_found', status: 404 }]);
    expect(read('vllm', 200, flat)).toMatchObject([{ mode: 'model_not_found', inBand: true }]);
  });

  it('has no usage in an event but the last, and nothing of null in a delta', () => {
    const events = said('vllm', answer, { include_usage: true });
    expect(events.filter((e) => 'usage' in e)).toEqual([expect.objectContaining({ choices: [] })]);
    expect(events[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(json('vllm', answer).choices[0]).toMatchObject({ stop_reason: null, message: { tool_calls: [] } });
  });
});

describe('ollama', () => {
  it.each([
    ['model_not_found', 404, 'not_found_error'],
    ['unknown', 400, 'invalid_request_error'],
    ['overloaded', 503, 'api_error'],
  ] as const)('says %s by its status', (mode, status, type) => {
    expect(reply('ollama', [fails(mode)]).head.status).toBe(status);
    expect(json('ollama', [fails(mode)]).error).toMatchObject({ type, param: null, code: null });
  });

  it('has whole messages for deltas, and begins with the first word', () => {
    const [first] = said('ollama', answer);
    expect(first.choices).toEqual([{ index: 0, delta: { role: 'assistant', content: 'Yes.' }, finish_reason: null }]);
    expect(first.system_fingerprint).toBe('fp_ollama');
  });

  it('heeds max_tokens, and passes over max_completion_tokens', () => {
    expect(asks('ollama', { model: 'm', max_tokens: 9 })).toMatchObject({ maxOutputTokens: 9 });
    expect(asks('ollama', { model: 'm', max_completion_tokens: 9 })).not.toHaveProperty('maxOutputTokens');
  });
});

describe('openrouter', () => {
  it('comments before the first token', () => {
    expect(reply('openrouter', answer).events.slice(0, 2)).toEqual([
      ': OPENROUTER PROCESSING',
      ': OPENROUTER PROCESSING',
    ]);
  });

  it("says a provider's failure in the body of a good reply", () => {
    const { head, text } = reply('openrouter', [fails('overloaded', { inBand: true })], false);
    expect(head.status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      error: {
        code: 503,
        message: 'Provider returned error',
        metadata: { raw: 'overloaded: too bad', provider_name: expect.any(String) },
      },
    });
  });

  it('says it midway beside a choice that ends with an error', () => {
    expect(said('openrouter', midway('server_error')).at(-1)).toMatchObject({
      object: 'chat.completion.chunk',
      error: { code: 502, metadata: { raw: 'too bad' } },
      choices: [{ delta: { content: '' }, finish_reason: 'error', native_finish_reason: 'error' }],
    });
  });

  it('is understood where the choice has the error, and where only the end has', () => {
    const error = { code: 502, message: 'gone' };
    const choice = { index: 0, message: { role: 'assistant', content: 'Half' }, finish_reason: 'error' };
    expect(read('openrouter', 200, { choices: [{ ...choice, error }] })).toMatchObject([
      { mode: 'server_error', message: 'gone', inBand: true },
    ]);
    expect(read('openrouter', 200, { choices: [choice] }).at(-1)).toMatchObject({ mode: 'server_error' });
  });

  it('counts every stream, after its end', () => {
    expect(said('openrouter', answer).at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 7 } });
  });
});

describe('mistral', () => {
  it('has flat errors', () => {
    expect(json('mistral', [fails('rate_limit')])).toEqual({
      ...{ object: 'error', message: 'too bad', type: 'rate_limited', param: null, code: '1300', raw_status_code: 429 },
    });
    const order = "Unexpected role 'user' after role 'tool'";
    expect(json('mistral', [fails('unknown', { message: order })])).toMatchObject({
      ...{ message: order, type: 'invalid_request_message_order', code: '3230' },
    });
  });

  it('has a usage in the event of the end, and none anywhere else', () => {
    const events = said('mistral', answer);
    expect(events.map((e) => 'usage' in e)).toEqual([false, false, true]);
    expect(events.at(-1).choices[0].finish_reason).toBe('stop');
  });

  it('tells calls whole, with ids of its own', () => {
    const events = said('mistral', call).filter((e) => e.choices[0].delta.tool_calls !== undefined);
    expect(events.map((e) => e.choices[0].delta.tool_calls)).toMatchObject([
      [
        { index: 0, function: { name: 'look', arguments: '{"a":1}' } },
        { index: 1, function: { name: 'look', arguments: '{}' } },
      ],
    ]);
    const streamed = events[0].choices[0].delta.tool_calls.map((c: { id: string }) => c.id);
    const whole = json('mistral', call).choices[0].message.tool_calls.map((c: { id: string }) => c.id);
    expect(streamed).toEqual(whole);
    expect(new Set(whole).size).toBe(2);
    for (const id of whole) expect(id).toMatch(/^[a-z0-9]{9}$/);
  });

  it('does not bear what it does not know', () => {
    const refused = asks('mistral', { model: 'm', max_completion_tokens: 9 });
    expect(refused).toMatchObject({ refused: true, status: 422, param: 'max_completion_tokens' });
    const { refused: _, model: __, ...part } = refused as CallRefused;
    expect(json('mistral', [{ type: 'error', ...part }])).toMatchObject({
      message: {
        detail: [
          { type: 'extra_forbidden', loc: ['body', 'max_completion_tokens'], msg: 'Extra inputs are not permitted' },
        ],
      },
      raw_status_code: 422,
    });
  });
});

describe.each(['vllm', 'ollama', 'openrouter'])('%s', (name) => {
  it('tells its thoughts to those who ask', () => {
    expect(asks(name, { model: 'm', reasoning_effort: 'high' })).toMatchObject({ reasoning: true });
    expect(asks(name, { model: 'm', reasoning_effort: 'none' })).not.toHaveProperty('reasoning');
    const thought: Part = { type: 'reasoning-delta', text: 'Well' };
    const { text } = reply(name, [thought, ...answer]);
    expect(text).toContain('"reasoning":"Well"');
    expect(read(name, 200, text, 'text/event-stream')).toContainEqual(thought);
    expect(json(name, [thought, ...answer]).choices[0].message).toMatchObject({ reasoning: 'Well', content: 'Yes.' });
  });
});

it('OpenAI shows none, whoever asks', () => {
  const request = post('https://h/chat/completions', {
    model: 'm',
    messages: [{ role: 'user', content: 'Hi' }],
    reasoning_effort: 'high',
  });
  expect(openaiChat.readCall(request)).not.toHaveProperty('reasoning');
});
