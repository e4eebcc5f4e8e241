import { z } from 'zod';

/** What a fault does to the reply of a call that it meets. */
export const Effect = z.enum(['fails', 'delays', 'spoils', 'cheapens', 'limits', 'odd']);
export type Effect = z.infer<typeof Effect>;

/** What each effect leaves of the reply, as `drill explain` says it. */
export const EFFECTS: Readonly<Record<Effect, string>> = {
  fails: 'no usable reply comes, whatever is sent',
  delays: 'the reply is whole and comes late',
  spoils: 'a reply comes, and it cannot be used as it is',
  cheapens: 'the reply is valid and worth less',
  limits: 'a request within the limit gets a whole reply: the caller can avoid the fault',
  odd: 'the reply is whole and good, told in an unusual way',
};

/** Whether who reads the reply to its end has all of it, as it was written. */
export const leavesWhole = (effect: Effect): boolean => effect === 'delays' || effect === 'odd';
