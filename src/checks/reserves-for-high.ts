import { z } from 'zod';
import type { Contract } from '../core/contract.ts';
import { callsOf } from '../core/evidence.ts';
import { defineDrillCheck } from '../core/plugin.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { TraceEvent } from '../core/trace.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { type Books, enter, hadRoom, openBooks } from './tenant-books.ts';
import { type Asks, follow, noAsks, note, type WholeAsk } from './whole-asks.ts';
import { count, unique } from './words.ts';

/** How a provider says that it has no room. */
const FULL: readonly (FailureMode | null)[] = ['rate_limit', 'overloaded', 'quota_exhausted'];

interface State {
  asks: Asks;
  /** The roles after the first of the chain. */
  reserve: readonly string[];
  budgets: Contract['budgets'];
  books: Books;
  /** In the phase in hand: whether there is room for everybody, which calls to the reserve run and are for lower priorities, and when one of those was last served. */
  scarce: boolean;
  running: Map<string, boolean>;
  lastLower: { at: number; seq: number } | undefined;
  served: { count: number; proof: number[] };
  lost: { count: number; what: string[]; proof: number[] };
}

/** What a reserve can take is finite; the last of it is for whoever cannot wait. */
export const reservesForHigh = defineDrillCheck({
  name: 'reserves-for-high',
  summary: 'No high priority is turned away by a reserve role, or left unserved, while lower ones are served there',
  reads: 'asks of high priority that were refused or unserved while lower ones were served',
  severity: 'critical',
  feature: 'lanes',
  params: z.strictObject({}),
  example: 'reserves-for-high: {}',
  init: ({ declares, contract }): State => ({
    ...{ asks: noAsks(), reserve: declares.chain.slice(1) },
    ...{ budgets: contract?.budgets, books: openBooks(contract?.budgets?.window_ms ?? 0) },
    ...{ scarce: false, running: new Map(), lastLower: undefined },
    ...{ served: { count: 0, proof: [] }, lost: { count: 0, what: [], proof: [] } },
  }),
  step(state, event) {
    const whole = follow(state.asks, event);
    if (event.kind !== 'run-header' && event.phase === state.asks.phase) enter(state.books, event);
    watchReserve(state, event);
    if (whole?.ask.priority === 'high') judgeHigh(state, whole);
    return state;
  },
  verdict({ asks, reserve, served, lost }) {
    const all = count(served.count + lost.count, 'high-priority ask');
    const where = reserve.join(', ');
    if (lost.count > 0)
      return failed(`${lost.count} of ${all} lost to lower ones: ${unique(lost.what).join('; ')}`, [
        ...asks.phases,
        ...lost.proof,
      ]);
    if (served.count === 0) return nothingToJudge(`no high-priority ask while there was too little room on ${where}`);
    return passed(`${all} served while there was too little room on ${where}`, [...asks.phases, ...served.proof]);
  },
});

function watchReserve(state: State, event: TraceEvent): void {
  if (event.kind === 'phase' && event.state === 'began') {
    state.scarce = event.faults.some((f) => f.fault === 'capacity' && state.reserve.includes(f.role));
    state.running.clear();
    state.lastLower = undefined;
  }
  if (event.kind === 'call' && state.reserve.includes(event.role)) {
    const ask = state.asks.open.get(event.ask)?.ask;
    if (ask !== undefined) state.running.set(event.call, ask.priority !== 'high');
  }
  if (event.kind !== 'call-end' && event.kind !== 'call-abort') return;
  const isLower = state.running.get(event.call);
  if (isLower === undefined || !state.running.delete(event.call) || event.kind === 'call-abort') return;
  if (FULL.includes(event.failure_mode)) state.scarce = true;
  if (isLower && event.failure_mode === null) state.lastLower = { at: event.at, seq: event.seq };
}

function judgeHigh(
  { reserve, budgets, books, scarce, lastLower, served, lost }: State,
  { ask, ending, events }: WholeAsk,
): void {
  if (!scarce) return;
  const there = callsOf(events).filter((c) => reserve.includes(c.call.role));
  const refused = there.filter((c) => FULL.includes(c.failureMode));
  const kind = ending.kind === 'hung' ? 'hung' : ending.outcome.kind;
  // One that never came to the reserve was held back by its tenant's budget, where that was used up.
  const judged = there.length > 0 || budgets === undefined || hadRoom(books, budgets, ask.tenant, ending.at);
  const unserved = judged && (kind === 'hung' || kind === 'failed' || kind === 'queued');
  const besideLower = lastLower !== undefined && lastLower.at >= ask.at;
  if (!besideLower || (refused.length === 0 && !unserved)) {
    if (unserved || kind === 'queued') return;
    served.count += 1;
    note(served.proof, ask.seq, ending.seq);
    return;
  }
  lost.count += 1;
  note(lost.proof, ask.seq, ...refused.flatMap((c) => c.seqs), lastLower.seq, ending.seq);
  const what = refused.length > 0 ? `was refused by ${refused[0]?.call.role}` : `was ${kind}`;
  if (lost.what.length < 5) lost.what.push(`${ask.task} ${what}`);
}
