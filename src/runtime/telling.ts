import type { Notice, Outcome, OutcomeKind, Task } from '../core/outcome.ts';
import type { Act } from './acting.ts';
import type { Checked } from './agent.ts';
import type { FailoverResult } from './failover.ts';
import { fingerprint, logRecord } from './log-record.ts';
import { degradedNotice, noticeOf } from './notice.ts';

/** What one task went through, as it is told to its user and written to the log. */
export interface Story {
  task: Task;
  step: string;
  /** One result a turn. */
  results: readonly FailoverResult[];
  acts?: readonly Act[];
  toolMode: NonNullable<Outcome['tool_mode']>;
  schema?: Record<string, unknown> | undefined;
  gated: boolean;
  /** What the verification step took. */
  checked?: Checked;
  /** Milliseconds since the ask. */
  tookMs: number;
}

const LESSER: readonly OutcomeKind[] = ['queued', 'needs_review', 'rules_based', 'extracted', 'declined', 'failed'];

/** An outcome with its state, its log record and, where it is less than the full service, its notice. */
export function tell(story: Story, kind: OutcomeKind, said: Partial<Outcome> = {}): Outcome {
  const { task, step, toolMode, acts = [] } = story;
  const turns = together(story.results);
  const whole = { ...turns, costUsd: usd(turns.costUsd + (story.checked?.costUsd ?? 0)), latencyMs: story.tookMs };
  const source_ids = task.sources.map((s) => s.id);
  const facts = {
    taskId: task.id,
    tenantId: task.tenant,
    step,
    toolMode,
    sourceIds: source_ids,
    schema: story.schema,
    gated: story.gated,
  };
  const record = logRecord(facts, whole);
  // A person's no is the workflow's ordinary end; what failed or was held back is not.
  if (LESSER.includes(kind) || acts.some((a) => a.because === 'failed')) record.degraded = true;
  const done = acts.filter((a) => a.write && a.done === 'yes').map((a) => a.tool);
  const state = {
    task_id: task.id,
    step,
    input_hash: fingerprint(task.input),
    source_ids,
    retry_count: whole.retries,
    budget_used: whole.costUsd,
    tool_results: acts.map(({ tool, done: so, content }) => ({ tool, done: so, result_hash: fingerprint(content) })),
  };
  const { degraded } = record;
  const notice: Notice | null =
    kind !== 'answered'
      ? noticeOf(kind, { state, done: done.length > 0, unsure: acts.some((a) => a.done === 'unknown') })
      : degraded
        ? degradedNotice(state, said.safe_to_send)
        : null;
  const actions = acts.filter((a) => a.write).map((a) => ({ tool: a.tool, done: a.done === 'yes' }));
  return {
    kind,
    ...said,
    degraded,
    tool_mode: toolMode,
    ...(actions.length > 0 && { actions }),
    state,
    notice,
    cost_usd: whole.costUsd,
    log: [record],
    ...(whole.result && { model: whole.result.model }),
  };
}

/** Several turns as one: all attempts, one bill, the last word. */
export function together(results: readonly FailoverResult[]): FailoverResult {
  const [first, ...rest] = results;
  if (first === undefined) throw new Error('a story without a turn');
  return rest.reduce(
    (whole, next) => ({
      ...next,
      attempts: [...whole.attempts, ...next.attempts],
      costUsd: usd(whole.costUsd + next.costUsd),
      retries: whole.retries + next.retries,
      traceId: whole.traceId,
    }),
    first,
  );
}

const usd = (amount: number) => Math.round(amount * 1_000_000) / 1_000_000;
