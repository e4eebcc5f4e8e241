import { describe, expect, it } from 'vitest';
import type { ModelCall } from '../core/model-call.ts';
import { createRandom } from '../core/random.ts';
import type { Part, Reply } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import { capacity } from './capacity.ts';
import { armedOnWire, leaping, partsOf, script } from './trial.fixture.ts';

const whole = (status: number | undefined) => status === 200;

describe.each(protocols)('in $name', (protocol) => {
  it('takes a burst, then a call whenever one fits again, and says truly when that is', async () => {
    const clock = leaping();
    const params = { per_second: 2, burst: 3, concurrency: 10 };
    const { ask, fired } = armedOnWire(capacity, params, { protocol, stream: false, clock });
    const statuses = async (n: number) => {
      const heads = [];
      for (let i = 0; i < n; i++) heads.push((await ask()).head);
      return heads.map((head) => head?.status);
    };
    expect(await statuses(4)).toEqual([200, 200, 200, 429]);
    expect(fired).toEqual(['no more room: 1 calls are running', '429: the next call fits in 500 ms']);
    await clock.sleep(499);
    expect(await statuses(1)).toEqual([429]);
    await clock.sleep(1);
    expect(await statuses(2)).toEqual([200, 429]);
    await clock.sleep(60_000);
    expect((await statuses(5)).filter(whole)).toHaveLength(3);
  });

  it('refuses with Retry-After in the words of the protocol', async () => {
    const params = { per_second: 0.25, burst: 1, concurrency: 10 };
    const { ask } = armedOnWire(capacity, params, { protocol, stream: true, clock: leaping() });
    await ask();
    const { head, heard } = await ask();
    expect(Object.fromEntries(head?.headers ?? [])).toMatchObject(
      protocol.waitIn === undefined ? { 'retry-after': '4' } : {},
    );
    expect(heard).toMatchObject([{ type: 'error', mode: 'rate_limit', retryAfter: { ms: 4000 } }]);
  });
});

describe('concurrency', () => {
  const clock = leaping();
  const random = createRandom(1);
  const call: ModelCall = {
    ...{
      id: 'c1',
      role: 'backup',
      provider: 'p',
      protocol: 'p',
      ask: 1,
      task: 't',
      tenant: 'acme',
      attempt: 1,
      turn: 1,
    },
    ...{ model: 'm', messages: [], tools: [], stream: true },
  };
  const endless: Reply = {
    kind: 'http',
    parts: (async function* (): AsyncGenerator<Part> {
      for (;;) yield { type: 'text-delta', text: 'x' };
    })(),
  };

  /** Starts calls on one opened fault. `refused` says so of each. */
  function open(concurrency: number) {
    const injection = capacity.arm({ concurrency, burst: 100 })({ role: 'backup', random });
    if (injection.kind !== 'meaning') throw new Error('not a meaning fault');
    return async (next: () => Promise<Reply>, signal?: AbortSignal) => {
      let refused = false;
      const fired = (detail: string) => {
        refused = detail.startsWith('429');
      };
      const reply = await injection.inject(call, next, { clock, random, signal, script, fired });
      return { reply, refused };
    };
  }
  const good = async (): Promise<Reply> => ({
    kind: 'http',
    parts: (async function* (): AsyncGenerator<Part> {
      yield { type: 'end', reason: 'stop' };
    })(),
  });

  it('a slot is taken until the reply is whole', async () => {
    const ask = open(1);
    const first = await ask(good);
    expect((await ask(good)).refused).toBe(true);
    await partsOf(first.reply);
    expect((await ask(good)).refused).toBe(false);
  });

  it('or the caller leaves, before it reads or while it does, or there is no reply', async () => {
    const ask = open(1);
    const left = new AbortController();
    await ask(async () => endless, left.signal);
    left.abort();
    const { reply, refused } = await ask(async () => endless);
    expect(refused).toBe(false);
    if (reply.kind === 'http') for await (const _ of reply.parts) break;
    expect(await ask(async () => ({ kind: 'none', how: 'reset' }))).toMatchObject({ refused: false });
    await expect(ask(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect((await ask(good)).refused).toBe(false);
    expect((await ask(good)).refused).toBe(true);
  });
});
