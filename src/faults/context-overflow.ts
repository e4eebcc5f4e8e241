import { z } from 'zod';
import { promptTokens } from '../core/model-call.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { errorReply } from './error-reply.ts';

export const contextOverflow = defineMeaningFault({
  name: 'context-overflow',
  summary: 'The provider rejects a prompt that is longer than its context window: 400.',
  params: z.strictObject({
    max_input_tokens: z
      .number()
      .int()
      .min(0)
      .max(10_000_000)
      .default(0)
      .describe('tokens the window takes, at four characters each; with 0, every prompt is too long'),
  }),
  example: '{ fault: context-overflow, role: primary, max_input_tokens: 100 }',
  open:
    ({ max_input_tokens: most }) =>
    async (call, next, around) => {
      const tokens = promptTokens(call);
      if (most > 0 && tokens <= most) return next(call);
      around.fired(`${tokens} tokens are too many`);
      const window = most === 0 ? Math.max(0, tokens - 1) : most;
      const message = `prompt is too long: ${tokens} tokens > ${window}, this model's maximum context length`;
      return errorReply({ type: 'error', mode: 'context_overflow', message });
    },
});
