import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';

const STATUSES = [500, 502, 503, 504] as const;

export const serverError = defineMeaningFault({
  name: 'server-error',
  summary: 'The provider, or the gateway in front of it, answers with a server error.',
  effect: 'fails',
  params: z.strictObject({
    status: z
      .literal(STATUSES)
      .default(500)
      .describe("the HTTP status: 500 is the provider's own error, 502 to 504 are its gateway's page"),
  }),
  example: '{ fault: server-error, role: primary, status: 503 }',
  open: ({ status }) =>
    replying(() => [
      `HTTP ${status}`,
      { type: 'error', mode: 'server_error', message: 'Internal server error', status },
    ]),
});
