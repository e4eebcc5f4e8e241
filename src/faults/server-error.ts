import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';
import { retryAfter, retryAfterParams } from './retry-after.ts';

const STATUSES = [500, 502, 503, 504, 520, 522, 524] as const;

export const serverError = defineMeaningFault({
  name: 'server-error',
  summary: 'The provider, or the gateway in front of it, answers with a server error.',
  effect: 'fails',
  params: z.strictObject({
    status: z
      .literal(STATUSES)
      .default(500)
      .describe("the HTTP status: 500 is the provider's own error, the others are its gateway's page"),
    ...retryAfterParams('absent'),
  }),
  example: '{ fault: server-error, role: primary, status: 503 }',
  trials: [{ status: 500 }, { status: 503 }],
  open: ({ status, ...hint }) =>
    replying(() => {
      const { told, field } = retryAfter(hint);
      const error = {
        type: 'error',
        mode: 'server_error',
        message: 'Internal server error',
        status,
        ...field,
      } as const;
      return [`HTTP ${status}${told}`, error];
    }),
});
