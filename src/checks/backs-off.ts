import { z } from 'zod';
import { type CallView, callsOf } from '../core/evidence.ts';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { entryOf } from '../core/once.ts';
import { defineDrillCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { count } from '../text/words.ts';
import { comeBackAt } from './retry-after.ts';
import { Asks, Tally } from './whole-asks.ts';

/** Fewer pauses may be alike by chance. */
const ENOUGH = 8;
/** Callers that come back within a tenth of their pause, or within so few milliseconds, come back together. */
const SPREAD = { share: 0.1, ms: 5 };

class Pauses extends Tally {
  least = Number.POSITIVE_INFINITY;
  most = Number.NEGATIVE_INFINITY;
  private sum = 0;

  took(ms: number, ...seqs: number[]): void {
    this.least = Math.min(this.least, ms);
    this.most = Math.max(this.most, ms);
    this.sum += ms;
    this.add([], ...seqs);
  }

  areAlike(): boolean {
    return this.most - this.least < Math.max(SPREAD.ms, (SPREAD.share * this.sum) / this.count);
  }
}

/** Who was refused waits before it comes back, and not everybody as long. */
export const backsOff = defineDrillCheck({
  name: 'backs-off',
  summary: 'Between a failed call and its retry lies a pause, and pauses spread over a tenth of their length or more',
  reads:
    'the pauses between calls of one ask to one role, less what Retry-After asked for: in no phase are most too short, and of 8 or more like ones the longest and the shortest lie a tenth of their mean apart, and 5 ms',
  skips: 'the target declares 0 retries, and makes none',
  severity: 'major',
  advice: 'Wait before each retry, longer each time, and add a random part to the wait.',
  feature: 'retries',
  params: z.strictObject({
    at_least_ms: whole(1, HOUR_MS)
      .default(10)
      .describe('milliseconds of a pause; jitter over the whole pause makes some shorter, but not most'),
  }),
  example: 'backs-off: { at_least_ms: 50 }',
  open(facts, { at_least_ms }) {
    const asks = new Asks();
    /** Per phase: each may provoke another way of coming back. */
    const phases = new Map<string, { all: number; short: Pauses }>();
    // Before first retries, before second ones …: a growing backoff without jitter differs between them, not within.
    const nths: Pauses[] = [];
    let asTold = 0;

    function measure(calls: CallView[], phase: string): void {
      const here = entryOf(phases, phase, () => ({ all: 0, short: new Pauses() }));
      const retries = new Map<string, number>();
      for (const [i, { call }] of calls.entries()) {
        const before = calls.slice(0, i).findLast((c) => c.call.role === call.role);
        // Who left a call that hung has waited already; a call beside a running one is a hedge.
        if (before?.end === undefined || before.ok || before.end.at > call.at) continue;
        const { end } = before;
        const nth = retries.get(call.role) ?? 0;
        retries.set(call.role, nth + 1);
        const from = Math.max(end.at, comeBackAt(before, facts.epoch_ms) ?? 0);
        here.all += 1;
        if (call.at - end.at < at_least_ms) here.short.took(call.at - end.at, end.seq, call.seq);
        if (call.at === from && from > end.at) {
          asTold += 1;
          continue;
        }
        nths[nth] ??= new Pauses();
        // Beyond what the provider asked for: whoever adds the same to every wait has no jitter.
        nths[nth].took(call.at - from, end.seq, call.seq);
      }
    }

    return {
      step(event) {
        const ended = asks.follow(event);
        if (ended !== undefined) measure(callsOf(ended.events), ended.ask.phase);
      },
      verdict() {
        const hasty = [...phases].find(([, { all, short }]) => short.count > all / 2);
        if (hasty !== undefined) {
          const [phase, { all, short }] = hasty;
          const retries = `${short.count} of ${count(all, 'retry', 'retries')} in ${phase}`;
          const soon = `less than ${at_least_ms} ms after the failure, the shortest after ${short.least} ms`;
          return failed(`${retries} ${soon}`, asks, short);
        }
        const like = nths.toSorted((a, b) => b.count - a.count)[0];
        const isRetried = like !== undefined || asTold > 0;
        if (!isRetried && facts.declares.retries === 0)
          return notApplicable('the target declares 0 retries, and made none');
        if (like === undefined || like.count < ENOUGH) {
          const told = asTold > 0 ? `, ${asTold} more came back exactly when told to` : '';
          return nothingToJudge(`${like?.count ?? 0} like pauses, ${ENOUGH} needed to see jitter${told}`);
        }
        const { least, most } = like;
        const took = least === most ? `${least} ms` : `${least} to ${most} ms`;
        if (like.areAlike()) return failed(`no jitter: all of ${like.count} pauses took ${took}`, asks, like);
        return passed(`${like.count} like pauses, between ${least} and ${most} ms long`, asks, like);
      },
    };
  },
});
