import { z } from 'zod';
import { promptTokens } from '../core/model-call.ts';
import { whole } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';

export const contextOverflow = defineMeaningFault({
  name: 'context-overflow',
  summary: 'The provider rejects a prompt that is longer than its context window: 400.',
  // A window that takes nothing refuses whatever is sent.
  effect: ({ max_input_tokens }) => (max_input_tokens === 0 ? 'fails' : 'limits'),
  params: z.strictObject({
    max_input_tokens: whole(0, 10_000_000)
      .default(0)
      .describe('tokens the window takes, at four characters each; with 0, every prompt is too long'),
  }),
  example: '{ fault: context-overflow, role: primary, max_input_tokens: 100 }',
  open: ({ max_input_tokens: most }) =>
    replying((call) => {
      const tokens = promptTokens(call);
      if (most > 0 && tokens <= most) return undefined;
      const window = most === 0 ? Math.max(0, tokens - 1) : most;
      const message = `prompt is too long: ${tokens} tokens > ${window}, this model's maximum context length`;
      return [`${tokens} tokens are too many`, { type: 'error', mode: 'context_overflow', message }];
    }),
});
