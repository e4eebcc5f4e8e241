import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';
import { retryAfter, retryAfterParams } from './retry-after.ts';

export const overloaded = defineMeaningFault({
  name: 'overloaded',
  summary: 'The provider answers that it is overloaded: 529 at Anthropic, 503 at OpenAI.',
  effect: 'fails',
  params: z.strictObject({
    status: z.literal([429, 503, 529]).optional().describe("the HTTP status; without it, the protocol's own"),
    ...retryAfterParams('absent'),
  }),
  example: '{ fault: overloaded, role: primary, status: 529 }',
  open: ({ status, ...hint }) =>
    replying(() => {
      const { told, field } = retryAfter(hint);
      const message = 'Overloaded. Please try again later.';
      const how = { ...(status && { status }), ...field };
      return [`the error overloaded${told}`, { type: 'error', mode: 'overloaded', message, ...how }];
    }),
});
