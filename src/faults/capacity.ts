import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import type { Part } from '../core/wire.ts';
import { replyOf } from './error-reply.ts';
import { TOO_MANY } from './rate-limited.ts';

/** What a provider says when it cannot know when a slot is free. */
const SOON_MS = 1000;

export const capacity = defineMeaningFault({
  name: 'capacity',
  summary: 'The role is finite: beyond its rate, or its concurrency, calls are answered with 429 and Retry-After.',
  // With room for none, there is nothing a caller could do.
  effect: ({ concurrency }) => (concurrency === 0 ? 'fails' : 'limits'),
  params: z.strictObject({
    per_second: z.number().min(0.01).max(10_000).default(2).describe('calls a second it takes in the long run'),
    burst: whole(1, 10_000).default(4).describe('calls it takes at once after a rest'),
    concurrency: whole(0, 10_000).default(4).describe('calls it works on at a time; 0 takes none'),
  }),
  shared: true,
  example: '{ fault: capacity, role: backup, concurrency: 16, per_second: 30, burst: 40 }',
  drill: 'rate_limit_burst',
  open({ per_second, burst, concurrency }) {
    // Counted in thousandths of a call, so that whole rates stay whole numbers.
    let left = burst * 1000;
    let counted = 0;
    let running = 0;
    return async (call, next, around) => {
      const now = around.clock.now();
      left = Math.min(burst * 1000, left + (now - counted) * per_second);
      counted = now;
      if (running >= concurrency || left < 1000) {
        const full = running >= concurrency;
        const ms = full ? SOON_MS : Math.ceil((1000 - left) / per_second);
        around.fired(full ? `429: ${running} calls are running` : `429: the next call fits in ${ms} ms`);
        return replyOf({ type: 'error', mode: 'rate_limit', message: TOO_MANY, retryAfter: { ms, as: 'seconds' } });
      }
      left -= 1000;
      running += 1;
      // A target that never asks for more than there is has met the limit all the same.
      if (running === concurrency || left < 1000) around.fired(`no more room: ${running} calls are running`);
      let over = false;
      const release = () => {
        if (!over) running -= 1;
        over = true;
      };
      // A caller that leaves before it reads would never end the parts.
      around.signal?.addEventListener('abort', release, { once: true });
      try {
        const reply = await next(call);
        if (reply.kind === 'http') return { kind: 'http', parts: until(reply.parts, release) };
        release();
        return reply;
      } catch (error) {
        release();
        throw error;
      }
    };
  },
});

async function* until(parts: AsyncIterable<Part>, over: () => void): AsyncGenerator<Part> {
  try {
    yield* parts;
  } finally {
    over();
  }
}
