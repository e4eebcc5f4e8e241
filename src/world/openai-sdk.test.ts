import { expect, it } from 'vitest';
import type { Transport, WireReply, WireRequest } from '../core/wire.ts';
import { createNodeFetch, createVirtualWorld, currentScope, installRoutes, type RealIo } from './index.ts';

// Before the SDK is imported, as bin does it: it keeps what it finds.
installRoutes();
const { default: OpenAI } = await import('openai');

const bytes = (text: string) => new TextEncoder().encode(text);
const chunk = (text: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`;
const whole = JSON.stringify({ id: 'c1', choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }] });

async function* of(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const text of chunks) yield bytes(text);
}
const json = (status: number, body: string, headers: [string, string][] = []): WireReply => ({
  status,
  headers: [['content-type', 'application/json'], ...headers],
  body: of(body),
});

type Client = InstanceType<typeof OpenAI>;
const ask = (client: Client) => client.chat.completions.create({ model: 'gpt-5', messages: [] });

/** Lets a client with default settings work against `answer` in a world, and says what was seen. */
async function meet(
  answer: (n: number, clock: { sleep: Transport; never: Transport }) => ReturnType<Transport>,
  task: (client: Client) => Promise<unknown>,
  seed = 7,
) {
  const calls: { at: number; retry: string | undefined; ask: number | undefined; request: WireRequest }[] = [];
  const io: RealIo[] = [];
  const world = createVirtualWorld({
    seed,
    epochMs: 1_790_000_000_000,
    fetch: (input, init) => nodeFetch(input, init),
    onRealIo: (e) => void io.push(e),
  });
  const transport: Transport = async (request, signal) => {
    const retry = Object.fromEntries(request.headers)['x-stainless-retry-count'];
    calls.push({ at: world.clock.now(), retry, ask: currentScope()?.ask, request });
    const sleep = async () => {
      await world.clock.sleep(200, signal);
      return json(200, whole);
    };
    return answer(calls.length, { sleep, never: () => world.clock.never(signal) });
  };
  const nodeFetch = createNodeFetch(transport, world.clock);
  const outcome = await world.run(() =>
    world.enter({ ask: 1, task: 'refund', tenant: 'acme' }, () => {
      const client = new OpenAI({ apiKey: 'k' });
      return task(client).then(
        (value) => ({ value, error: undefined }),
        (error: unknown) => ({ value: undefined, error }),
      );
    }),
  );
  return { ...outcome, calls, io, at: world.clock.now() };
}

const request: WireRequest = { method: 'GET', url: 'http://unused/', headers: [], body: new Uint8Array() };

it('a good reply', async () => {
  const { value, calls, io, at } = await meet((_, clock) => clock.sleep(request), ask);
  expect(value).toMatchObject({ choices: [{ message: { content: 'hello' } }] });
  expect(calls).toMatchObject([
    { at: 0, retry: '0', ask: 1, request: { url: 'https://api.openai.com/v1/chat/completions' } },
  ]);
  expect(JSON.parse(new TextDecoder().decode(calls[0]?.request.body))).toEqual({ model: 'gpt-5', messages: [] });
  expect([io, at]).toEqual([[], 200]);
});

// In real time it would be a quarter of an hour, which no test is given.
it('a hang ends after three attempts of 300 s each', async () => {
  const { error, calls, io, at } = await meet((_, clock) => clock.never(request), ask);
  expect(error).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  expect(calls.map((call) => call.retry)).toEqual(['0', '1', '2']);
  const backoff = at - 3 * 300_900;
  // Two jittered waits of at most 0.5 s and 1 s, each cut by a quarter at most.
  expect(backoff).toBeGreaterThan(1000);
  expect(backoff).toBeLessThanOrEqual(1500);
  expect(io).toEqual([]);
});

it('the same seed hangs for exactly as long', async () => {
  const hang = (seed: number) => meet((_, clock) => clock.never(request), ask, seed).then(({ at }) => at);
  expect(await hang(7)).toBe(await hang(7));
  expect(await hang(7)).not.toBe(await hang(8));
});

it('its own timeout aborts the transport', async () => {
  const { error, calls, at } = await meet(
    (_, clock) => clock.never(request),
    (client) => ask(client.withOptions({ timeout: 1000, maxRetries: 0 })),
  );
  expect(error).toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
  expect([calls.length, at]).toEqual([1, 1000]);
});

it('a 429 is retried after as long as it says', async () => {
  const { value, calls, at } = await meet(
    (n, clock) => (n === 1 ? Promise.resolve(json(429, '{"error":{}}', [['retry-after', '7']])) : clock.sleep(request)),
    ask,
  );
  expect(value).toMatchObject({ id: 'c1' });
  expect([calls.map((call) => call.at), at]).toEqual([[0, 7000], 7200]);
});

it('a Retry-After date is read on the world’s own calendar', async () => {
  const date = new Date(1_790_000_000_000 + 9000).toUTCString();
  const { calls } = await meet(
    (n, clock) =>
      n === 1 ? Promise.resolve(json(429, '{"error":{}}', [['retry-after', date]])) : clock.sleep(request),
    ask,
  );
  expect(calls.map((call) => call.at)).toEqual([0, 9000]);
});

it('a stream that stalls is terminated after 300 s, with what came before', async () => {
  const stalling = async (clock: { never: Transport }): Promise<WireReply> => ({
    status: 200,
    headers: [['content-type', 'text/event-stream']],
    body: (async function* () {
      yield bytes(chunk('half an '));
      await clock.never(request);
    })(),
  });
  let text = '';
  const { error, calls, at, io } = await meet(
    (_, clock) => stalling(clock),
    async (client) => {
      const stream = await client.chat.completions.create({ model: 'gpt-5', messages: [], stream: true });
      for await (const event of stream) text += event.choices[0]?.delta.content ?? '';
    },
  );
  expect(text).toBe('half an ');
  expect(error).toMatchObject({ name: 'TypeError', message: 'terminated', cause: { code: 'UND_ERR_BODY_TIMEOUT' } });
  expect([calls.length, at, io]).toEqual([1, 300_900, []]);
});

it('a stalled body without streaming ends the same way', async () => {
  const { error, at } = await meet(
    async (_, clock) => ({
      ...json(200, ''),
      body: (async function* () {
        yield bytes(whole.slice(0, 20));
        await clock.never(request);
      })(),
    }),
    (client) => ask(client.withOptions({ maxRetries: 0 })),
  );
  expect([error instanceof Error && error.message, at]).toEqual(['terminated', 300_900]);
});
