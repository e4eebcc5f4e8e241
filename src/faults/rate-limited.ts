import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';

export const TOO_MANY = 'Rate limit reached: too many requests.';

export const rateLimited = defineMeaningFault({
  name: 'rate-limited',
  summary: 'The provider answers 429: too many requests.',
  effect: 'fails',
  params: z.strictObject({
    retry_after_ms: whole(0, 86_400_000)
      .default(1000)
      .describe('milliseconds after which the provider says to come back'),
    retry_after_as: z
      .enum(['seconds', 'http-date', 'absent'])
      .default('seconds')
      .describe('how Retry-After says it; `absent` leaves the header out'),
  }),
  example: '{ fault: rate-limited, role: primary, retry_after_ms: 2000, retry_after_as: http-date }',
  drill: 'rate_limit_burst',
  open: ({ retry_after_ms: ms, retry_after_as: as }) =>
    replying(() => {
      const error = { type: 'error', mode: 'rate_limit', message: TOO_MANY } as const;
      if (as === 'absent') return ['HTTP 429 without Retry-After', error];
      return [`HTTP 429, Retry-After ${ms} ms as ${as}`, { ...error, retryAfter: { ms, as } }];
    }),
});
