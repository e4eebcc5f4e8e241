import { isDeepStrictEqual } from 'node:util';
import { placeOf, WrittenDrill } from '../core/drill.ts';
import { BASELINE } from '../core/trace.ts';
import { type FaultTally, whyMissed } from './fault-tally.ts';
import type { JudgePlan } from './plan.ts';
import type { Reason } from './reasons.ts';
import { type Baseline, baselineFault } from './task-report.ts';
import type { Totals } from './totals.ts';

/** Whether nothing that the drill breaks was there to be broken. */
export const allIdle = ({ drill }: JudgePlan, idle: readonly FaultTally[]): boolean =>
  drill.phases.every(({ faults }) =>
    faults.every((use) => idle.some(({ fault, role }) => fault === use.fault && role === placeOf(use))),
  );

/** In the same words whatever the faults are called: many drills have them in common. */
export const idleReasons = (idle: readonly FaultTally[]): Reason[] =>
  [...new Set(idle.map(whyMissed))].map((reason) => ({
    reason,
    fix: 'Nothing is wrong: it is about calls that this target does not make.',
  }));

export const lackingOf = (idle: FaultTally) => ({ what: `${idle.fault} on ${idle.role}`, why: whyMissed(idle) });

/** Checks that the drill, or a phase of it, claims and which judged nothing in any task. */
export function emptyClaims(plan: JudgePlan, totals: Totals): Reason[] {
  // What this run lacks leaves a claim without its chance.
  if (plan.lacking.length > 0 || plan.drill.may_idle) return [];
  const { expect, phases } = plan.drill;
  const claims: [check: string, phase?: string][] = [
    ...Object.keys(expect).map((check): [string] => [check]),
    ...phases.flatMap(({ name, expect: own = {} }) => Object.keys(own).map((check): [string, string] => [check, name])),
  ];
  return claims.flatMap(([check, phase]) => {
    const why = totals.openClaim(check, phase);
    if (why === undefined) return [];
    const reason = `${check} judged nothing: ${why}`;
    if (!replaced(plan)) return [{ reason, fix: 'Change the drill so that the chance exists, or drop the claim.' }];
    const fix = 'Run it without --fault, or name faults there that give the claim its chance.';
    return [{ reason: `${reason}; --fault took the place of the faults that the drill claims it under`, fix }];
  });
}

/** Whether the faults that were armed are others than the drill's own. */
function replaced({ drill, definition }: JudgePlan): boolean {
  const own = WrittenDrill.shape.phases.safeParse(definition['phases']);
  return own.success && !isDeepStrictEqual(own.data, drill.phases);
}

/** What did not come to its end may have failed. */
export function cutShort({ drill }: JudgePlan, ended: ReadonlySet<string>): Reason[] {
  const open = [BASELINE, ...drill.phases.map(({ name }) => name)].find((name) => !ended.has(name));
  if (open === undefined) return [];
  return [{ reason: `${open} did not come to its end`, fix: 'Run the drill again.' }];
}

/** A run in which nothing was judged shows nothing. */
export const NOTHING_JUDGED: Reason = {
  reason: 'nothing was judged in this drill',
  fix: 'Name checks in `expect`, or golden tasks that demand something.',
};

export function failedBaselines(baselines: ReadonlyMap<string, Baseline>): Reason[] {
  const tasks = new Map<string, string[]>();
  for (const [task, baseline] of baselines) {
    const fault = baselineFault(baseline);
    if (fault !== undefined) tasks.set(fault, [...(tasks.get(fault) ?? []), task]);
  }
  const fix = 'Make the task pass without faults first: mend the target, or what the golden task demands.';
  return [...tasks].map(([fault, names]) => ({
    reason: `the baseline of ${several(names)} failed, without any fault: ${fault}`,
    fix,
  }));
}

/** The first three of them, and how many more. */
const several = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
