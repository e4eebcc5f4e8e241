import { z } from 'zod';

/** A finding that is known: until a day it fails nothing, and it is shown as ever. */
export const KnownFailure = z.strictObject({
  drill: z.string().describe('the drill'),
  check: z.string().describe('the check'),
  phase: z.string().optional().describe('only in this phase; in all of them without'),
  task: z.string().optional().describe('only of this golden task; of all of them without'),
  reason: z.string().min(1).describe('why it may stay for a while'),
  until: z
    .string()
    .regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/)
    .describe('the last day on which it fails nothing, e.g. 2026-12-31'),
});
export type KnownFailure = z.infer<typeof KnownFailure>;
