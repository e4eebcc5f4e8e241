/** Test-only: small traces, written as a story of one ask or of a whole drill. */
import { expect } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Effect } from '../core/effect.ts';
import type { ArmedAt, DrillFacts, TaskEvidence } from '../core/evidence.ts';
import { GoldenTask } from '../core/golden-task.ts';
import type { Outcome } from '../core/outcome.ts';
import type { DrillCheck, LogCheck, TaskCheck } from '../core/plugin.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { EventOf, Flow, Held, Kept, TraceEvent } from '../core/trace.ts';
import type { Verdict } from '../core/verdict.ts';

type Unnumbered<E> = E extends TraceEvent ? Omit<E, 'seq'> : never;
type Story = Unnumbered<TraceEvent>;

export const held = (over: Partial<Held> = {}): Held => ({
  ...{ sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] },
  ...over,
});

interface CallStory {
  /** When it is over; without it, it hangs. */
  until?: number;
  /** Without it, the reply is good; `left` is a caller that hung up, `refused` one that did as the refusal began. */
  fails?: FailureMode | 'left' | 'refused';
  fault?: string;
  /** What that did to the reply; without it, it fails. */
  effect?: Effect;
  late_ms?: number;
  /** Its reply is streamed, and begins then. */
  streams_from?: number;
  /** How that came along until the caller left. */
  flow?: Flow;
  model?: string;
  turn?: number;
  held?: Held;
  /** How it put its task, and what room it left for the reply. */
  put?: Pick<EventOf<'call'>, 'questions' | 'instructions' | 'talk' | 'max_output_tokens' | 'foreign_keys'>;
  cost_usd?: number | null;
  /** Digests of its messages. */
  messages?: string[];
  /** The reply's headers. */
  headers?: Record<string, string>;
  /** Tools it was offered. */
  offered?: string[];
  /** Ids that its reply cites, and fields of it that are no prose. */
  cites?: string[];
  fields?: Record<string, unknown>;
  /** Earlier calls that it quotes. */
  rereads?: string[];
  /** Tools its reply asked for, each with the arguments `h`, or as `tool:arguments`. */
  asks?: string[];
}

/** One use of a tool and what came of it: without anything, a refund as the task asks, that was done. */
interface ToolStory
  extends Partial<Pick<EventOf<'tool-use'>, 'registered' | 'allowed' | 'args_valid' | 'foreseen' | 'foreign' | 'key'>> {
  tool?: string;
  args_hash?: string;
  write?: boolean;
  ok?: boolean;
  error?: string;
  effect?: EventOf<'tool-result'>['effect'];
  /** When its result is there; at once without it. */
  until?: number;
}

