import { z } from 'zod';
import { defineToolFault } from '../core/plugin.ts';
import { AfterMs, timedOut } from './tool-time.ts';

export const toolTimeout = defineToolFault({
  name: 'tool-timeout',
  summary: 'The tool gives no answer in time, and nothing happens.',
  effect: 'fails',
  params: z.strictObject({ after_ms: AfterMs }),
  example: '{ fault: tool-timeout, tool: lookup_policy, after_ms: 3000 }',
  drill: 'all_models_down',
  open:
    ({ after_ms }) =>
    async (_use, _next, around) => {
      around.fired(`a timeout after ${after_ms} ms, no effect`);
      return timedOut(after_ms, around);
    },
});
