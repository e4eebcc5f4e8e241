import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { retelling } from './rewriting.ts';

export const costSpike = defineMeaningFault({
  name: 'cost-spike',
  summary: 'The same answer at a multiple of its price: the provider counts more tokens.',
  effect: 'cheapens',
  params: z.strictObject({
    factor: z.number().min(1).max(1000).default(10).describe('by how much the counted tokens are multiplied'),
  }),
  magnitude: { param: 'factor', zero: 1 },
  example: '{ fault: cost-spike, role: backup, factor: 3 }',
  open: ({ factor }) =>
    retelling(async function* (parts, _call, around) {
      for await (const part of parts) {
        if (part.type !== 'usage') {
          yield part;
          continue;
        }
        const [input, output] = [Math.round(part.input * factor), Math.round(part.output * factor)];
        around.fired(`${input} and ${output} tokens for ${part.input} and ${part.output}`);
        yield { ...part, input, output };
      }
    }),
});