/** `from` numbers the first event, so that a baseline and an ask do not share numbers. */
export function story(ask = 1, phase = 'outage', from = ask * 1000) {
  const told: Story[] = [];
  let calls = 0;
  let uses = 0;
  const of = (at: number) => ({ at, drill: 'd', phase, ask, task: 't' });
  const add = (event: Story) => {
    told.push(event);
    return teller;
  };
  const teller = {
    /** To embeddings, or another endpoint that is no model's. */
    plain: (role: string, over: Partial<EventOf<'plain-call'>> = {}) =>
      add({ ...of(5), kind: 'plain-call', role, method: 'POST', path: '/v1/embeddings', held: held(), ...over }),
    ask: (at = 0, over: Partial<EventOf<'ask'>> = {}) =>
      add({
        ...{ ...of(at), kind: 'ask', tenant: 'hash', priority: 'normal' },
        ...{ deadline_ms: 12_000, expected_answer: ANSWER },
        ...over,
      }),
    call(role: string, at: number, it: CallStory = {}) {
      const id = { call: `c${ask}.${++calls}` };
      add({
        ...{
          ...of(at),
          ...id,
          kind: 'call',
          role,
          provider: 'p',
          protocol: role === 'backup' ? 'anthropic-messages' : 'openai-chat',
        },
        ...{ model: it.model ?? ROLES[role]?.model ?? role, attempt: calls, turn: it.turn ?? 1 },
        stream: it.streams_from !== undefined,
        ...{ input_tokens: 10, held: it.held ?? GIVEN, headers: {} },
        digests: { messages: it.messages ?? [], tools: [], schema: null },
        ...(it.offered && { tools: it.offered }),
        ...(it.rereads && { rereads: it.rereads }),
        ...it.put,
      });
      if (it.fault !== undefined)
        add({
          ...{ ...of(at), ...id, kind: 'fault-fired', effect: it.effect ?? 'fails', fault: it.fault, role, detail: '' },
          ...(it.late_ms && { late_ms: it.late_ms }),
        });
      if (it.streams_from !== undefined) add({ ...of(it.streams_from), ...id, kind: 'first-token' });
      if (it.until === undefined) return teller;
      if (it.headers !== undefined)
        add({
          ...of(it.until),
          ...id,
          kind: 'call-head',
          status: it.fails === undefined ? 200 : 429,
          headers: it.headers,
        });
      const bill = { tokens: { input: 10, output: 10 }, cost_usd: it.cost_usd === undefined ? 0.001 : it.cost_usd };
      const flow = it.flow && { flow: it.flow };
      if (it.fails === 'left') return add({ ...of(it.until), ...id, ...bill, kind: 'call-abort', ...flow });
      if (it.fails === 'refused')
        return add({ ...of(it.until), ...id, ...bill, kind: 'call-abort', ...flow, refused: true });
      const end = { kind: 'call-end' as const, how: 'complete' as const, status: it.fails === undefined ? 200 : 500 };
      const tool_calls = it.asks?.map((asked) => {
        const [tool = '', args_hash = 'h'] = asked.split(':');
        return { tool, args_hash };
      });
      const asks = {
        ...(tool_calls && { tool_calls }),
        ...(it.cites && { cites: it.cites }),
        ...(it.fields && { fields: it.fields }),
      };
      return add({ ...of(it.until), ...id, ...bill, ...end, failure_mode: it.fails ?? null, ...asks });
    },
    tool(
      at: number,
      { tool = 'issue_refund', args_hash = 'h', write = true, ok = true, error, ...it }: ToolStory = {},
    ) {
      const use = { use: `t${ask}.${++uses}`, tool, args_hash, write };
      const { until = at, effect = write && ok ? 'new' : 'none', ...over } = it;
      const asked = { registered: true, allowed: true, args_valid: true, foreseen: true, key: null, ...over };
      add({ ...of(at), ...use, kind: 'tool-use', ...asked });
      return add({ ...of(until), ...use, kind: 'tool-result', ok, error: ok ? null : (error ?? 'error'), effect });
    },
    approval: (
      at: number,
      answer: EventOf<'approval'>['answer'],
      tool = 'issue_refund',
      args_hash = 'h',
      over: Pick<EventOf<'approval'>, 'beside'> = {},
    ) => add({ ...of(at), kind: 'approval', tool, args_hash, answer, ...over }),
    outcome: (at: number, outcome: Partial<Outcome> = {}, in_it: Held = held(), kept: Kept[] = []) =>
      add({
        ...{ ...of(at), kind: 'outcome', outcome: { kind: 'answered', answer: ANSWER, ...outcome }, held: in_it },
        ...(kept.length > 0 && { kept }),
      }),
    /** It waited for the start of a process. */
    process: (at: number, beside = 1) => add({ ...of(at), kind: 'process', beside }),
    left: (at: number) => add({ ...of(at), kind: 'left' }),
    hung: (at: number) => add({ ...of(at), kind: 'hung', waited_ms: at, waiting_for: 'primary' }),
    phase: (at: number, state: 'began' | 'ended', faults: ArmedAt[] = []) =>
      add({ at, drill: 'd', phase, kind: 'phase', state, faults }),
    /** Numbered, in order of time. */
    events: (): TraceEvent[] => told.toSorted((a, b) => a.at - b.at).map((event, i) => ({ ...event, seq: from + i })),
  };
  return teller;
}

export const ANSWER = 'The policy window of 30 days has closed, so a manager decides. See policy_v3 and order_9.';
export const SOURCES = [
  { id: 'policy_v3', tenant: 'acme', text: 'Refunds within 30 days.' },
  { id: 'order_9', tenant: 'acme', text: 'Order 9, bought in March.' },
];
export const GIVEN = held({ sources: ['policy_v3', 'order_9'], source_ids: ['policy_v3', 'order_9'] });
export const ROLES: DrillFacts['roles'] = {
  primary: { provider: 'openai', protocol: 'openai-chat', model: 'gpt-5-mini' },
  backup: { provider: 'anthropic', protocol: 'anthropic-messages', model: 'claude-haiku-4-5' },
};
export const HANG: ArmedAt[] = [{ fault: 'hang', role: 'primary', effect: 'fails' }];
export const facts = (over: Partial<DrillFacts> = {}): DrillFacts => ({
  drill: 'd',
  declares: { features: [], chain: ['primary', 'backup'], retries: 1, deadline_ms: 12_000 },
  contract: undefined,
  epoch_ms: 0,
  roles: ROLES,
  phases: [
    { name: 'outage', faults: HANG },
    { name: 'healed', faults: [] },
  ],
  ...over,
});

