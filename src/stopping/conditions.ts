import type { Drill, FaultUse } from '../core/drill.ts';
import { entryOf } from '../core/once.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import type { StopCondition, StoppedBy } from '../core/stop.ts';
import { type ByKind, byKind, type EventOf, type TraceEvent } from '../core/trace.ts';

/** What a drill's conditions are held against: the drill, and whose each of its golden tasks is. */
export interface Watched {
  drill: Pick<Drill, 'phases' | 'stop'>;
  tasks: readonly { name: string; tenant: string }[];
}

/** Looks at each event of a drill; gives what the run is to be stopped by. */
export type Watch = (event: TraceEvent) => StoppedBy | undefined;

/**
 * The conditions of a drill as a function of its events and of nothing else. `spent` is what the run has spent before it, in
 * US dollars; it is told what each call adds.
 *
 * An ask counts towards a failure rate unless the drill itself explains its end: a fault met one of its calls or tools, or
 * no model answered it and it left out a role or a tool that a fault had broken before, in whose blast radius it is. Who
 * stays away from what the drill broke does so because of the drill.
 */
export function watchConditions(watched: Watched, money: { spent: number }): Watch {
  const asks = new Map<number, Ask>();
  const calls = new Map<string, number>();
  const touched = new Set<string>();
  const broken = new Map<string, { role: string; uses: FaultUse[] }>();
  const measures = (watched.drill.stop ?? []).flatMap((condition) => measureOf(condition, money) ?? []);
  const tenants = new Map(watched.tasks.map(({ name, tenant }) => [name, tenant]));

  const askOf = ({ ask, task }: { ask: number; task: string }): Ask =>
    entryOf(asks, ask, () => ({ task, used: new Set(), touched: false, answered: false, left: false }));
  const isMeant = ({ task }: Ask, { tenants: some, tasks }: FaultUse) =>
    some?.includes(tenants.get(task) ?? '') !== false && tasks?.includes(task) !== false;
  const avoids = (ask: Ask) =>
    [...broken.values()].some(
      ({ role, uses }) => !ask.used.has(role) && (uses.length === 0 || uses.some((use) => isMeant(ask, use))),
    );
  const first = (tell: (measure: Measure) => StoppedBy | undefined): StoppedBy | undefined => {
    const met = measures.map(tell);
    return met.find((by) => by !== undefined);
  };

  function fired(event: EventOf<'fault-fired'>): undefined {
    const { ask, call, fault, role, phase: name } = event;
    const own = asks.get(ask);
    if (own !== undefined) own.touched = true;
    touched.add(call);
    const key = [name, fault, role].join();
    if (broken.has(key)) return;
    const phase = watched.drill.phases.find((one) => one.name === name);
    // By its name alone: where a role stands in the chain is settled when the baseline was seen.
    broken.set(key, { role, uses: phase?.faults.filter((use) => use.fault === fault) ?? [] });
  }

  function ended(event: EventOf<'outcome' | 'hung'>, failed: boolean): StoppedBy | undefined {
    const ask = askOf(event);
    asks.delete(event.ask);
    const explained = ask.left || ask.touched || (failed && !ask.answered && avoids(ask));
    return explained ? undefined : first((measure) => measure.ask?.(failed));
  }

  function callEnded(event: EventOf<'call-end' | 'call-abort'>): StoppedBy | undefined {
    const began = calls.get(event.call);
    const whole = event.kind === 'call-end';
    const untouched = !touched.delete(event.call);
    const ask = asks.get(event.ask);
    if (ask !== undefined && untouched && whole && event.how === 'complete')
      ask.answered ||= event.failure_mode === null;
    calls.delete(event.call);
    money.spent += event.cost_usd ?? 0;
    const ms = whole && untouched && began !== undefined ? event.at - began : undefined;
    return first((measure) => (ms === undefined ? undefined : measure.call?.(ms)) ?? measure.spent?.());
  }

  const table: ByKind<StoppedBy | undefined> = {
    call(event) {
      askOf(event).used.add(event.role);
      calls.set(event.call, event.at);
    },
    'tool-use'(event) {
      askOf(event).used.add(event.tool);
    },
    'fault-fired': fired,
    left(event) {
      askOf(event).left = true;
    },
    'call-end': callEnded,
    'call-abort': callEnded,
    outcome: (event) => ended(event, OUTCOME_KINDS[event.outcome.kind].lost === true),
    hung: (event) => ended(event, true),
  };
  return (event) => byKind(table, event);
}

/** What is known of an ask that has not ended. */
interface Ask {
  task: string;
  /** Roles that it called, and tools. */
  used: Set<string>;
  /** A fault met one of its calls, or of its uses of a tool. */
  touched: boolean;
  /** A model answered it, and no fault touched the answer. */
  answered: boolean;
  left: boolean;
}

/** What one condition makes of an ask that failed or did not, of a call's milliseconds, and of the money. */
interface Measure {
  ask?(failed: boolean): StoppedBy | undefined;
  call?(ms: number): StoppedBy | undefined;
  spent?(): StoppedBy | undefined;
}

/** Undefined where a condition is none of events. */
function measureOf(condition: StopCondition, money: { spent: number }): Measure | undefined {
  const { failure_rate, latency_ms, spend_usd } = condition;
  if (failure_rate !== undefined) return { ask: failureRate(condition, failure_rate) };
  if (latency_ms !== undefined) return { call: latency(condition, latency_ms) };
  if (spend_usd === undefined) return undefined;
  return {
    spent: () =>
      money.spent > spend_usd
        ? {
            ...{ kind: 'spend_usd', name: condition.name ?? 'spend_usd', value: money.spent, threshold: spend_usd },
            reason: `the run has spent $${money.spent.toFixed(4)}, and may not spend more than $${spend_usd}`,
          }
        : undefined,
  };
}

const MOST = 1000;

function failureRate({ name = 'failure_rate', min_asks = 5, window = MOST }: StopCondition, threshold: number) {
  const recent: boolean[] = [];
  return (failed: boolean): StoppedBy | undefined => {
    keep(recent, failed, window);
    const lost = recent.filter(Boolean).length;
    const value = lost / recent.length;
    if (recent.length < min_asks || value <= threshold) return undefined;
    const reason = `${lost} of the last ${recent.length} asks failed that no fault of the drill explains, more than a share of ${threshold}`;
    return { kind: 'failure_rate', name, reason, value, threshold };
  };
}

function latency(
  { name = 'latency_ms', min_calls = 10, percentile = 95, window = MOST }: StopCondition,
  threshold: number,
) {
  const recent: number[] = [];
  return (ms: number): StoppedBy | undefined => {
    keep(recent, ms, window);
    if (recent.length < min_calls) return undefined;
    const rank = Math.ceil((percentile / 100) * recent.length);
    const value = recent.toSorted((a, b) => a - b)[rank - 1] ?? 0;
    if (value <= threshold) return undefined;
    const what = percentile === 100 ? 'the longest' : `percentile ${percentile}`;
    const reason = `${what} of the last ${recent.length} calls without a fault took ${value} ms, more than ${threshold} ms`;
    return { kind: 'latency_ms', name, reason, value, threshold };
  };
}

function keep<T>(recent: T[], one: T, most: number): void {
  recent.push(one);
  if (recent.length > most) recent.shift();
}
