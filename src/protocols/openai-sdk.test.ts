import OpenAI, { APIError, InternalServerError, RateLimitError } from 'openai';
import { describe, expect, it } from 'vitest';
import type { CallBody } from '../core/model-call.ts';
import type { Part } from '../core/wire.ts';
import { openaiChat } from './index.ts';
import { concat } from './json.ts';

const stamp = { id: 'c1', atMs: 1_800_000_000_000 };

/** The official SDK, answered by our encoder; what it asked is read by our own server's end. */
function client(parts: Part[], asked: CallBody[] = []): OpenAI {
  return new OpenAI({
    apiKey: 'sk-test',
    maxRetries: 0,
    async fetch(url, init) {
      const request = new Request(url, init);
      const call = openaiChat.readCall({
        method: request.method,
        url: request.url,
        headers: [...request.headers],
        body: new Uint8Array(await request.arrayBuffer()),
      });
      if ('refused' in call) throw new Error(`refused: ${call.message}`);
      asked.push(call);
      const encoder = openaiChat.encoder(call, stamp);
      const { status, headers } = encoder.head(parts[0]);
      const frames = [...parts.flatMap((p) => encoder.push(p)), ...encoder.end()];
      return new Response(concat(frames.map((f) => f.wire)), { status, headers: headers.map(([n, v]) => [n, v]) });
    },
  });
}

const ask = { model: 'gpt-5-mini', messages: [{ role: 'user' as const, content: 'Größe?' }] };
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const answer: Part[] = [
  { type: 'text-delta', text: 'Größe 42 ' },
  { type: 'text-delta', text: '🙂' },
  { type: 'usage', input: 12, output: 4 },
  { type: 'end', reason: 'stop' },
];
const toolCall: Part[] = [
  { type: 'tool-call', id: 'call_1', name: 'lookup_order' },
  { type: 'tool-call-delta', id: 'call_1', arguments: '{"order_id":' },
  { type: 'tool-call-delta', id: 'call_1', arguments: '"991"}' },
  { type: 'end', reason: 'tool-calls' },
];

describe('the official openai SDK', () => {
  it('reads a whole answer', async () => {
    const asked: CallBody[] = [];
    const reply = await client(answer, asked).chat.completions.create(ask);
    expect(reply.choices[0]?.message.content).toBe('Größe 42 🙂');
    expect(reply.choices[0]?.finish_reason).toBe('stop');
    expect(reply.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 4, total_tokens: 16 });
    expect(reply._request_id).toBe('req_c1');
    expect(asked).toMatchObject([
      { model: 'gpt-5-mini', stream: false, messages: [{ role: 'user', content: 'Größe?' }] },
    ]);
  });

  it('reads a streamed answer with its usage, and accepts it as whole', async () => {
    const stream = client(answer).chat.completions.stream({ ...ask, stream_options: { include_usage: true } });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('Größe 42 🙂');
    const whole = await stream.finalChatCompletion();
    expect(whole.choices[0]?.message.content).toBe('Größe 42 🙂');
    expect(whole.usage?.total_tokens).toBe(16);
  });

  it('reads tool calls, whole and streamed', async () => {
    const whole = await client(toolCall).chat.completions.create(ask);
    const streamed = await client(toolCall).chat.completions.stream(ask).finalChatCompletion();
    for (const reply of [whole, streamed]) {
      expect(reply.choices[0]?.finish_reason).toBe('tool_calls');
      expect(reply.choices[0]?.message.tool_calls?.[0]).toMatchObject({
        id: 'call_1',
        type: 'function',
        function: { name: 'lookup_order', arguments: '{"order_id":"991"}' },
      });
    }
  });

  it('throws its RateLimitError for a 429', async () => {
    const limited: Part = {
      type: 'error',
      mode: 'rate_limit',
      message: 'slow',
      retryAfter: { ms: 7000, as: 'seconds' },
    };
    const error = await failure(client([limited]).chat.completions.create(ask));
    if (!(error instanceof RateLimitError)) throw new Error(`not a RateLimitError: ${String(error)}`);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests', requestID: 'req_c1' });
    expect(error.headers.get('retry-after')).toBe('7');
  });

  it('throws its InternalServerError for 500 and for a gateway page', async () => {
    for (const status of [500, 502]) {
      const part: Part = { type: 'error', mode: 'server_error', message: 'oh', status };
      const error = await failure(client([part]).chat.completions.create(ask));
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error).toMatchObject({ status });
    }
  });

  it('throws an APIError without a status for an error inside a stream', async () => {
    const parts: Part[] = [
      { type: 'text-delta', text: 'Half' },
      { type: 'error', mode: 'server_error', message: 'oh', inBand: true },
    ];
    const stream = await client(parts).chat.completions.create({ ...ask, stream: true });
    const error = await failure(
      (async () => {
        for await (const _ of stream);
      })(),
    );
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: undefined, type: 'server_error' });
  });

  it('misses a clean end without a finish reason when it reads raw chunks: only our decoder finds it', async () => {
    const stream = await client([{ type: 'text-delta', text: 'Half' }]).chat.completions.create({
      ...ask,
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('Half');
  });
});
