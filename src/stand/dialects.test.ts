import { describe, expect, it } from 'vitest';
import type { Role, Roles } from '../core/declaration.ts';
import type { Part } from '../core/wire.ts';
import { answer, meet, says, task, tool } from './sdk.fixture.ts';

const { default: OpenAI, AzureOpenAI } = await import('openai');

const role = (dialect: string, base_url: string): Role => ({
  ...{ provider: dialect, protocol: 'openai-chat', dialect, base_url, model: 'gpt-5-mini' },
});
const at = (dialect: string, base_url: string): Roles => ({ primary: role(dialect, base_url) });
const messages = [{ role: 'user' as const, content: task.input }];
const ask = { model: 'gpt-5-mini', messages };
const tools = [{ type: 'function' as const, function: tool }];
const limited: Part = {
  ...{ type: 'error', mode: 'rate_limit', message: 'Too fast', retryAfter: { ms: 2000, as: 'seconds' } },
};

describe('the AzureOpenAI client of the official SDK', () => {
  const endpoint = 'https://my-resource.openai.azure.com';
  const open = (more = {}) => new AzureOpenAI({ endpoint, apiKey: 'k', apiVersion: '2024-10-21', ...more });
  const roles = at('azure', endpoint);

  it('reads a whole answer', async () => {
    const { value, told, io } = await meet(() => open().chat.completions.create(ask), [], roles);
    expect(value?.choices[0]).toMatchObject({
      message: { content: answer },
      content_filter_results: { hate: { filtered: false } },
    });
    expect(value?._request_id).toMatch(/^req_/);
    expect(told('call')).toMatchObject([{ role: 'primary', protocol: 'openai-chat', model: 'gpt-5-mini' }]);
    expect(io).toEqual([]);
  });

  it('reads a stream, whose first event has no choice', async () => {
    const { value = [] } = await meet(
      async () => {
        const chunks = [];
        const stream = await open({ deployment: 'gpt-5-mini' }).chat.completions.create({ ...ask, stream: true });
        for await (const chunk of stream) chunks.push(chunk);
        return chunks;
      },
      [],
      roles,
    );
    expect(value[0]).toMatchObject({ choices: [], prompt_filter_results: [{}] });
    expect(value.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(answer);
  });

  it('waits as it is told', async () => {
    const { error, told, at: ms } = await meet(() => open().chat.completions.create(ask), [says(limited)], roles);
    expect(error).toMatchObject({ status: 429, code: '429' });
    expect(told('call-end')).toHaveLength(3);
    expect(ms).toBeGreaterThan(4000);
  });

  it('is served Responses at the same resource', async () => {
    const { value } = await meet(() => open().responses.create({ model: 'gpt-5-mini', input: task.input }), [], roles);
    expect(value?.output_text).toBe(answer);
  });
});

describe('the official SDK', () => {
  const sites = {
    vllm: 'http://localhost:8000/v1',
    ollama: 'http://localhost:11434/v1',
    openrouter: 'https://openrouter.ai/api/v1',
    mistral: 'https://api.mistral.ai/v1',
  };

  it.each(Object.entries(sites))('calls a tool and answers at %s, streamed and whole', async (dialect, baseURL) => {
    const client = new OpenAI({ apiKey: 'k', baseURL });
    const { value, error, told } = await meet(
      async () => {
        const first = await client.chat.completions.stream({ ...ask, tools }).finalChatCompletion();
        const message = first.choices[0]?.message;
        const [wanted] = message?.tool_calls ?? [];
        if (message === undefined || wanted === undefined) throw new Error('no call');
        const content = JSON.stringify({ shipped: 'Monday' });
        const { role: who, tool_calls = [] } = message;
        const more = [
          ...messages,
          { role: who, tool_calls },
          { role: 'tool' as const, tool_call_id: wanted.id, content },
        ];
        return client.chat.completions.create({ ...ask, messages: more, tools });
      },
      [],
      at(dialect, baseURL),
    );
    expect(error).toBeUndefined();
    expect(value?.choices[0]?.message.content).toBe(answer);
    expect(told('call-end').map(({ failure_mode }) => failure_mode)).toEqual([null, null]);
  });

  it('is told by OpenRouter in the middle of a stream', async () => {
    const gone: Part = { type: 'error', mode: 'server_error', message: 'gone', inBand: true };
    const { error } = await meet(
      async () => {
        const client = new OpenAI({ apiKey: 'k', baseURL: sites.openrouter });
        for await (const _ of await client.chat.completions.create({ ...ask, stream: true }));
      },
      [says({ type: 'text-delta', text: 'Order' }, gone)],
      at('openrouter', sites.openrouter),
    );
    expect(error).toMatchObject({ code: 502, error: { metadata: { raw: 'gone' } } });
  });

  it('is turned away by Mistral for ids of another provider, and for a parameter it does not know', async () => {
    const client = new OpenAI({ apiKey: 'k', baseURL: sites.mistral, maxRetries: 0 });
    const called = { id: 'call_1', type: 'function' as const, function: { name: tool.name, arguments: '{}' } };
    const foreign = [
      ...messages,
      { role: 'assistant' as const, tool_calls: [called] },
      { role: 'tool' as const, tool_call_id: 'call_1', content: '{}' },
    ];
    const roles = at('mistral', sites.mistral);
    const strange = await meet(() => client.chat.completions.create({ ...ask, messages: foreign }), [], roles);
    expect(strange.error).toMatchObject({ status: 400 });
    expect(strange.replies).toEqual([expect.stringMatching(/Tool call id was call_1 .*"code":"3280"/)]);
    const limit = await meet(() => client.chat.completions.create({ ...ask, max_completion_tokens: 9 }), [], roles);
    expect(limit.error).toMatchObject({ status: 422 });
  });

  it('has no Responses at Mistral', async () => {
    const client = new OpenAI({ apiKey: 'k', baseURL: sites.mistral });
    const asked = () => client.responses.create({ model: 'gpt-5-mini', input: 'Hi' });
    expect((await meet(asked, [], at('mistral', sites.mistral))).error).toMatchObject({ status: 404 });
    const other = new OpenAI({ apiKey: 'k', baseURL: sites.vllm });
    const served = await meet(
      () => other.responses.create({ model: 'gpt-5-mini', input: 'Hi' }),
      [],
      at('vllm', sites.vllm),
    );
    expect(served.value?.output_text).toBe(answer);
  });
});

it('tells two deployments of one resource apart by their paths', async () => {
  const base = 'https://my-resource.openai.azure.com';
  const roles: Roles = {
    primary: { ...role('azure', base), model: 'large' },
    backup: { ...role('azure', base), model: 'small' },
  };
  const { told } = await meet(
    () =>
      fetch(`${base}/openai/deployments/small/chat/completions?api-version=2024-10-21`, {
        method: 'POST',
        headers: { 'api-key': 'k' },
        body: JSON.stringify({ messages }),
      }).then((reply) => reply.text()),
    [],
    roles,
  );
  expect(told('call')).toMatchObject([{ role: 'backup', model: 'small' }]);
});
