import { describe, expect, it } from 'vitest';
import { recordedReply } from '../../../fixtures/replies/index.ts';
import { gather } from '../../core/gathered.ts';
import type { CallBody, CallRefused, Message } from '../../core/model-call.ts';
import type { Memory } from '../../core/protocol.ts';
import type { ErrorPart, Part } from '../../core/wire.ts';
import { concat, fromUtf8, utf8 } from '../json.ts';
import { gemini } from './index.ts';

const stamp = { id: 'c1', atMs: Date.UTC(2026, 10, 17) };
const HOST = 'https://generativelanguage.googleapis.com';

function read(body: object, { model = 'gemini-2.5-flash', method = 'generateContent', memory }: Asked = {}) {
  const url = `${HOST}/v1beta/models/${model}:${method}`;
  return gemini.readCall({ method: 'POST', url, headers: [], body: utf8(JSON.stringify(body)) }, memory);
}
interface Asked {
  model?: string;
  method?: string;
  memory?: Memory;
}
const taken = (call: CallBody | CallRefused): CallBody => {
  if ('refused' in call) throw new Error(call.message);
  return call;
};

function write(parts: Part[], { model = 'gemini-2.5-flash', stream = false, array = false } = {}) {
  const encoder = gemini.encoder({ model, stream, wishes: { array } }, stamp);
  const head = encoder.head(parts[0]);
  const frames = [...parts.flatMap((p) => encoder.push(p)), ...encoder.end()];
  const body = concat(frames.map((f) => f.wire));
  return { head, frames, body, text: fromUtf8(body) };
}
function heard({ head, body }: Pick<ReturnType<typeof write>, 'head' | 'body'>): Part[] {
  const decoder = gemini.decoder(head, stamp.atMs);
  return [...decoder.push(body), ...decoder.end()].flatMap((f) => f.parts);
}

const user = { role: 'user', parts: [{ text: 'Hi' }] };

describe('its paths', () => {
  it.each([
    ['/v1beta/models/gemini-2.5-flash:generateContent', ''],
    ['/v1/models/gemini-2.5-flash:streamGenerateContent', ''],
    ['/gateway/v1beta/models/gemini-2.5-flash:generateContent', '/gateway'],
    ['/v1beta1/projects/p/locations/eu/publishers/google/models/gemini-2.5-flash:generateContent', ''],
    ['/v1beta1/publishers/google/models/gemini-2.5-flash:streamGenerateContent', ''],
    ['/v1beta/models/gemini-2.5-flash:countTokens', undefined],
    ['/v1beta/models', undefined],
    ['/v1/chat/completions', undefined],
  ])('%s has the base %j', (path, base) => {
    expect(gemini.baseOf(path)).toBe(base);
  });

  it.each([
    [HOST, '/v1beta/models/m:generateContent'],
    [`${HOST}/`, '/v1beta/models/m:generateContent'],
    [`${HOST}/v1beta`, '/v1beta/models/m:generateContent'],
    [`${HOST}/v1`, '/v1/models/m:generateContent'],
    [
      'https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/publishers/google',
      '/v1beta1/projects/p/locations/global/publishers/google/models/m:generateContent',
    ],
  ])('a base_url %s is called at %s', (base_url, path) => {
    const call = { protocol: 'gemini', model: 'm', messages: [], tools: [], stream: false };
    expect(new URL(gemini.writeCall(call, { base_url, api_key: 'k' }).url).pathname).toBe(path);
  });
});