/** A workflow that acts: it looks up an order and refunds it, after a yes; nobody may close an account. */
export const ORDERS = Contract.parse({
  workflow: 'orders',
  permissions: {
    tools: {
      lookup_order: 'read',
      issue_refund: { write: true, approval: 'human', claimed_by: 'refund_issued' },
      close_account: { write: true, forbidden: true },
    },
    modes: { backup: 'plan-only' },
  },
});
export const REFUND_ISSUED = {
  refund_issued: {
    says: ['refund (?:has been|was) issued', 'refunded'],
    unless: [],
    positive: ['The refund was issued.', 'I refunded it.', 'Your refund has been issued.'],
    negative: ['No refund was issued.', 'Can it be refunded?', 'A refund is possible.'],
  },
};
/** What a task of that workflow asks for. */
export const REFUND = {
  fixtures: ['order_9'],
  turns: [
    { tool: 'lookup_order', args: { id: 9 }, returns: { total: '40 euros' } },
    { tool: 'issue_refund', args: { id: 9 } },
  ],
};

/** An ask without faults: the primary answers. */
export const plain = () => story(1, 'baseline').ask().call('primary', 0, { until: 900 }).outcome(900);
/** The primary is left after two seconds, the backup answers. */
export const failover = (outcome: Partial<Outcome> = {}) =>
  story(2)
    .ask()
    .call('primary', 0, { until: 2000, fails: 'left', fault: 'hang' })
    .call('backup', 2000, { until: 2900 })
    .outcome(3000, outcome);

/** The same events, with an outcome that repeats the error message of the first call. */
export function quotingError(told: { events(): TraceEvent[] }, place: 'answer' | 'notice') {
  const events = told.events();
  const call = events.find((e) => e.kind === 'call')?.call ?? '';
  const quoted_errors = [{ call, in: place }];
  return { events: () => events.map((e) => (e.kind === 'outcome' ? { ...e, quoted_errors } : e)) };
}

export function evidence(
  told: { events(): TraceEvent[] },
  over: Partial<Omit<TaskEvidence, 'task'>> & { task?: Partial<GoldenTask> } = {},
): TaskEvidence {
  const { task, ...rest } = over;
  return {
    ...facts(),
    ...{ contract: undefined, sources: SOURCES, canaries: {}, concepts: {}, notices: [], armed: HANG, start_ms: 0 },
    ...{ events: told.events(), baseline: plain().events() },
    ...rest,
    task: GoldenTask.parse({ name: 't', input: 'May I return it?', tenant: 'acme', ...task }),
  };
}

/** Judges twice, on frozen evidence, and sees that the verdict falls with the events that prove it. */
export function verdictOf(check: TaskCheck | LogCheck, on: TaskEvidence, params: unknown = {}, log?: EventOf<'log'>) {
  const judge = (e: TaskEvidence, l = log): Verdict =>
    check.scope === 'task' ? check.arm(params)(e) : check.arm(params)(e, l);
  const verdict = judge(deepFreeze(on), deepFreeze(log));
  expect(judge(on)).toEqual(verdict);
  if ('evidence' in verdict) {
    const rest = (events: readonly TraceEvent[]) => events.filter((e) => !verdict.evidence.includes(e.seq));
    expectProof(verdict, [...on.events, ...on.baseline, ...(log ? [log] : [])]);
    const without = { ...on, events: rest(on.events), baseline: rest(on.baseline) };
    const kept = log !== undefined && verdict.evidence.includes(log.seq) ? undefined : log;
    expect(judge(without, kept).verdict).not.toBe(verdict.verdict);
  }
  return verdict;
}

/** A verdict in one line. */
export const worded = ({ verdict, reason }: Verdict): string => `${verdict}: ${reason}`;

/** The same for a check that folds over a drill. */
export function drillVerdictOf(check: DrillCheck, events: TraceEvent[], params: unknown = {}, on = facts()) {
  const judge = (some: readonly TraceEvent[]): Verdict => {
    const fold = check.arm(params)(deepFreeze(on));
    for (const e of some) fold.step(e);
    return fold.verdict();
  };
  const verdict = judge(deepFreeze(events));
  expect(judge(events)).toEqual(verdict);
  if ('evidence' in verdict) {
    expectProof(verdict, events);
    expect(judge(events.filter((e) => !verdict.evidence.includes(e.seq))).verdict).not.toBe(verdict.verdict);
  }
  return verdict;
}

function expectProof(verdict: { evidence: number[] }, events: TraceEvent[]): void {
  expect(verdict.evidence).not.toEqual([]);
  for (const seq of verdict.evidence) expect(events.map((e) => e.seq)).toContain(seq);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
