import type { Outcome, OutcomeKind, Task } from '../core/outcome.ts';
import { totalUsd } from '../core/prices.ts';
import type { Approve, Tools } from '../core/tools.ts';
import { type Act, act, type Hands } from './acting.ts';
import { withoutHistory } from './asking.ts';
import type { FallbackContract } from './contract.ts';
import type { Ask, FailoverResult, Payload } from './failover.ts';
import { fingerprint, logRecord } from './log-record.ts';
import { degradedNotice, noticeOf } from './notice.ts';

/** What one ask may use, each with its limits. */
export interface Means {
  run(ask: Ask): Promise<FailoverResult>;
  /** The verification step, where the contract has one; `known` is what tools gave. */
  verify(answer: string, known: readonly string[]): Promise<Checked>;
  tools: Tools;
  approve: Approve;
  /** Aborted when nobody waits any more: then no tool is used and nobody is asked. */
  signal?: AbortSignal;
  /** Milliseconds since the ask. */
  tookMs(): number;
}
export interface Checked {
  supported: boolean;
  costUsd: number;
}

/** One turn of a workflow: what a role is asked, and what of its reply must hold. */
interface Turn extends Pick<FallbackContract, 'output' | 'gate'> {
  step: string;
  /** Also asked of a task without its history, for a context that is too small. */
  payload(task: Task, role: string): Payload;
}

/** Who left is told nothing. */
export type ToldKind = Exclude<OutcomeKind, 'abandoned'>;
type Told = Omit<Outcome, 'kind' | 'tool_mode'> & {
  kind: ToldKind;
  tool_mode: NonNullable<Outcome['tool_mode']>;
};

export type Story = ReturnType<typeof openStory>;
/** How one workflow is served: it asks, acts and tells, and the story remembers. */
export type Agent = (task: Task, story: Story) => Promise<Outcome>;

const LESSER: readonly OutcomeKind[] = ['queued', 'needs_review', 'rules_based', 'extracted', 'declined', 'failed'];

const DONE = { yes: true, no: false, unknown: 'unclear' } as const;

/** What one task goes through: as it is told to its user, and written to the log. */
export function openStory(task: Task, { run, verify, tools, approve, signal, tookMs }: Means) {
  const acts: Act[] = [];
  const hands: Hands = {
    tools,
    approve,
    rules: task.contract?.permissions?.tools ?? {},
    allowed: task.tools ?? [],
    taskId: task.id,
    ...(signal && { signal }),
  };
  /** Roles that a turn had to leave: no later one goes back to them. */
  const left = new Set<string>();
  let turn: Turn | undefined;
  /** All turns as one: all attempts, one bill, the last word. */
  let whole: FailoverResult = { kind: 'failed', attempts: [], latencyMs: 0, costUsd: 0, retries: 0, traceId: '' };

  /** An outcome with its state, its log record and, where it is less than the full service, its notice. `gate`: what came of it here, if not in an attempt. */
  function tell({ kind, tool_mode, ...said }: Told, gate?: 'failed'): Outcome {
    const { costUsd, retries, result } = whole;
    const source_ids = task.sources.map((s) => s.id);
    const facts = {
      taskId: task.id,
      tenantId: task.tenant,
      step: turn?.step ?? '',
      toolMode: tool_mode,
      sourceIds: source_ids,
      schema: turn?.output?.schema,
      gated: turn?.gate !== undefined,
    };
    const record = logRecord(facts, { ...whole, latencyMs: tookMs() });
    if (gate !== undefined) record.quality_gate = gate;
    // A person's no is the workflow's ordinary end; what failed or was held back is not.
    if (LESSER.includes(kind) || acts.some((a) => a.because === 'failed')) record.degraded = true;
    const { degraded } = record;
    const state = {
      task_id: task.id,
      step: facts.step,
      input_hash: fingerprint(task.input),
      source_ids,
      retry_count: retries,
      budget_used: costUsd,
      // Whoever goes on from here needs what the tools gave: of a digest nothing can be read.
      tool_results: acts.map(({ tool, done, content }) => ({ tool, done, result: content })),
    };
    const actions = acts.filter((a) => a.write).map((a) => ({ tool: a.tool, done: DONE[a.done] }));
    const happened = {
      state,
      done: actions.some((a) => a.done === true),
      unsure: actions.some((a) => a.done === 'unclear'),
    };
    const lesser = degraded ? degradedNotice(state, said.safe_to_send) : null;
    return {
      kind,
      ...said,
      degraded,
      tool_mode,
      ...(actions.length > 0 && { actions }),
      state,
      notice: kind === 'answered' ? lesser : noticeOf(kind, happened),
      ...(costUsd !== null && { cost_usd: costUsd }),
      log: [record],
      ...(result && { model: result.model }),
    };
  }

  return {
    hands,
    acts: acts as readonly Act[],
    tell,
    /** Asks the roles in turn. Without a reply, `ended` says how the workflow ends. */
    async ask(next: Turn) {
      turn = next;
      const { payload, output, gate } = next;
      const result = await run({
        taskId: task.id,
        tenantId: task.tenant,
        priority: task.priority,
        payload: (role) => payload(task, role),
        without: [...left],
        ...(task.history && { shorter: (role) => payload(withoutHistory(task), role) }),
        contract: {
          deadlineMs: task.deadline_ms - tookMs(),
          retries: 1,
          whenAllFail: 'save_and_offer_next_step',
          ...(task.budget_usd !== undefined && { budgetUsd: task.budget_usd }),
          ...(output && { output }),
          ...(gate && { gate }),
        },
      });
      for (const { role } of result.attempts) if (role !== result.role) left.add(role);
      whole = {
        ...result,
        attempts: [...whole.attempts, ...result.attempts],
        costUsd: totalUsd([whole.costUsd, result.costUsd]),
        retries: whole.retries + result.retries,
        traceId: whole.traceId || result.traceId,
      };
      const ended = result.kind === 'answered' ? ('failed' as const) : result.kind;
      return { reply: result.result, role: result.role ?? '', ended };
    },
    /** Carries out a tool call that a model asked for. */
    async act(tool: string, args: unknown, mode?: Outcome['tool_mode']): Promise<Act> {
      const done = await act(hands, tool, args, mode);
      acts.push(done);
      return done;
    },
    /** An answer that the verification step does not support goes to a person, without the answer. */
    async tellVerified(outcome: Told): Promise<Outcome> {
      const known = acts.map(({ tool, args, content }) => `${tool} ${JSON.stringify(args)} gave: ${content}`);
      const { supported, costUsd } = await verify(outcome.answer ?? '', known);
      whole = { ...whole, costUsd: totalUsd([whole.costUsd, costUsd]) };
      return tell(supported ? outcome : { kind: 'needs_review', tool_mode: outcome.tool_mode });
    },
  };
}
