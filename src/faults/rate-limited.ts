import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { errorReply } from './error-reply.ts';

export const rateLimited = defineMeaningFault({
  name: 'rate-limited',
  summary: 'The provider answers 429: too many requests.',
  params: z.strictObject({
    retry_after_ms: z
      .number()
      .int()
      .min(0)
      .max(86_400_000)
      .default(1000)
      .describe('milliseconds after which the provider says to come back'),
    retry_after_as: z
      .enum(['seconds', 'http-date', 'absent'])
      .default('seconds')
      .describe('how Retry-After says it; `absent` leaves the header out'),
  }),
  example: '{ fault: rate-limited, role: primary, retry_after_ms: 2000, retry_after_as: http-date }',
  drill: 'rate_limit_burst',
  open:
    ({ retry_after_ms: ms, retry_after_as: as }) =>
    async (_call, _next, around) => {
      around.fired(as === 'absent' ? 'HTTP 429 without Retry-After' : `HTTP 429, Retry-After ${ms} ms as ${as}`);
      const message = 'Rate limit reached: too many requests.';
      return errorReply({
        type: 'error',
        mode: 'rate_limit',
        message,
        ...(as !== 'absent' && { retryAfter: { ms, as } }),
      });
    },
});
