import { z } from 'zod';
import { callsOf } from '../core/evidence.ts';
import { defineDrillCheck } from '../core/plugin.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { comeBackAt } from './retry-after.ts';
import { type Asks, follow, noAsks, note, type WholeAsk } from './whole-asks.ts';
import { count } from './words.ts';

/** Fewer gaps may be equal by chance. */
const ENOUGH = 8;

/** Gaps before a first retry, before a second one …: a growing backoff without jitter differs between them, not within. */
interface Gaps {
  count: number;
  least: number;
  most: number;
  proof: number[];
}

interface State {
  asks: Asks;
  epoch_ms: number;
  at_least_ms: number;
  gaps: Gaps[];
  /** Came back to the millisecond when it was told to. */
  asTold: number;
  short: { count: number; least: number; proof: number[] };
}

/** Who was refused waits before it comes back, and not everybody as long. */
export const backsOff = defineDrillCheck({
  name: 'backs-off',
  summary: 'Between a failed call and its retry lies a pause, and the pauses differ',
  reads: 'the pauses between calls of one ask to one role, less what Retry-After asked for',
  severity: 'major',
  feature: 'retries',
  params: z.strictObject({
    at_least_ms: z.number().int().min(1).max(3_600_000).default(1).describe('milliseconds of every pause'),
  }),
  example: 'backs-off: { at_least_ms: 50 }',
  init: ({ epoch_ms }, { at_least_ms }): State => ({
    ...{ asks: noAsks(), epoch_ms, at_least_ms, gaps: [], asTold: 0 },
    short: { count: 0, least: Number.POSITIVE_INFINITY, proof: [] },
  }),
  step(state, event) {
    const whole = follow(state.asks, event);
    if (whole !== undefined) measure(state, whole);
    return state;
  },
  verdict({ asks, gaps, at_least_ms, asTold, short }) {
    if (short.count > 0)
      return failed(
        `${count(short.count, 'retry', 'retries')} less than ${at_least_ms} ms after the failure, the shortest after ${short.least} ms`,
        [...asks.phases, ...short.proof],
      );
    const most = gaps.toSorted((a, b) => b.count - a.count)[0];
    if (most === undefined || most.count < ENOUGH) {
      const told = asTold > 0 ? `, ${asTold} more came back exactly when told to` : '';
      return nothingToJudge(`${most?.count ?? 0} like pauses, ${ENOUGH} needed to see jitter${told}`);
    }
    const proof = [...asks.phases, ...most.proof];
    if (most.least === most.most) return failed(`no jitter: all of ${most.count} pauses took ${most.least} ms`, proof);
    return passed(`${most.count} like pauses, between ${most.least} and ${most.most} ms long`, proof);
  },
});

function measure(state: State, { events }: WholeAsk): void {
  const retries = new Map<string, number>();
  const calls = callsOf(events);
  for (const [i, { call }] of calls.entries()) {
    const before = calls.slice(0, i).findLast((c) => c.call.role === call.role);
    // Who left a call that hung has waited already; a call beside a running one is a hedge.
    if (before?.end === undefined || before.ok || before.end.at > call.at) continue;
    const nth = retries.get(call.role) ?? 0;
    retries.set(call.role, nth + 1);
    const gap = call.at - before.end.at;
    if (gap < state.at_least_ms) {
      state.short.count += 1;
      state.short.least = Math.min(state.short.least, gap);
      note(state.short.proof, before.end.seq, call.seq);
    } else if (call.at === comeBackAt(before, state.epoch_ms)) {
      state.asTold += 1;
    } else {
      const waited = call.at - Math.max(before.end.at, comeBackAt(before, state.epoch_ms) ?? 0);
      state.gaps[nth] = widened(state.gaps[nth], waited, [before.end.seq, call.seq]);
    }
  }
}

/** With the pause beyond what the provider asked for: whoever adds the same to every wait has no jitter. */
function widened(
  gaps: Gaps = { count: 0, least: Infinity, most: -Infinity, proof: [] },
  waited: number,
  seqs: number[],
): Gaps {
  note(gaps.proof, ...seqs);
  const { count, least, most, proof } = gaps;
  return { count: count + 1, least: Math.min(least, waited), most: Math.max(most, waited), proof };
}
