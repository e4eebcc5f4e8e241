import { describe, expect, it } from 'vitest';
import { wanted } from './wanted-call.fixture.ts';
import { worstCase } from './worst-case.ts';

/** Of a chat request with this in its body, or of another protocol's. */
function worst(body: Record<string, unknown>, protocol = 'openai-chat', contextTokens: number | undefined = 70_000) {
  const { request, call } = wanted(body, { protocol });
  return { ...worstCase(request, call, { contextTokens }), bytes: request.body.length };
}
const says = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const asks = (input: unknown) => ({ input: [{ role: 'user', content: input }] });
const PNG = 'A'.repeat(30_000);
const source = { type: 'base64', media_type: 'image/png', data: PNG };

it('counts a token for each byte of the request, and what providers add unseen', () => {
  const { bytes, ...most } = worst(says('ä'.repeat(500)));
  expect(bytes).toBeGreaterThan(1000);
  expect(most).toEqual({ input: bytes + 1000, output: 100, keeps: false });
});

it.each([
  ['n', { n: 3 }],
  ['candidateCount', { generationConfig: { candidateCount: 3 } }],
  ['half of a reply more', { n: 2.5 }],
])('counts each reply that is asked for: %s', (_, body) => {
  const { bytes, input, output } = { input: 0, output: 0, ...worst(body) };
  expect({ input, output }).toEqual({ input: 3 * (bytes + 1000), output: 300 });
});

it('reads Google’s fields in both of their spellings, and numbers that are texts', () => {
  const contents = [{ parts: [{ text: 'Hi' }] }];
  const snake = { contents, generation_config: { candidate_count: '3' } };
  const { bytes, input } = { input: 0, ...worst(snake, 'gemini') };
  expect(input).toBe(3 * (bytes + 1000));
  for (const priced of [{ generation_config: { response_modalities: ['IMAGE'] } }, { serviceTier: 'priority' }])
    expect(worst({ contents, ...priced }, 'gemini')).toMatchObject({ because: 'priced_otherwise' });
});

describe('a picture counts as much as one can, in place of its base64', () => {
  it.each([
    ['openai-chat', says([{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }]), 50_000],
    ['openai-responses', asks([{ type: 'input_image', image_url: `data:image/png;base64,${PNG}` }]), 50_000],
    ['anthropic-messages', says([{ type: 'image', source }]), 5_000],
    ['anthropic-messages', says([{ type: 'tool_result', content: [{ type: 'image', source }] }]), 5_000],
    ['gemini', { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: PNG } }] }] }, 10_000],
  ])('%s', (protocol, body, each) => {
    const { input } = { input: 0, ...worst(body, protocol) };
    expect(input).toBeGreaterThan(each + 1000);
    expect(input).toBeLessThan(each + 1400);
  });
});

describe('what the request only names may fill the whole context', () => {
  const file = { fileUri: 'files/1', mimeType: 'application/pdf' };
  it.each<[string, string, Record<string, unknown>]>([
    ['an earlier reply', 'openai-responses', { previous_response_id: 'resp_1' }],
    ['a conversation', 'openai-responses', { conversation: { id: 'conv_1' } }],
    ['a stored prompt', 'openai-responses', { prompt: { id: 'pmpt_1' } }],
    ['an earlier item', 'openai-responses', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['a file', 'openai-responses', asks([{ type: 'input_file', file_id: 'file_1' }])],
    ['a picture by its id', 'openai-responses', asks([{ type: 'input_image', file_id: 'file_1' }])],
    [
      'a picture by its URL',
      'openai-chat',
      says([{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }]),
    ],
    [
      'a picture by its URL',
      'anthropic-messages',
      says([{ type: 'image', source: { type: 'url', url: 'https://x' } }]),
    ],
    ['a document, whose pages are pictures', 'anthropic-messages', says([{ type: 'document', source }])],
    ['what was kept', 'gemini', { cachedContent: 'cachedContents/1' }],
    ['a file', 'gemini', { contents: [{ parts: [{ fileData: file }] }] }],
    ['a picture of a provider whose counting nobody knows', 'other', says([{ type: 'image', source }])],
  ])('%s: %s', (_, protocol, body) => {
    expect(worst(body, protocol)).toMatchObject({ input: 70_000, output: 100 });
    const { request, call } = wanted(body, { protocol });
    expect(worstCase(request, call, {})).toMatchObject({ because: 'context_unknown' });
  });

  it('but not what a target says itself, in a schema or in the arguments of a tool', () => {
    const parameters = { type: 'object', properties: { file_id: { type: 'string' }, prompt: { type: 'string' } } };
    const { bytes, input } = {
      input: 0,
      ...worst({
        tools: [{ type: 'function', function: { name: 'read', parameters } }],
        ...says([{ type: 'tool_use', id: 't', name: 'read', input: { file_id: 'a', prompt: 'b' } }]),
      }),
    };
    expect(input).toBe(bytes + 1000);
  });
});

describe('refused is what no count of tokens bounds', () => {
  const heard = { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } };
  it.each<[string, Record<string, unknown>]>([
    ['web_search_options', { web_search_options: {} }],
    ['the tool web_search_preview', { tools: [{ type: 'web_search_preview' }] }],
    ['the tool code_interpreter', { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }],
    ['the tool web_search_20250305', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['the tool googleSearch', { tools: [{ googleSearch: {} }] }],
    ['the tool urlContext', { tools: [{ functionDeclarations: [], urlContext: {} }] }],
    ['mcp_servers', { mcp_servers: [{ url: 'https://x' }] }],
    ['models', { models: ['a', 'b'] }],
    ['service_tier priority', { service_tier: 'priority' }],
    ['speed fast', { speed: 'fast' }],
    ['inference_geo', { inference_geo: 'us' }],
    ['output as audio', { modalities: ['text', 'audio'] }],
    ['output as IMAGE', { generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } }],
    ['sound or film', says([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }])],
    ['sound or film', { contents: [{ parts: [heard] }] }],
    ['sound or film', { contents: [{ parts: [{ fileData: { fileUri: 'https://film.example' } }] }] }],
  ])('%s', (what, body) => {
    const why = `${what} is not billed as tokens of text are, so no limit of tokens bounds it`;
    expect(worst(body)).toMatchObject({ because: 'priced_otherwise', why });
  });

  it.each([
    ['a function', { tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['a tool of Anthropic that has no type', { tools: [{ name: 'f', description: '', input_schema: {} }] }],
    ['a tool that the caller runs', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
    ['functions of Gemini', { tools: [{ functionDeclarations: [{ name: 'f' }] }] }],
    ['the usual tier', { service_tier: 'auto' }],
    ['no tools', { tools: null, mcp_servers: [] }],
  ])('but not %s', (_, body) => expect(worst(body)).toMatchObject({ output: 100 }));
});

it('refuses a body that it cannot read', () => {
  const { request, call } = wanted();
  const zipped = { ...request, headers: [['Content-Encoding', 'gzip']] as const };
  expect(worstCase(zipped, call, {})).toMatchObject({ because: 'unreadable_request' });
  const broken = { ...request, body: request.body.subarray(1) };
  expect(worstCase(broken, call, {})).toMatchObject({ because: 'unreadable_request' });
});
