import { z } from 'zod';
import { defineToolFault } from '../core/plugin.ts';
import { AfterMs, timedOut } from './tool-time.ts';

export const toolTimeoutAfterEffect = defineToolFault({
  name: 'tool-timeout-after-effect',
  summary: 'The tool does what it was asked, and the caller only hears that it took too long.',
  effect: 'fails',
  params: z.strictObject({ after_ms: AfterMs }),
  example: '{ fault: tool-timeout-after-effect, tool: issue_refund, after_ms: 3000 }',
  drill: 'all_models_down',
  open:
    ({ after_ms }) =>
    async (use, next, around) => {
      const { ok } = await next(use);
      around.fired(`a timeout after ${after_ms} ms; it ${ok ? 'worked' : 'had failed'}`);
      return timedOut(after_ms, around);
    },
});
