import { z } from 'zod';
import { promptTokens } from '../core/model-call.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { errorReply, replyOf } from './error-reply.ts';

export const safetyBlock = defineMeaningFault({
  name: 'safety-block',
  summary: 'A content filter of the provider stops the answer, or rejects the request.',
  params: z.strictObject({
    as: z
      .enum(['end', 'error'])
      .default('end')
      .describe('`end`: a good status and an empty answer that ends with the filter; `error`: 400 for content policy'),
  }),
  example: '{ fault: safety-block, role: primary, as: error }',
  drill: 'all_models_down',
  open:
    ({ as }) =>
    async (call, _next, around) => {
      around.fired(as === 'end' ? 'the answer ends in a content filter' : 'a 400 for content policy');
      if (as === 'error') {
        const message = 'Your request was rejected by our content filtering policy.';
        return errorReply({ type: 'error', mode: 'safety_block', message });
      }
      return replyOf(
        { type: 'usage', input: promptTokens(call), output: 1 },
        { type: 'end', reason: 'content-filter' },
      );
    },
});
