import { z } from 'zod';
import { share } from '../core/numbers.ts';
import { defineMeaningFault, type MeaningInjection } from '../core/plugin.ts';
import type { EndReason } from '../core/wire.ts';
import { rewriting } from './rewriting.ts';

export const endsOtherwise = defineMeaningFault({
  name: 'ends-otherwise',
  summary: 'Any share of the answer comes with any end: half a text that a filter stopped, a whole one cut for length.',
  effect: ({ share: kept, reason }) =>
    kept === 1 && (reason === 'stop' || reason === 'tool-calls') ? 'odd' : 'spoils',
  params: z.strictObject({
    share: share().default(0.5).describe('share of its characters that is kept'),
    reason: z
      .enum(['stop', 'length', 'content-filter', 'refusal', 'tool-calls'])
      .default('content-filter')
      .describe('the end that the reply says, in the words of the protocol'),
  }),
  trials: [
    { share: 0.5, reason: 'content-filter' },
    { share: 0.5, reason: 'stop' },
    { share: 1, reason: 'length' },
  ],
  example: '{ fault: ends-otherwise, role: primary, share: 0.5, reason: content-filter }',
  open: ({ share: kept, reason }) => endingAt(kept, reason),
});

/** Keeps a share of the characters, those of the arguments of tool calls included, and says that end. */
export const endingAt = (share: number, reason: EndReason): MeaningInjection =>
  rewriting(({ text, calls }) => {
    const whole = text.length + calls.reduce((sum, call) => sum + call.arguments.length, 0);
    const usual: EndReason = calls.length > 0 ? 'tool-calls' : 'stop';
    if (whole === 0 || (share === 1 && reason === usual)) return undefined;
    let left = Math.floor(whole * share);
    const kept = (said: string) => {
      const some = said.slice(0, left);
      left -= some.length;
      return some;
    };
    return {
      did: `${left} of ${whole} characters${reason === 'length' ? '' : `, then ${reason}`}`,
      text: kept(text),
      calls: calls.flatMap((call) => (left === 0 ? [] : [{ ...call, arguments: kept(call.arguments) }])),
      reason,
    };
  });
