import { z } from 'zod';
import { type CallView, callsOf } from '../core/evidence.ts';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { comeBackAt } from './retry-after.ts';
import { Asks, Tally } from './whole-asks.ts';
import { count } from './words.ts';

/** Fewer pauses may be equal by chance. */
const ENOUGH = 8;

class Pauses extends Tally {
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;

  took(ms: number, ...seqs: number[]): void {
    this.least = Math.min(this.least, ms);
    this.most = Math.max(this.most, ms);
    this.add([], ...seqs);
  }
}

/** Who was refused waits before it comes back, and not everybody as long. */
export const backsOff = defineDrillCheck({
  name: 'backs-off',
  summary: 'Between a failed call and its retry lies a pause, and the pauses differ',
  reads: 'the pauses between calls of one ask to one role, less what Retry-After asked for',
  severity: 'major',
  feature: 'retries',
  params: z.strictObject({ at_least_ms: whole(1, HOUR_MS).default(1).describe('milliseconds of every pause') }),
  example: 'backs-off: { at_least_ms: 50 }',
  open({ epoch_ms }, { at_least_ms }) {
    const asks = new Asks();
    const short = new Pauses();
    // Before first retries, before second ones …: a growing backoff without jitter differs between them, not within.
    const nths: Pauses[] = [];
    let asTold = 0;

    function measure(calls: CallView[]): void {
      const retries = new Map<string, number>();
      for (const [i, { call }] of calls.entries()) {
        const before = calls.slice(0, i).findLast((c) => c.call.role === call.role);
        // Who left a call that hung has waited already; a call beside a running one is a hedge.
        if (before?.end === undefined || before.ok || before.end.at > call.at) continue;
        const { end } = before;
        const nth = retries.get(call.role) ?? 0;
        retries.set(call.role, nth + 1);
        const told = comeBackAt(before, epoch_ms);
        if (call.at - end.at < at_least_ms) short.took(call.at - end.at, end.seq, call.seq);
        else if (call.at === told) asTold += 1;
        else {
          nths[nth] ??= new Pauses();
          // Beyond what the provider asked for: whoever adds the same to every wait has no jitter.
          nths[nth].took(call.at - Math.max(end.at, told ?? 0), end.seq, call.seq);
        }
      }
    }

    return {
      step(event) {
        const ended = asks.follow(event);
        if (ended !== undefined) measure(callsOf(ended.events));
      },
      verdict() {
        const retries = `${count(short.count, 'retry', 'retries')} less than ${at_least_ms} ms after the failure`;
        if (short.count > 0) return failed(`${retries}, the shortest after ${short.least} ms`, asks, short);
        const like = nths.toSorted((a, b) => b.count - a.count)[0];
        if (like === undefined || like.count < ENOUGH) {
          const told = asTold > 0 ? `, ${asTold} more came back exactly when told to` : '';
          return nothingToJudge(`${like?.count ?? 0} like pauses, ${ENOUGH} needed to see jitter${told}`);
        }
        const { least, most } = like;
        if (least === most) return failed(`no jitter: all of ${like.count} pauses took ${least} ms`, asks, like);
        return passed(`${like.count} like pauses, between ${least} and ${most} ms long`, asks, like);
      },
    };
  },
});
