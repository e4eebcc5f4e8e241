import { z } from 'zod';
import { HOUR_MS, whole } from './numbers.ts';
import { OutcomeKind, ToolMode } from './outcome-kind.ts';
import { ToolRule } from './tools.ts';

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
  wrong_is_worse_than_none: z
    .boolean()
    .default(false)
    .describe('an answer that fails a gate may reach nobody: at least one gate is required, and gates are critical'),
  gates: z
    .array(z.string())
    .max(50)
    .default([])
    .describe('checks of what an answer says that every answer must pass, whoever gave it'),
  steps: z
    .array(
      z.strictObject({
        name: z.string().describe('as reports call it'),
        role: z.string().describe('the role whose call shows the step'),
      }),
    )
    .max(20)
    .default([])
    .describe('what no fallback may skip before it answers'),
  state: z
    .strictObject({
      keep: z
        .array(z.enum(['tool_results', 'retry_count', 'budget_used']))
        .min(1)
        .describe('what may not be lost'),
    })
    .optional()
    .describe('tool results travel to the next role; all of it is in the outcome of a stopped workflow'),
  permissions: z
    .strictObject({
      tools: z.record(z.string(), ToolRule).default({}).describe('by tool; one that is not here is allowed to nobody'),
      modes: z.record(z.string(), ToolMode).default({}).describe('the most a role may do with tools; `full` without'),
    })
    .optional()
    .describe('what may be done with tools, and by whom'),
  fallback_ok_for: z
    .array(OutcomeKind)
    .min(1)
    .optional()
    .describe('kinds of outcome that a reserve role may give; all of them without it'),
  budgets: z
    .strictObject({
      window_ms: whole(1, HOUR_MS).default(60_000).describe('milliseconds; it slides'),
      requests: whole(1, 1_000_000).optional().describe('model calls a tenant may make in a window'),
      usd: z.number().min(0).max(10_000).optional().describe('what a tenant may spend in a window'),
    })
    .optional()
    .describe('per tenant, over all roles together'),
  residency: z
    .record(z.string(), z.array(z.string()).min(1))
    .optional()
    .describe('by tenant, the regions its data may go to; a tenant that is not named may go anywhere'),
  experience: z
    .strictObject({
      when_all_fail: z
        .enum(['save_and_offer_next_step', 'honest_failure'])
        .default('honest_failure')
        .describe('with the first, state is kept and a next step is offered'),
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
