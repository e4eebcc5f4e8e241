import { type Drill, type FaultUse, placeOf } from '../core/drill.ts';
import type { Effect } from '../core/effect.ts';
import { NEEDS, type Need } from '../core/need.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { TriggerSpec } from '../core/trigger.ts';
import type { Reason } from './reasons.ts';

/** What became of one armed fault in one phase. */
export interface FaultTally {
  fault: string;
  role: string;
  effect: Effect;
  phase: string;
  /** Calls that reached the role. */
  seen: number;
  /** What it needs of a call, where none of them was like that. */
  needs: Need | undefined;
  fired: number;
  /** Asks that never called the role. */
  spared: number;
  when: TriggerSpec | undefined;
  /** Why its calls were refused before any fault could meet them, where all of them were. */
  refused: string | undefined;
}

/** Counts what becomes of a fault while the events of a phase go by. */
export function openTally(
  use: FaultUse & { effect: Effect; needs: Need | undefined },
  phase: string,
): { see(event: TraceEvent): void; close(asks: readonly number[]): FaultTally } {
  const { fault, effect, needs, when } = use;
  const role = placeOf(use);
  /** Calls to the role that have not ended. */
  const calls = new Set<string>();
  const reached = new Set<number | undefined>();
  const refusals: string[] = [];
  let [seen, fired, fitting] = [0, 0, 0];
  return {
    see(event) {
      if ((event.kind === 'call' && event.role === role) || (event.kind === 'tool-use' && event.tool === role)) {
        seen += 1;
        reached.add(event.ask);
        if (event.kind === 'call') calls.add(event.call);
        if (event.kind === 'call' && needs !== undefined && NEEDS[needs].met(event)) fitting += 1;
      }
      if (event.kind === 'call-end' || event.kind === 'call-abort') calls.delete(event.call);
      if (event.kind === 'unscripted-call' && calls.has(event.call)) refusals.push(event.why);
      if (event.kind === 'fault-fired' && event.fault === fault && event.role === role) fired += 1;
    },
    close: (asks) => ({
      ...{ fault, role, effect, phase, seen, fired, when },
      needs: fitting === 0 ? needs : undefined,
      spared: asks.filter((ask) => !reached.has(ask)).length,
      refused: refusals.length >= seen ? refusals[0] : undefined,
    }),
  };
}

/** A fault must fire at least once per drill and role; these did in no phase. */
export function missed(faults: readonly FaultTally[]): FaultTally[] {
  const same = (a: FaultTally, b: FaultTally) => a.fault === b.fault && a.role === b.role;
  // A limit that calls stayed within was met all the same: to avoid it is the caller's merit.
  const met = (f: FaultTally) =>
    f.fired > 0 || (f.effect === 'limits' && f.seen > 0 && f.when === undefined && f.refused === undefined);
  return faults.filter(
    (f, i) => !faults.some((g) => same(f, g) && met(g)) && faults.findIndex((g) => same(f, g)) === i,
  );
}

/**
 * Of these, all that happened to the target was that it never made the kind of call which they break; or a reply had nothing
 * of what they break, where the drill allows for that.
 */
export const isIdle = ({ seen, needs, refused }: FaultTally, { may_idle }: Pick<Drill, 'may_idle'> = {}): boolean =>
  seen > 0 && refused === undefined && (needs !== undefined || may_idle === true);

export function whyMissed(missed: FaultTally): string {
  const { role, when, seen, needs, refused } = missed;
  if (seen === 0) return `no call reached ${role}`;
  if (needs !== undefined && isIdle(missed)) return `no call to ${role} ${NEEDS[needs].words}`;
  if (refused !== undefined) return `${role} refused each of the ${seen} calls as it would without faults: ${refused}`;
  const wanted = waitsFor(when);
  if (wanted === '')
    return `none of the ${seen} calls to ${role} was of its tenants and tasks, or its parameters give it nothing to break`;
  return `it waits for ${wanted}, and none of the ${seen} calls to ${role} was that`;
}

export function missedReason(f: FaultTally): Reason {
  return {
    reason: `${f.fault} on ${f.role} never fired in phase ${f.phase}: ${whyMissed(f)}`,
    fix:
      f.seen === 0
        ? 'Break a role that the target calls, or check that its calls go through fetch.'
        : f.refused !== undefined
          ? 'Mend the request: a provider would not take it either.'
          : "Widen the fault's `when`, set it harder, or ask more tasks in the phase.",
  };
}

function waitsFor(when: TriggerSpec | undefined): string {
  const { calls, per, from_ms, to_ms, probability } = when ?? {};
  const parts = [
    ...(calls === undefined ? [] : [`call ${calls.join(' or ')} ${per === 'role' ? 'to the role' : 'of a task'}`]),
    ...(from_ms === undefined ? [] : [`a call after ${from_ms} ms`]),
    ...(to_ms === undefined ? [] : [`a call before ${to_ms} ms`]),
    ...(probability === undefined ? [] : [`a draw below ${probability}`]),
  ];
  return parts.join(', ');
}
