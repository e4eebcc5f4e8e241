import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { rewriting } from './rewriting.ts';

export const toolsIgnored = defineMeaningFault({
  name: 'tools-ignored',
  summary: 'The model answers at once, although it was offered tools and should have called one.',
  effect: 'cheapens',
  needs: 'tools',
  params: z.strictObject({
    claims: z
      .boolean()
      .default(true)
      .describe('whether it answers as if the tools had been used; without it, as where the action did not happen'),
  }),
  example: '{ fault: tools-ignored, role: primary, claims: false }',
  drill: 'all_models_down',
  open: ({ claims }) =>
    rewriting(({ calls }, call, { script: { task, answer } }) => {
      if (calls.length === 0 || call.tools.length === 0) return undefined;
      const structured = call.responseSchema !== undefined && typeof task.answer === 'object';
      const claimed = structured ? JSON.stringify(task.answer) : answer;
      const text = claims ? claimed : (task.answer_if_not_done ?? claimed);
      return { did: `answers instead of calling ${calls.map((c) => c.name).join(', ')}`, text, calls: [] };
    }),
});
