import { z } from 'zod';
import type { Contract } from './contract.ts';
import { OutcomeKind, ToolMode } from './outcome-kind.ts';
import { FailureMode } from './taxonomy.ts';

export { OutcomeKind, ToolMode };

/** What the user is told when the path is degraded: one sentence or five answers. */
export const Notice = z.union([
  z.string(),
  z.object({
    works: z.string(),
    limited: z.string(),
    action: z.string(),
    saved: z.string(),
    next: z.string(),
  }),
]);
export type Notice = z.infer<typeof Notice>;

/** The guide's thirteen fields, and the two that make an incident replayable: source ids and schema version. */
export const LogRecord = z.object({
  task_id: z.string(),
  tenant_hash: z.string(),
  workflow_step: z.string(),
  primary_model: z.string(),
  failure_mode: FailureMode.nullable(),
  fallback_model: z.string().nullable(),
  tool_mode: ToolMode,
  schema_status: z.enum(['valid', 'repaired', 'invalid', 'not_checked']),
  quality_gate: z.enum(['passed', 'failed', 'not_run']),
  latency_ms: z.number(),
  cost_usd: z.number(),
  degraded: z.boolean(),
  trace_id: z.string(),
  source_ids: z.array(z.string()).optional(),
  schema_version: z.string().optional(),
});
export type LogRecord = z.infer<typeof LogRecord>;

/** A tool call that was proposed and not made: intent as data. */
export const PlannedAction = z.object({
  tool: z.string(),
  args: z.record(z.string(), z.unknown()),
  reason: z.string(),
  approval: z.enum(['none', 'human']),
  evidence_ids: z.array(z.string()),
});
export type PlannedAction = z.infer<typeof PlannedAction>;

/** What a target gives back for one task. Every field but `kind` is optional: a plain agent would not have them. */
export const Outcome = z.object({
  kind: OutcomeKind,
  answer: z.string().optional(),
  /** The structured output, where the workflow has one. */
  data: z.record(z.string(), z.unknown()).optional(),
  citations: z.array(z.string()).optional(),
  confidence: z.union([z.string(), z.number()]).optional(),
  missing_information: z.array(z.string()).optional(),
  safe_to_send: z.boolean().optional(),
  policy_version: z.string().optional(),
  degraded: z.boolean().optional(),
  tool_mode: ToolMode.optional(),
  plan: z.array(PlannedAction).optional(),
  /** What the target says it did with tools that write; held against the effects ledger. */
  actions: z.array(z.object({ tool: z.string(), done: z.boolean() })).optional(),
  notice: Notice.nullable().optional(),
  /** What was kept so that the work can go on later. */
  state: z.record(z.string(), z.unknown()).optional(),
  /** Why it failed: the error the target threw, if it threw. */
  error: z.string().optional(),
  model: z.string().optional(),
  cost_usd: z.number().optional(),
  log: z.array(LogRecord).optional(),
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
  sources: { id: string; text: string }[];
  /** The JSON Schema the workflow's contract asks of the output, if it has one. */
  response_schema?: Record<string, unknown>;
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
