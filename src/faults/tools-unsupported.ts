import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { errorReply } from './error-reply.ts';

export const toolsUnsupported = defineMeaningFault({
  name: 'tools-unsupported',
  summary: 'The model cannot call tools: a request that offers any is rejected with 400.',
  params: z.strictObject({}),
  example: '{ fault: tools-unsupported, role: primary }',
  drill: 'no_tool_support',
  open: () => async (call, next, around) => {
    if (call.tools.length === 0) return next(call);
    around.fired('a 400, because tools were offered');
    const message = `tools: not supported by the model ${call.model}`;
    return errorReply({ type: 'error', mode: 'tool_mismatch', message });
  },
});