describe('a request', () => {
  it('may be written in either case of names, its own schemas and results left alone', () => {
    const call = taken(
      read({
        system_instruction: { parts: [{ text: 'Be kind.' }] },
        contents: [
          {
            role: 'user',
            parts: [{ text: 'What is ' }, { text: 'this?' }, { inline_data: { mime_type: 'image/png', data: 'iVBO' } }],
          },
          { role: 'model', parts: [{ function_call: { name: 'look', args: { inline_data: 1 } } }] },
          { role: 'user', parts: [{ function_response: { name: 'look', response: { file_data: 'x' } } }] },
        ],
        tools: [
          {
            function_declarations: [
              { name: 'look', parameters: { type: 'OBJECT', properties: { inline_data: { type: 'NUMBER' } } } },
            ],
          },
        ],
        generation_config: { max_output_tokens: 20, top_k: 3, thinking_config: { include_thoughts: true } },
        safety_settings: [],
      }),
    );
    expect(call.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'What is this?', images: [{ media_type: 'image/png', data: 'iVBO' }] },
      { role: 'assistant', content: '', toolCalls: [{ id: 'call_1', name: 'look', arguments: '{"inline_data":1}' }] },
      { role: 'tool', content: '{"file_data":"x"}', toolCallId: 'call_1' },
    ]);
    expect(call.tools).toEqual([
      { name: 'look', parameters: { type: 'object', properties: { inline_data: { type: 'number' } } } },
    ]);
    expect(call).toMatchObject({ maxOutputTokens: 20, reasoning: true });
    expect(call.params).toEqual(['tools', 'safetySettings', 'maxOutputTokens', 'thinkingConfig', 'topK']);
  });

  it('may hold documents as data: a text is read, and no picture', () => {
    const data = (text: string) => Buffer.from(text).toString('base64');
    const parts = [
      { text: 'What of this?' },
      { inlineData: { mimeType: 'text/plain', data: data('Returns within 30 days. Größe zählt.') } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBE' } },
    ];
    expect(taken(read({ contents: [{ role: 'user', parts }] })).messages).toEqual([
      {
        role: 'user',
        content: 'What of this?\n\nReturns within 30 days. Größe zählt.\n\n',
        images: [{ media_type: 'application/pdf', data: 'JVBE' }],
      },
    ]);
  });

  it('asks for a stream of events or of an array by its URL', () => {
    const method = 'streamGenerateContent';
    expect(read({ contents: [user] }, { method })).toMatchObject({ stream: true, wishes: { array: true } });
    const sse = taken(read({ contents: [user] }, { method: `${method}?alt=sse` }));
    expect([sse.stream, sse.wishes]).toEqual([true, undefined]);
  });

  it.each([
    ['ids, in any order', ['a', 'b'], ['b', 'a'], ['b', 'a']],
    ['names where there is no id', [undefined, undefined], ['', ''], ['call_2', 'call_1']],
  ])('pairs results with calls by %s', (_, ids, answers, paired) => {
    const [first, second] = ids;
    const contents = [
      user,
      {
        role: 'model',
        parts: [
          { functionCall: { id: first, name: 'one', args: {} } },
          { functionCall: { id: second, name: 'two', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: ['two', 'one'].map((name, i) => ({
          functionResponse: { ...(answers[i] !== '' && { id: answers[i] }), name, response: { result: name } },
        })),
      },
    ];
    const { messages } = taken(read({ contents }));
    expect(messages.slice(2)).toEqual([
      { role: 'tool', content: 'two', toolCallId: paired[0] },
      { role: 'tool', content: 'one', toolCallId: paired[1] },
    ]);
  });

  it.each([
    [{ result: 'sunny' }, 'sunny'],
    [{ output: { deg: 4 } }, '{"deg":4}'],
    [{ name: 'look', content: 'a "b"' }, 'a "b"'],
    [{ error: 'gone' }, '{"error":"gone"}'],
    [{ result: 1, more: 2 }, '{"result":1,"more":2}'],
  ])('reads the result %j as what the tool said', (response, content) => {
    const call = { role: 'model', parts: [{ functionCall: { name: 'look' } }] };
    const contents = [user, call, { role: 'user', parts: [{ functionResponse: { name: 'look', response } }] }];
    expect(taken(read({ contents })).messages.at(-1)).toMatchObject({ role: 'tool', content });
  });

  it('takes a reply back in the pieces in which it was streamed', () => {
    const said = (part: object) => ({ role: 'model', parts: [part] });
    const call = (name: string) => said({ functionCall: { name, args: {} } });
    const answers = ['a', 'b'].map((name) => ({ functionResponse: { name, response: {} } }));
    const contents = [
      user,
      said({ text: 'Let me ' }),
      said({ text: 'look.' }),
      call('a'),
      call('b'),
      said({ text: '' }),
    ];
    const { messages } = taken(read({ contents: [...contents, { role: 'user', parts: answers }] }));
    expect(messages.map((m: Message) => [m.role, m.content, m.toolCalls?.length])).toEqual([
      ['user', 'Hi', undefined],
      ['assistant', 'Let me look.', 2],
      ['tool', '{}', undefined],
      ['tool', '{}', undefined],
    ]);
  });

  it('may not ask models before Gemini 3 for functions and JSON at once', () => {
    const tools = [{ functionDeclarations: [{ name: 'look' }] }];
    const asked = { contents: [user], tools, generationConfig: { responseMimeType: 'application/json' } };
    expect(read(asked)).toMatchObject({ refused: true, mode: 'schema_error' });
    expect(read(asked, { model: 'gemini-3-flash-preview' })).toMatchObject({ stream: false });
  });
});

describe('thoughts', () => {
  const memory: Memory = new Map([['own', []]]);
  const called = (thoughtSignature?: string) => ({
    role: 'model',
    parts: [{ functionCall: { name: 'look', args: {} }, ...(thoughtSignature && { thoughtSignature }) }],
  });
  const answered = { role: 'user', parts: [{ functionResponse: { name: 'look', response: {} } }] };
  const three = 'gemini-3-flash-preview';

  it.each([
    ['its own signature', 'own', three, undefined],
    ['a signature of another provider', 'foreign', three, /^Corrupted thought signature/],
    ['a foreign signature before Gemini 3', 'foreign', 'gemini-2.5-flash', /^Corrupted/],
    ['none', undefined, three, /missing a thought_signature.*`default_api:look`/],
    ['none before Gemini 3', undefined, 'gemini-2.5-flash', undefined],
    ['the word for calls of another model', 'skip_thought_signature_validator', three, undefined],
  ])('a call that comes back with %s', (_, signature, model, refusal) => {
    const call = read({ contents: [user, called(signature), answered] }, { model, memory });
    if (refusal === undefined) expect(call).toMatchObject({ model });
    else expect('refused' in call && call.message).toMatch(refusal);
  });

  it('of turns gone by need no signature', () => {
    const contents = [user, called(), answered, { role: 'model', parts: [{ text: 'Done.' }] }, user];
    expect(read({ contents }, { model: three, memory })).toMatchObject({ model: three });
  });

  it('are signed by Gemini 3 wherever it calls a function, asked or not, and remembered', () => {
    const parts: Part[] = [
      { type: 'tool-call', id: 'a', name: 'look' },
      { type: 'tool-call', id: 'b', name: 'look' },
      { type: 'end', reason: 'tool-calls' },
    ];
    const call = { protocol: 'gemini', model: three, messages: [], tools: [], stream: false };
    for (const stream of [false, true]) {
      const signatures = [...write(parts, { model: three, stream }).text.matchAll(/"thoughtSignature":"([^"]+)"/g)];
      const remembered = [...(gemini.remembers?.(call, stamp, gather(parts)) ?? [])].map(([id]) => id);
      expect(signatures.map(([, one]) => one)).toEqual(remembered);
      expect(remembered).toHaveLength(1);
      expect(write(parts, { stream }).text).not.toContain('thoughtSignature');
    }
  });

  it.each([false, true])('keep text, signature and count (stream: %s)', (stream) => {
    const usage: Part = { type: 'usage', input: 9, output: 14, reasoning: 8, cached: 4 };
    const thought: Part = { type: 'reasoning-delta', text: 'Hm.', signature: 'c2ln' };
    for (const said of [
      [{ type: 'text-delta', text: 'Yes.' }, usage, { type: 'end', reason: 'stop' }],
      [{ type: 'tool-call', id: 'a', name: 'look' }, usage, { type: 'end', reason: 'tool-calls' }],
      [usage, { type: 'end', reason: 'length' }],
    ] satisfies Part[][]) {
      const parts = [thought, ...said];
      expect(gather(heard(write(parts, { stream })))).toEqual(gather(parts));
    }
  });
});

describe('a reply', () => {
  const text: Part = { type: 'text-delta', text: 'a "]" b {' };
  const end: Part = { type: 'end', reason: 'stop' };
  const failed: ErrorPart = { type: 'error', mode: 'overloaded', message: 'no' };

  it('comes as an array where the URL does not ask for events', () => {
    const { head, text: json } = write([text, end], { stream: true, array: true });
    expect(Object.fromEntries(head.headers)['content-type']).toBe('application/json; charset=UTF-8');
    expect(JSON.parse(json)).toMatchObject([{ candidates: [{}] }, { candidates: [{ finishReason: 'STOP' }] }]);
  });

  it.each<[string, Part[]]>([
    ['whole', [text, end]],
    ['with an error midway', [text, { ...failed, inBand: true }]],
    ['with an error first', [{ ...failed, inBand: true }]],
    ['unreadable midway', [text, { ...failed, mode: 'malformed_response', inBand: true }]],
    ['cut', [text, { ...failed, mode: 'truncated', inBand: true }]],
    ['an error instead', [failed]],
  ])('as an array, %s, says the same as in events', (_, parts) => {
    const [array, events] = [true, false].map((one) => heard(write(parts, { stream: true, array: one })));
    expect(array?.map((p) => [p.type, p.type === 'error' && p.mode])).toEqual(
      parts.map((p) => [p.type, p.type === 'error' && p.mode]),
    );
    expect(array).toEqual(events);
  });

  it('puts a failed call for an array into one', () => {
    const { head, text: json } = write([failed], { stream: true, array: true });
    expect([head.status, JSON.parse(json)]).toMatchObject([503, [{ error: { status: 'UNAVAILABLE' } }]]);
  });

  it('ends its lines as Google does, without a terminator', () => {
    expect(write([text, end], { stream: true }).text).toMatch(/^data: \{.*\}\r\n\r\ndata: \{.*\}\r\n\r\n$/);
  });

  it('says each call whole, with the counts of the last fragment', () => {
    const { frames } = write(
      [
        { type: 'tool-call', id: 'a', name: 'look' },
        { type: 'tool-call-delta', id: 'a', arguments: '{"day":' },
        { type: 'tool-call-delta', id: 'a', arguments: '"sunday"}' },
        { type: 'usage', input: 3, output: 2 },
        { type: 'end', reason: 'tool-calls' },
      ],
      { stream: true },
    );
    expect(frames.map((f) => f.parts.map((p) => p.type))).toEqual([
      ['tool-call', 'tool-call-delta', 'tool-call-delta'],
      ['usage', 'end'],
    ]);
    expect(fromUtf8(frames[0]?.wire ?? utf8(''))).toContain(
      '"functionCall":{"name":"look","args":{"day":"sunday"},"id":"a"}',
    );
  });

  it.each([true, false])(
    'cannot say arguments that are no object: it says that the model slipped (stream: %s)',
    (stream) => {
      const parts: Part[] = [
        { type: 'tool-call', id: 'a', name: 'look' },
        { type: 'tool-call-delta', id: 'a', arguments: '{"day": sun' },
        { type: 'end', reason: 'tool-calls' },
      ];
      const out = write(parts, { stream });
      expect(out.frames.flatMap((f) => f.parts)).toEqual(parts);
      expect(heard(out)).toMatchObject([{ type: 'error', mode: 'tool_mismatch' }]);
    },
  );

  it('tells a blocked prompt from a blocked answer', () => {
    const blocked: Part = { type: 'end', reason: 'content-filter' };
    expect(JSON.parse(write([blocked]).text)).toMatchObject({ promptFeedback: { blockReason: 'SAFETY' } });
    expect(JSON.parse(write([text, blocked]).text)).toMatchObject({ candidates: [{ finishReason: 'SAFETY' }] });
    for (const parts of [[blocked], [text, blocked]]) expect(heard(write(parts))).toEqual(parts);
    expect(heard(recordedReply('gemini', 'prompt-block'))).toContainEqual(blocked);
  });

  it('names calls that have no id by the reply they stand in', () => {
    const ids = heard(recordedReply('gemini', 'tool-call')).flatMap((p) => (p.type === 'tool-call' ? p.id : []));
    expect(ids).toEqual(['call_mAcbaZq4JYyhvdIP0eGQ6Ak_1', 'call_mAcbaZq4JYyhvdIP0eGQ6Ak_2']);
  });
});

describe('an error', () => {
  const limited = (more: Partial<ErrorPart>): ErrorPart => ({
    type: 'error',
    mode: 'rate_limit',
    message: 'slow',
    ...more,
  });

  it.each([
    [{ ms: 17_000, as: 'seconds' }, '17s', 17_000],
    [{ ms: 1250, as: 'seconds' }, '1.25s', 1250],
    [{ ms: -60_000, as: 'http-date' }, '0s', 0],
    [{ ms: 5000, as: 'garbage' }, 'soon', undefined],
    [undefined, undefined, undefined],
  ] as const)('with the hint %j says %s in its body, and nothing in a header', (retryAfter, delay, wait) => {
    const part = limited(retryAfter ? { retryAfter } : {});
    const { head, text } = write([part]);
    expect(head.headers.map(([name]) => name)).not.toContain('retry-after');
    const { details } = JSON.parse(text).error;
    const kinds = details.map((d: Record<string, string>) => d['@type']?.replace(/^.*\./, ''));
    expect(kinds).toEqual(['QuotaFailure', 'Help', ...(delay === undefined ? [] : ['RetryInfo'])]);
    expect(details[2]?.retryDelay).toBe(delay);
    expect(gemini.waitIn?.(part)).toBe(wait);
  });

  it('names the quota that is used up', () => {
    const violation = (part: ErrorPart) => JSON.parse(write([part]).text).error.details[0].violations[0];
    expect(violation(limited({}))).toMatchObject({
      quotaId: expect.stringContaining('PerMinute'),
      quotaDimensions: { model: 'gemini-2.5-flash' },
    });
    expect(violation(limited({ mode: 'quota_exhausted' })).quotaId).toContain('PerDay');
  });

  it('of a gateway says nothing of when to come back', () => {
    const part = limited({ mode: 'server_error', status: 503, retryAfter: { ms: 5000, as: 'seconds' } });
    expect(write([part]).text).toContain('<html>');
    expect(gemini.waitIn?.(part)).toBeUndefined();
  });

  it.each([
    ['auth', 401, 'UNAUTHENTICATED'],
    ['auth', 403, 'PERMISSION_DENIED'],
    ['overloaded', 529, 'UNAVAILABLE'],
  ] as const)('%s with status %i is %s', (mode, status, named) => {
    const out = write([limited({ mode, status })]);
    expect(JSON.parse(out.text).error).toMatchObject({ code: status, status: named });
    expect(heard(out)).toMatchObject([{ mode, status }]);
  });
});

it('answers plain questions, each the same way every time', () => {
  const ask = (method: string, path: string, body: object = {}) =>
    gemini.plain?.({ method, url: `${HOST}/v1beta/${path}`, headers: [], body: utf8(JSON.stringify(body)) }, ['m-1']);
  const content = { parts: [{ text: 'Hi' }] };
  expect(ask('GET', 'models')).toMatchObject({ models: [{ name: 'models/m-1' }] });
  expect(ask('GET', 'models/m-1')).toMatchObject({ name: 'models/m-1' });
  expect(ask('GET', 'models/m-2')).toBeUndefined();
  expect(ask('POST', 'models/m-1:countTokens', { contents: [content] })).toEqual({ totalTokens: expect.any(Number) });
  expect(ask('POST', 'models/e:embedContent', { content })).toEqual(ask('POST', 'models/e:embedContent', { content }));
  expect(ask('POST', 'models/e:batchEmbedContents', { requests: [{ content }, {}] })).toMatchObject({
    embeddings: [{ values: expect.any(Array) }, { values: expect.any(Array) }],
  });
  expect(ask('POST', 'cachedContents', {})).toBeUndefined();
});
