import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headersOf } from '../../core/wire.ts';
import { TRUE_TEXT } from '../provider.fixture.ts';
import { DUMMY_KEY, REAL_KEY, type Rig, rig } from './upstream.fixture.ts';

/** A port on which a target finds the role of a rig. */
async function forwarding({ upstream }: Rig) {
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/', rawHeaders } = request;
    const headers = headersOf(rawHeaders);
    const asked = { method, url: `http://here${url}`, headers, body: Buffer.concat(await request.toArray()) };
    const { head, body } = await upstream.send({ role: 'primary', identity: false, request: asked });
    response.writeHead(head.status, head.headers.flat());
    for await (const chunk of body) response.write(chunk);
    response.end();
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

async function joined<T>(chunks: AsyncIterable<T>, textOf: (chunk: T) => string | null | undefined): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += textOf(chunk) ?? '';
  return text;
}

const asks = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const model = 'a-model';

/** What each SDK makes of a reply, whole and streamed. */
const SDKS: Record<string, (origin: string) => { whole(): Promise<unknown>; streamed(): Promise<unknown> }> = {
  'openai-chat': (origin) => {
    const { completions } = new OpenAI({ baseURL: `${origin}/v1`, apiKey: DUMMY_KEY, maxRetries: 0 }).chat;
    return {
      whole: async () => (await completions.create({ model, messages: asks })).choices[0]?.message.content,
      streamed: async () =>
        joined(await completions.create({ model, messages: asks, stream: true }), (c) => c.choices[0]?.delta.content),
    };
  },
  'openai-responses': (origin) => {
    const { responses } = new OpenAI({ baseURL: `${origin}/v1`, apiKey: DUMMY_KEY, maxRetries: 0 });
    return {
      whole: async () => (await responses.create({ model, input: 'What?' })).output_text,
      streamed: async () =>
        joined(await responses.create({ model, input: 'What?', stream: true }), (event) =>
          event.type === 'response.output_text.delta' ? event.delta : '',
        ),
    };
  },
  'anthropic-messages': (origin) => {
    const { messages } = new Anthropic({ baseURL: origin, apiKey: DUMMY_KEY, maxRetries: 0 });
    const asked = { model, max_tokens: 100, messages: asks };
    return {
      whole: async () =>
        (await messages.create(asked)).content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      streamed: () => messages.stream(asked).finalText(),
    };
  },
  gemini: (origin) => {
    const { models } = new GoogleGenAI({ apiKey: DUMMY_KEY, httpOptions: { baseUrl: origin } });
    const asked = { model, contents: 'What is the capital of France?' };
    return {
      whole: async () => (await models.generateContent(asked)).text,
      streamed: async () => joined(await models.generateContentStream(asked), ({ text }) => text),
    };
  },
};

describe.each(Object.entries(SDKS))('an official SDK over %s', (protocol, sdk) => {
  let provided: Rig;
  let port: Awaited<ReturnType<typeof forwarding>>;
  beforeAll(async () => {
    // It packs what it says, as true ones do, and takes the true key alone.
    provided = await rig({ protocol, gzip: true, keys: [REAL_KEY] });
    port = await forwarding(provided);
  });
  afterAll(async () => {
    port.close();
    await provided[Symbol.asyncDispose]();
  });

  it('gets true replies with its dummy key, whole and streamed', async () => {
    const { whole, streamed } = sdk(port.origin);
    expect(await whole()).toBe(TRUE_TEXT);
    expect(await streamed()).toBe(TRUE_TEXT);
    expect(provided.provider.count(REAL_KEY)).toBe(2);
    expect(provided.provider.calls).toHaveLength(2);
    expect(JSON.stringify(provided.provider.calls)).not.toContain(DUMMY_KEY);
  });
});
