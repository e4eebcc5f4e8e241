import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';
import { retryAfter, retryAfterParams } from './retry-after.ts';

export const TOO_MANY = 'Rate limit reached: too many requests.';

export const rateLimited = defineMeaningFault({
  name: 'rate-limited',
  summary: 'The provider answers 429: too many requests.',
  effect: 'fails',
  params: z.strictObject(retryAfterParams('seconds')),
  example: '{ fault: rate-limited, role: primary, retry_after_ms: 2000, retry_after_as: http-date }',
  trials: [{ retry_after_ms: 2000 }, { retry_after_as: 'absent' }],
  drill: 'rate_limit_burst',
  open: (params) =>
    replying(() => {
      const { told, field } = retryAfter(params);
      return [
        `HTTP 429${told || ' without Retry-After'}`,
        { type: 'error', mode: 'rate_limit', message: TOO_MANY, ...field },
      ];
    }),
});
