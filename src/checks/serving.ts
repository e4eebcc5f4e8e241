import { type CallView, callsOf, endingOf } from '../core/evidence.ts';
import type { TraceEvent } from '../core/trace.ts';

/** Good replies of roles of the chain that were there when the ask ended, by the time they were whole. */
export function goodReplies(events: readonly TraceEvent[], chain: readonly string[]): CallView[] {
  const until = endingOf(events)?.at ?? Number.POSITIVE_INFINITY;
  const whole = (c: CallView) => c.endedAt ?? Number.POSITIVE_INFINITY;
  return callsOf(events)
    .filter((c) => c.ok && chain.includes(c.call.role) && whole(c) <= until)
    .toSorted((a, b) => whole(a) - whole(b));
}

/** Whom the answer is from: the last of the good replies. A verifier outside the chain does not count. */
export function servingCall(events: readonly TraceEvent[], chain: readonly string[]): CallView | undefined {
  return goodReplies(events, chain).at(-1);
}

/** What the calls cost, abandoned ones included, and the events that say so. */
export function spentIn(events: readonly TraceEvent[]): { usd: number; seqs: number[] } {
  const bills = events.filter((e) => e.kind === 'call-end' || e.kind === 'call-abort');
  return { usd: bills.reduce((sum, e) => sum + e.cost_usd, 0), seqs: bills.map((e) => e.seq) };
}
