import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { BASELINE, type EventOf } from '../core/trace.ts';
import { count, seconds, unique } from '../text/words.ts';
import { Tally } from './whole-asks.ts';

interface OpenCall {
  call: EventOf<'call'>;
  /** When its ask ended, and how long it had been given. */
  ending?: { at: number; seq: number; deadline: number };
}

/** A call that is no longer wanted is cancelled; one that is left open holds a connection, and is paid for. */
export const endsItsCalls = defineDrillCheck({
  name: 'ends-its-calls',
  summary: 'A call that was begun for an ask ends, or is cancelled, also where nothing waits for it any more',
  severity: 'major',
  advice: 'Pass an abort signal to every call, and abort the calls whose answer is not needed any more.',
  reads: 'calls that never end, though their ask ended a whole deadline ago',
  implies: () => ({}),
  open() {
    const deadlines = new Map<number, number>();
    const calls = new Map<string, OpenCall>();
    let now = 0;
    const ended = new Tally();

    return {
      step(event) {
        if (event.kind === 'run-header' || event.phase === BASELINE) return;
        now = event.at;
        if (event.kind === 'ask') deadlines.set(event.ask, event.deadline_ms);
        if (event.kind === 'call') calls.set(event.call, { call: event });
        if ((event.kind === 'call-end' || event.kind === 'call-abort') && calls.delete(event.call))
          ended.add([], event.seq);
        if (event.kind !== 'outcome' && event.kind !== 'hung') return;
        const deadline = deadlines.get(event.ask) ?? 0;
        deadlines.delete(event.ask);
        for (const [id, open] of calls) {
          if (open.call.ask !== event.ask) continue;
          // A task that hangs has a finding of its own.
          if (event.kind === 'hung') calls.delete(id);
          else open.ending = { at: event.at, seq: event.seq, deadline };
        }
      },
      verdict() {
        // A loser may be cancelled after the outcome, at the latest when its own patience ends.
        const left = [...calls.values()].filter(
          ({ call, ending }) => ending !== undefined && call.seq < ending.seq && now - ending.at > ending.deadline,
        );
        if (left.length > 0) {
          const roles = unique(left.map(({ call }) => call.role)).join(', ');
          const oldest = Math.max(...left.map(({ ending }) => now - (ending?.at ?? now)));
          const proof = left.slice(0, 24).flatMap(({ call, ending }) => [call.seq, ending?.seq]);
          return failed(
            `${count(left.length, 'call')} to ${roles} still open, up to ${seconds(oldest)} after the outcome`,
            proof,
          );
        }
        if (ended.count === 0) return nothingToJudge('no model was called');
        return passed(`${count(ended.count, 'call')}, each ended`, ended);
      },
    };
  },
});
