import { z } from 'zod';
import { promptTokens } from '../core/model-call.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';

export const safetyBlock = defineMeaningFault({
  name: 'safety-block',
  summary: 'A content filter of the provider stops the answer, or rejects the request.',
  effect: 'fails',
  params: z.strictObject({
    as: z
      .enum(['end', 'error'])
      .default('end')
      .describe('`end`: a good status and an empty answer that ends with the filter; `error`: 400 for content policy'),
  }),
  example: '{ fault: safety-block, role: primary, as: error }',
  drill: 'all_models_down',
  trials: [{ as: 'end' }, { as: 'error' }],
  open: ({ as }) =>
    replying((call) => {
      const message = 'Your request was rejected by our content filtering policy.';
      if (as === 'error') return ['a 400 for content policy', { type: 'error', mode: 'safety_block', message }];
      const usage = { type: 'usage', input: promptTokens(call), output: 1 } as const;
      return ['the answer ends in a content filter', usage, { type: 'end', reason: 'content-filter' }];
    }),
});
