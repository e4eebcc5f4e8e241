import { z } from 'zod';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';

export const slowAnswer = defineMeaningFault({
  name: 'slow-answer',
  summary: 'The provider takes the request and answers late: the head and the first token are delayed.',
  effect: 'delays',
  params: z.strictObject({
    delay_ms: whole(0, HOUR_MS)
      .default(30_000)
      .describe('milliseconds before the answer begins, on top of the time it takes anyway'),
  }),
  magnitude: { param: 'delay_ms', zero: 0 },
  example: '{ fault: slow-answer, role: primary, delay_ms: 15000 }',
  open:
    ({ delay_ms }) =>
    async (call, next, around) => {
      around.fired(`the answer begins ${delay_ms} ms late`, { late_ms: delay_ms });
      await around.clock.sleep(delay_ms, around.signal);
      return next(call);
    },
});
