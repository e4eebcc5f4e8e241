import { z } from 'zod';
import type { Contract } from './contract.ts';
import type { Image } from './model-call.ts';
import { OutcomeKind, ToolMode } from './outcome-kind.ts';
import { FailureMode } from './taxonomy.ts';

export { OutcomeKind, ToolMode };

/** What the user is told when the path is degraded: one sentence or five answers. */
export const Notice = z.union([
  z.string(),
  z.object({
    works: z.string().describe('what still works'),
    limited: z.string().describe('what is limited for now'),
    action: z.string().describe('what the user should do, if anything'),
    saved: z.string().describe('what was kept'),
    next: z.string().describe('what happens next'),
  }),
]);
export type Notice = z.infer<typeof Notice>;

/** The guide's thirteen fields, and the two that make an incident replayable: source ids and schema version. */
export const LogRecord = z.object({
  task_id: z.string().describe('which task'),
  tenant_hash: z.string().describe('whose, hashed'),
  workflow_step: z.string().describe('where in the workflow'),
  primary_model: z.string().describe('asked first'),
  failure_mode: FailureMode.nullable().describe('why it was left; null where it was not'),
  fallback_model: z.string().nullable().describe('asked in its place; null where none was'),
  tool_mode: ToolMode.describe('what the model that answered may do'),
  schema_status: z.enum(['valid', 'repaired', 'invalid', 'not_checked']).describe('of the structured output'),
  quality_gate: z.enum(['passed', 'failed', 'not_run']).describe('of the answer'),
  latency_ms: z.number().describe('milliseconds from ask to outcome'),
  cost_usd: z.number().nullable().describe('US dollars of all calls; null where a price is unknown'),
  degraded: z.boolean().describe('whether users got less'),
  trace_id: z.string().describe('leads to the trace'),
  source_ids: z.array(z.string()).optional().describe('given to the model'),
  schema_version: z.string().optional().describe('of the structured output'),
});
export type LogRecord = z.infer<typeof LogRecord>;

/** A tool call that was proposed and not made: intent as data. */
export const PlannedAction = z.object({
  tool: z.string().describe('its name'),
  args: z.record(z.string(), z.unknown()).describe('what it would be called with'),
  reason: z.string().describe('why'),
  approval: z.enum(['none', 'human']).describe('whether a person has to say yes first'),
  evidence_ids: z.array(z.string()).describe('ids of the sources it rests on'),
});
export type PlannedAction = z.infer<typeof PlannedAction>;

/** What a target gives back for one task. Every field but `kind` is optional: a plain agent would not have them. */
export const Outcome = z.object({
  kind: OutcomeKind.describe('how it ended'),
  answer: z.string().optional().describe('the words of the answer'),
  shown: z
    .string()
    .optional()
    .describe('the text that the user had before the end, as a stream brought it; what was taken back is not in it'),
  data: z.record(z.string(), z.unknown()).optional().describe('the structured output, where the workflow has one'),
  citations: z.array(z.string()).optional().describe('ids of the sources it rests on'),
  confidence: z.union([z.string(), z.number()]).optional().describe('as the target puts it'),
  missing_information: z.array(z.string()).optional().describe('what would be needed for a whole answer'),
  safe_to_send: z.boolean().optional().describe('whether it may go out unseen'),
  policy_version: z.string().optional().describe('of the policy it follows'),
  degraded: z.boolean().optional().describe('whether the user gets less than usual'),
  tool_mode: ToolMode.optional().describe('what the model that answered may do'),
  plan: z.array(PlannedAction).optional().describe('what it would do: tool calls proposed and not made'),
  actions: z
    .array(
      z.object({
        tool: z.string().describe('its name'),
        done: z
          .union([z.boolean(), z.literal('unclear')])
          .describe('whether the effect happened; `unclear` where nobody can know, as after a timeout'),
      }),
    )
    .optional()
    .describe('what it says it did with tools that write; held against the effects ledger'),
  notice: Notice.nullable().optional().describe('what the user is told of it'),
  state: z.record(z.string(), z.unknown()).optional().describe('what was kept so that the work can go on later'),
  error: z.string().optional().describe('why it failed: the error the target threw, if it threw'),
  model: z.string().optional().describe('that answered, as the target believes'),
  cost_usd: z.number().optional().describe('US dollars, as the target counts'),
  log: z.array(LogRecord).optional().describe('what the target logged of the task'),
});
export type Outcome = z.infer<typeof Outcome>;

/** What a target is asked. */
export interface Task {
  /** Unique in a run; the golden task's name with the number of the ask. */
  id: string;
  workflow: string;
  tenant: string;
  priority: 'high' | 'normal' | 'low';
  input: string;
  /** What was said before, oldest first; absent where nothing was. */
  history?: { role: 'user' | 'assistant'; content: string }[];
  /** A picture has an empty text. */
  sources: { id: string; text: string; image?: Image }[];
  /** The JSON Schema the workflow's contract asks of the output, if it has one. */
  response_schema?: Record<string, unknown>;
  /** Whether the user reads along while the answer is written: a hint, absent where the drill says nothing. */
  stream?: boolean;
  /** The smaller of the golden task's `max_latency_ms` and the declared deadline. */
  deadline_ms: number;
  /** The golden task's `max_cost_usd`. */
  budget_usd?: number;
  /** Names of the tools it may use; absent where the workflow has none. */
  tools?: string[];
  /** What the workflow's contract asks of whoever serves it, where it asks it. */
  contract?: Contract;
}

/** The words of a notice, whichever shape it has. */
export function noticeText(notice: Notice | null | undefined): string {
  if (notice === null || notice === undefined) return '';
  if (typeof notice === 'string') return notice;
  return [notice.works, notice.limited, notice.action, notice.saved, notice.next].join(' ');
}
