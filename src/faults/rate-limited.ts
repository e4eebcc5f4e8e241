import { z } from 'zod';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';

export const TOO_MANY = 'Rate limit reached: too many requests.';

/** Far beyond 24.8 days, which is what a timer of 32 bits takes. */
const TEN_YEARS_MS = 10 * 365 * 24 * HOUR_MS;

export const rateLimited = defineMeaningFault({
  name: 'rate-limited',
  summary: 'The provider answers 429: too many requests.',
  effect: 'fails',
  params: z.strictObject({
    retry_after_ms: whole(0, TEN_YEARS_MS)
      .default(1000)
      .describe('milliseconds after which the provider says to come back'),
    retry_after_as: z
      .enum(['seconds', 'http-date', 'past', 'garbage', 'absent'])
      .default('seconds')
      .describe(
        'how Retry-After says it; `past`: a date that is so long gone by; `garbage`: a word in its place; `absent` leaves the header out',
      ),
  }),
  example: '{ fault: rate-limited, role: primary, retry_after_ms: 2000, retry_after_as: http-date }',
  drill: 'rate_limit_burst',
  open: ({ retry_after_ms: ms, retry_after_as: as }) =>
    replying(() => {
      const error = { type: 'error', mode: 'rate_limit', message: TOO_MANY } as const;
      if (as === 'absent') return ['HTTP 429 without Retry-After', error];
      if (as === 'garbage') return ['HTTP 429, Retry-After a word', { ...error, retryAfter: { ms, as } }];
      // Headers are rounded up to the second: a date of this one would not be past.
      const gone = Math.max(1000, ms);
      if (as === 'past')
        return [`HTTP 429, Retry-After ${gone} ms ago`, { ...error, retryAfter: { ms: -gone, as: 'http-date' } }];
      return [`HTTP 429, Retry-After ${ms} ms as ${as}`, { ...error, retryAfter: { ms, as } }];
    }),
});
