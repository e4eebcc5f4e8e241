import { callsOf } from '../core/evidence.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { FAILURE_MODES, type FailureMode } from '../core/taxonomy.ts';
import type { TraceEvent } from '../core/trace.ts';
import { count, unique } from '../text/words.ts';
import { roomOf } from './room.ts';
import { Books } from './tenant-books.ts';
import { Asks, Tally, type WholeAsk } from './whole-asks.ts';

/** How a provider says that it has no room. */
const isFull = (mode: FailureMode | null) => mode !== null && FAILURE_MODES[mode].blames === 'room';

/** What a reserve can take is finite; the last of it is for whoever cannot wait. */
export const reservesForHigh = defineDrillCheck({
  name: 'reserves-for-high',
  summary: 'No high priority is turned away by a reserve role, or left unserved, while lower ones are served there',
  reads: 'asks of high priority that were refused or unserved while lower ones were served',
  severity: 'critical',
  advice: 'Keep room on the reserve for high priority, and turn low priority away first.',
  feature: 'lanes',
  open({ declares, contract }) {
    const reserve = declares.chain.slice(1);
    const asks = new Asks();
    const books = new Books(contract?.budgets);
    const room = roomOf(reserve);
    const [served, lost] = [new Tally(), new Tally()];
    /** Of the phase in hand, before the reserve said that it is full: they count if the room runs short in it. */
    let early = { served: new Tally(), lost: new Tally() };
    /** In the phase in hand: whether the reserve said so, the calls to the reserve and whether they are for lower priorities, and when one of those was last served. */
    let full = false;
    const running = new Map<string, { isLower: boolean; tenant: string }>();
    let lastLower: { at: number; seq: number } | undefined;
    /** The same by tenant. */
    const lastOf = new Map<string, { at: number; seq: number }>();

    function endPhase(): void {
      if (room.isShort()) {
        served.addAll(early.served);
        lost.addAll(early.lost);
      }
      early = { served: new Tally(), lost: new Tally() };
    }

    function watchReserve(event: TraceEvent): void {
      if (event.kind === 'phase' && event.state === 'began') {
        endPhase();
        full = false;
        running.clear();
        lastLower = undefined;
        lastOf.clear();
      }
      if (event.kind === 'call' && reserve.includes(event.role)) {
        const ask = asks.inFlight(event.ask);
        if (ask !== undefined) running.set(event.call, { isLower: ask.priority !== 'high', tenant: ask.tenant });
      }
      if (event.kind !== 'call-end' && event.kind !== 'call-abort') return;
      const by = running.get(event.call);
      if (by === undefined || !running.delete(event.call) || event.kind === 'call-abort') return;
      if (isFull(event.failure_mode)) full = true;
      if (!by.isLower || event.failure_mode !== null) return;
      lastLower = event;
      lastOf.set(by.tenant, event);
    }

    function judge({ ask, ending, kind, events }: WholeAsk): void {
      const tally = full ? { served, lost } : early;
      const there = callsOf(events).filter((c) => reserve.includes(c.call.role));
      const refused = there.filter((c) => isFull(c.failureMode));
      // One that never came to the reserve was held back by its tenant's budget, where that was used up.
      const judged = there.length > 0 || books.hadRoom(ask.tenant, ending.at);
      const unserved = judged && (kind === 'hung' || kind === 'failed' || kind === 'queued');
      // A limit of the target's own may be stricter than the contract: then the room that it had was its tenant's.
      const lower = there.length > 0 ? lastLower : lastOf.get(ask.tenant);
      if (lower === undefined || lower.at < ask.at || (refused.length === 0 && !unserved)) {
        if (!unserved && kind !== 'queued') tally.served.add([], ask.seq, ending.seq);
        return;
      }
      const what = refused.length > 0 ? `was refused by ${refused[0]?.call.role}` : `was ${kind}`;
      tally.lost.add([`${ask.task} ${what}`], ask.seq, ...refused.flatMap((c) => c.seqs), lower.seq, ending.seq);
    }

    return {
      step(event) {
        const ended = asks.follow(event);
        if (asks.isInPhase(event)) books.enter(event);
        watchReserve(event);
        room.follow(event);
        if (ended?.ask.priority === 'high') judge(ended);
      },
      verdict() {
        endPhase();
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
