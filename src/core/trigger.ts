import { z } from 'zod';
import type { ModelCall } from './model-call.ts';
import { whole } from './numbers.ts';
import type { Random } from './random.ts';

/** When an armed fault fires. Without any key: on every call of its role. */
export const TriggerSpec = z.strictObject({
  calls: z.array(whole(1, 1_000_000)).min(1).max(1000).optional().describe('fire on these calls, counted from 1'),
  per: z
    .enum(['task', 'role'])
    .default('task')
    .describe('count calls per role and ask, or per role over the whole phase'),
  from_ms: z.number().int().min(0).optional().describe('milliseconds after the phase began'),
  to_ms: z.number().int().min(0).optional().describe('milliseconds after the phase began from which it is over'),
  probability: z.number().min(0).max(1).optional().describe('chance per call, drawn from the seed'),
});
export type TriggerSpec = z.infer<typeof TriggerSpec>;

/** A model call or the use of a tool, whose `role` is the tool, as far as it matters for whether a fault fires. */
export type Occasion = Pick<ModelCall, 'id' | 'role' | 'ask' | 'task' | 'tenant' | 'attempt'>;

/** Decides for one call. `at` is in milliseconds since the phase began; `counts` holds this call's number under both ways of counting. */
export type Trigger = (call: Occasion, counts: { task: number; role: number }, at: number, random: Random) => boolean;

export function createTrigger(spec: TriggerSpec): Trigger {
  return (call, counts, at, random) => {
    if (spec.calls !== undefined && !spec.calls.includes(counts[spec.per])) return false;
    if (spec.from_ms !== undefined && at < spec.from_ms) return false;
    if (spec.to_ms !== undefined && at >= spec.to_ms) return false;
    // Drawn from a stream of the call's own name, so that one decision never shifts another.
    if (spec.probability !== undefined)
      return random.fork(`${call.ask}/${call.role}/${call.attempt}`).next() < spec.probability;
    return true;
  };
}
