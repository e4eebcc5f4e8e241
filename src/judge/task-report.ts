import { type CallView, endingOf, eventsOf, firstOf, type TaskEvidence } from '../core/evidence.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { totalUsd, type Usd } from '../core/prices.ts';
import type { CellReport, TaskReport } from '../core/report.ts';
import { type Seen, seenIn } from '../core/seen.ts';
import type { EventOf, TraceEvent } from '../core/trace.ts';
import type { VerdictWord } from '../core/verdict.ts';
import { hasFinding } from './judge-ask.ts';
import { scoreOf, weightOf } from './totals.ts';

/** What an ask is said to wait for that spins. */
export const SPINNING = 'nothing: ';

/** What the baseline of one golden task came to. */
export interface Baseline {
  events: TraceEvent[];
  cells: CellReport[];
}

/** Why a baseline does not hold, or undefined where it does. */
export function baselineFault({ events, cells }: Baseline): string | undefined {
  const failure = cells.find((c) => c.verdict === 'failed' && c.severity !== 'minor');
  if (failure !== undefined) return `${failure.check}: ${failure.reason}`;
  const ending = endingOf(events);
  if (ending?.kind === 'outcome' && !OUTCOME_KINDS[ending.outcome.kind].lost) return undefined;
  if (ending?.kind === 'outcome')
    return `the target failed without any fault: ${ending.outcome.error ?? 'it gave no reason'}`;
  return 'the target never answered, without any fault';
}

export function costOfEvents(events: readonly TraceEvent[]): Usd {
  const spent = [...eventsOf(events, 'call-end'), ...eventsOf(events, 'call-abort')];
  return totalUsd(spent.map((e) => e.cost_usd));
}

/** Why the target's process ended while it was asked, if it did. */
export const lostIn = (events: readonly TraceEvent[]): string | undefined =>
  eventsOf(events, 'real-io').find((event) => event.ended)?.what;

function latencyOf(asked: EventOf<'ask'>, events: readonly TraceEvent[]): number | null {
  const ending = endingOf(events);
  return ending === undefined ? null : ending.at - asked.at;
}

/** Everything `run.json` says of one ask, derived from its events and cells. */
export function reportTask(
  { events, start_ms }: Pick<TaskEvidence, 'events' | 'start_ms'>,
  cells: CellReport[],
  baseline: Baseline,
  chain: readonly string[],
  armedRoles: readonly string[],
): TaskReport {
  const asked = firstOf(events, 'ask');
  if (asked === undefined) throw new Error('an ask without its event');
  const seen = seenIn(events, chain);
  const { calls, ending } = seen;
  const called = calls.map((c) => c.call.role);
  const served = servedBy(seen);
  const lost = lostIn(events);
  const verdict = lost === undefined ? verdictOf(cells, baseline) : 'inconclusive';
  return {
    task: asked.task,
    ask: asked.ask,
    phase: asked.phase,
    tenant: asked.tenant,
    priority: asked.priority,
    baseline: reportBaseline(baseline),
    verdict,
    score: scoreOf(verdict, weightOf(cells)),
    spared: chain
      .slice(0, served === null ? chain.length : chain.indexOf(served))
      .some((role) => armedRoles.includes(role) && !called.includes(role)),
    outcome:
      ending?.kind === 'outcome'
        ? ending.outcome
        : { kind: 'hung', waiting_for: lost ?? waitingFor(calls, ending?.waiting_for) },
    latency_ms: latencyOf(asked, events),
    ...(start_ms > 0 && { start_ms }),
    deadline_ms: asked.deadline_ms,
    cost_usd: costOfEvents(events),
    retries: retriesAmong(seen.attempts),
    served_by: served,
    ...(seen.fromStore && { stored: true as const }),
    failover: failoverOf(asked, seen.attempts, served, chain),
    calls: calls.map((c) => reportCall(asked, c)),
    effects: effectsOf(events),
    checks: cells,
  };
}

/** The role whose reply the outcome holds; where it may be from several, the last that replied. */
const servedBy = ({ servers }: Seen): string | null => servers.at(-1)?.call.role ?? null;

function verdictOf(cells: readonly CellReport[], baseline: Baseline): VerdictWord {
  if (hasFinding(cells)) return 'failed';
  return baselineFault(baseline) === undefined ? 'passed' : 'inconclusive';
}

function reportBaseline(baseline: Baseline): TaskReport['baseline'] {
  const asked = firstOf(baseline.events, 'ask');
  const fault = baselineFault(baseline);
  return {
    verdict: fault === undefined ? 'passed' : 'failed',
    reason: fault ?? 'it holds without faults',
    latency_ms: asked === undefined ? null : latencyOf(asked, baseline.events),
    cost_usd: costOfEvents(baseline.events),
  };
}

function retriesAmong(calls: readonly CallView[]): number {
  const places = new Set(calls.map((c) => `${c.call.role}/${c.call.turn}`));
  return calls.length - places.size;
}

/**
 * The first move away from the head of the chain: when, where to, and what had gone wrong there. An outcome that the head
 * served itself moved nowhere, though another role was asked beside it: a hedge.
 */
function failoverOf(
  asked: EventOf<'ask'>,
  calls: readonly CallView[],
  served: string | null,
  [from, ...later]: readonly string[],
): TaskReport['failover'] {
  const moved = calls.find((c) => later.includes(c.call.role));
  if (from === undefined || moved === undefined || served === from) return null;
  const before = calls.filter((c) => c.call.role === from && c.call.seq < moved.call.seq);
  const to = served !== null && later.includes(served) ? served : moved.call.role;
  return { from, to, reason: before.at(-1)?.failureMode ?? null, at_ms: moved.call.at - asked.at };
}

function reportCall(asked: EventOf<'ask'>, view: CallView): TaskReport['calls'][number] {
  const { call } = view;
  const over = view.end ?? view.abort;
  return {
    role: call.role,
    provider: call.provider,
    model: call.model,
    turn: call.turn,
    at_ms: call.at - asked.at,
    ms: view.endedAt === undefined ? null : view.endedAt - call.at,
    status: view.head?.status ?? null,
    failure_mode: view.failureMode,
    fault: view.fired[0]?.fault ?? null,
    tokens: over?.tokens ?? { input: 0, output: 0 },
    ...(view.cut && { cut: true as const }),
    ...(view.refused !== undefined && { refused: view.refused }),
  };
}

function effectsOf(events: readonly TraceEvent[]): TaskReport['effects'] {
  const counts = new Map<string, TaskReport['effects'][number]>();
  for (const e of eventsOf(events, 'tool-result')) {
    const key = `${e.tool}/${e.args_hash}`;
    const known = counts.get(key);
    counts.set(key, { tool: e.tool, args_hash: e.args_hash, count: (known?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

function waitingFor(calls: readonly CallView[], said = 'nothing that can be seen'): string {
  const open = calls.findLast((c) => c.endedAt === undefined);
  return open === undefined || said.startsWith(SPINNING)
    ? said
    : `the reply of ${open.call.role} to its call ${open.call.call}`;
}
