import { z } from 'zod';
import { type Around, defineMeaningFault } from '../core/plugin.ts';
import type { Part } from '../core/wire.ts';

export const costSpike = defineMeaningFault({
  name: 'cost-spike',
  summary: 'The same answer at a multiple of its price: the provider counts more tokens.',
  params: z.strictObject({
    factor: z.number().min(1).max(1000).default(10).describe('by how much the counted tokens are multiplied'),
  }),
  magnitude: { param: 'factor', zero: 1 },
  example: '{ fault: cost-spike, role: backup, factor: 3 }',
  open:
    ({ factor }) =>
    async (call, next, around) => {
      const reply = await next(call);
      return reply.kind === 'none' ? reply : { kind: 'http', parts: dearer(reply.parts, factor, around) };
    },
});

async function* dearer(parts: AsyncIterable<Part>, factor: number, around: Around): AsyncGenerator<Part> {
  for await (const part of parts) {
    if (part.type !== 'usage') {
      yield part;
      continue;
    }
    const [input, output] = [Math.round(part.input * factor), Math.round(part.output * factor)];
    around.fired(`${input} and ${output} tokens for ${part.input} and ${part.output}`);
    yield { ...part, input, output };
  }
}
