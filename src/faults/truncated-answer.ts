import { z } from 'zod';
import { share } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { rewriting } from './rewriting.ts';

export const truncatedAnswer = defineMeaningFault({
  name: 'truncated-answer',
  summary: 'The answer stops before it is finished, and the reply says so: its end is `length`.',
  effect: 'spoils',
  params: z.strictObject({
    share: share().default(0.5).describe('share of its characters that is kept'),
  }),
  magnitude: { param: 'share', zero: 1 },
  example: '{ fault: truncated-answer, role: primary, share: 0.8 }',
  open: (params) =>
    rewriting(({ text, calls }) => {
      const whole = text.length + calls.reduce((sum, call) => sum + call.arguments.length, 0);
      if (whole === 0) return undefined;
      let left = Math.floor(whole * params.share);
      const kept = (said: string) => {
        const some = said.slice(0, left);
        left -= some.length;
        return some;
      };
      return {
        did: `${left} of ${whole} characters`,
        text: kept(text),
        calls: calls.flatMap((call) => (left === 0 ? [] : [{ ...call, arguments: kept(call.arguments) }])),
        reason: 'length',
      };
    }),
});
