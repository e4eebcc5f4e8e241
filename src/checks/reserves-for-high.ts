import { callsOf } from '../core/evidence.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { TraceEvent } from '../core/trace.ts';
import { Books } from './tenant-books.ts';
import { Asks, Tally, type WholeAsk } from './whole-asks.ts';
import { count, unique } from './words.ts';

/** How a provider says that it has no room. */
const FULL: readonly (FailureMode | null)[] = ['rate_limit', 'overloaded', 'quota_exhausted'];

/** What a reserve can take is finite; the last of it is for whoever cannot wait. */
export const reservesForHigh = defineDrillCheck({
  name: 'reserves-for-high',
  summary: 'No high priority is turned away by a reserve role, or left unserved, while lower ones are served there',
  reads: 'asks of high priority that were refused or unserved while lower ones were served',
  severity: 'critical',
  feature: 'lanes',
  open({ declares, contract }) {
    const reserve = declares.chain.slice(1);
    const asks = new Asks();
    const books = new Books(contract?.budgets);
    const served = new Tally();
    const lost = new Tally();
    /** In the phase in hand: whether there is too little room, the calls to the reserve and whether they are for lower priorities, and when one of those was last served. */
    let scarce = false;
    const running = new Map<string, boolean>();
    let lastLower: { at: number; seq: number } | undefined;

    function watchReserve(event: TraceEvent): void {
      if (event.kind === 'phase' && event.state === 'began') {
        scarce = event.faults.some((f) => f.fault === 'capacity' && reserve.includes(f.role));
        running.clear();
        lastLower = undefined;
      }
      if (event.kind === 'call' && reserve.includes(event.role)) {
        const ask = asks.inFlight(event.ask);
        if (ask !== undefined) running.set(event.call, ask.priority !== 'high');
      }
      if (event.kind !== 'call-end' && event.kind !== 'call-abort') return;
      const isLower = running.get(event.call);
      if (isLower === undefined || !running.delete(event.call) || event.kind === 'call-abort') return;
      if (FULL.includes(event.failure_mode)) scarce = true;
      if (isLower && event.failure_mode === null) lastLower = event;
    }

    function judge({ ask, ending, kind, events }: WholeAsk): void {
      if (!scarce) return;
      const there = callsOf(events).filter((c) => reserve.includes(c.call.role));
      const refused = there.filter((c) => FULL.includes(c.failureMode));
      // One that never came to the reserve was held back by its tenant's budget, where that was used up.
      const judged = there.length > 0 || books.hadRoom(ask.tenant, ending.at);
      const unserved = judged && (kind === 'hung' || kind === 'failed' || kind === 'queued');
      const besideLower = lastLower !== undefined && lastLower.at >= ask.at;
      if (lastLower === undefined || !besideLower || (refused.length === 0 && !unserved)) {
        if (!unserved && kind !== 'queued') served.add([], ask.seq, ending.seq);
        return;
      }
      const what = refused.length > 0 ? `was refused by ${refused[0]?.call.role}` : `was ${kind}`;
      lost.add([`${ask.task} ${what}`], ask.seq, ...refused.flatMap((c) => c.seqs), lastLower.seq, ending.seq);
    }

    return {
      step(event) {
        const ended = asks.follow(event);
        if (asks.isInPhase(event)) books.enter(event);
        watchReserve(event);
        if (ended?.ask.priority === 'high') judge(ended);
      },
      verdict() {
        const all = count(served.count + lost.count, 'high-priority ask');
        const where = `while there was too little room on ${reserve.join(', ')}`;
        if (lost.count > 0) {
          const what = unique(lost.examples).join('; ');
          return failed(`${lost.count} of ${all} lost to lower ones: ${what}`, asks, lost);
        }
        if (served.count === 0) return nothingToJudge(`no high-priority ask ${where}`);
        return passed(`${all} served ${where}`, asks, served);
      },
    };
  },
});
