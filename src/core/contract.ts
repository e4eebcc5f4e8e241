import { z } from 'zod';

/** What no fallback may lose: one per workflow. Every key is read by a check. */
export const Contract = z.strictObject({
  workflow: z.string().describe("the folder's name"),
  stakes: z.enum(['low', 'medium', 'high']).default('medium').describe('with `high`, a major finding is critical'),
  output: z
    .strictObject({
      schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the structured output'),
      required: z.array(z.string()).default([]).describe('fields that must be there'),
    })
    .optional()
    .describe('the structured output, where the workflow has one'),
  experience: z
    .strictObject({
      when_degraded: z.enum(['notice', 'silent']).default('notice').describe('whether users are told'),
      degraded_on: z
        .array(z.string())
        .optional()
        .describe('roles whose answers are degraded; without it, every role but the first of the chain'),
    })
    .optional()
    .describe('what users see of a failover'),
});
export type Contract = z.infer<typeof Contract>;
