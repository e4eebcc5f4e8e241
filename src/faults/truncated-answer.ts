import { z } from 'zod';
import { share } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { endingAt } from './ends-otherwise.ts';

export const truncatedAnswer = defineMeaningFault({
  name: 'truncated-answer',
  summary: 'The answer stops before it is finished, and the reply says so: its end is `length`.',
  effect: 'spoils',
  params: z.strictObject({
    share: share().default(0.5).describe('share of its characters that is kept'),
  }),
  magnitude: { param: 'share', zero: 1 },
  example: '{ fault: truncated-answer, role: primary, share: 0.8 }',
  open: (params) => endingAt(params.share, 'length'),
});
