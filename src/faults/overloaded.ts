import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { errorReply } from './error-reply.ts';

export const overloaded = defineMeaningFault({
  name: 'overloaded',
  summary: 'The provider answers that it is overloaded: 529 at Anthropic, 503 at OpenAI.',
  params: z.strictObject({}),
  example: '{ fault: overloaded, role: primary }',
  open: () => async (_call, _next, around) => {
    around.fired('an overloaded error');
    return errorReply({ type: 'error', mode: 'overloaded', message: 'Overloaded. Please try again later.' });
  },
});
