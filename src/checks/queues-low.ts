import { z } from 'zod';
import { callsOf } from '../core/evidence.ts';
import { noticeText } from '../core/outcome.ts';
import { defineDrillCheck } from '../core/plugin.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { type Asks, follow, noAsks, note, type WholeAsk } from './whole-asks.ts';
import { count, unique } from './words.ts';

interface State {
  asks: Asks;
  first: string;
  reserve: readonly string[];
  /** In the phase in hand a reserve role has a capacity. */
  scarce: boolean;
  yielded: { count: number; kinds: Record<string, number>; proof: number[] };
  wrong: { count: number; what: string[]; proof: number[] };
}

/** Who can wait makes room, and is told. A full answer of the first role takes nobody's place. */
export const queuesLow = defineDrillCheck({
  name: 'queues-low',
  summary: 'Low priorities are queued or degraded while the reserve is short of room, and say so',
  reads: 'how asks of low priority end while a reserve role has a capacity',
  severity: 'major',
  feature: 'lanes',
  params: z.strictObject({}),
  example: 'queues-low: {}',
  init: ({ declares: { chain } }): State => ({
    ...{ asks: noAsks(), first: chain[0] ?? '', reserve: chain.slice(1), scarce: false },
    ...{ yielded: { count: 0, kinds: {}, proof: [] }, wrong: { count: 0, what: [], proof: [] } },
  }),
  step(state, event) {
    const whole = follow(state.asks, event);
    if (event.kind === 'phase' && event.state === 'began')
      state.scarce = event.faults.some((f) => f.fault === 'capacity' && state.reserve.includes(f.role));
    if (whole?.ask.priority === 'low' && state.scarce) judgeLow(state, whole);
    return state;
  },
  verdict({ asks, reserve, yielded, wrong }) {
    const all = count(yielded.count + wrong.count, 'low-priority ask');
    if (wrong.count > 0)
      return failed(`${wrong.count} of ${all}: ${unique(wrong.what).join('; ')}`, [...asks.phases, ...wrong.proof]);
    if (yielded.count === 0)
      return nothingToJudge(`no low-priority ask needed ${reserve.join(', ')} while that had a capacity`);
    const kinds = Object.entries(yielded.kinds).map(([kind, n]) => `${n} ${kind}`);
    return passed(`${all} made room and said so: ${kinds.join(', ')}`, [...asks.phases, ...yielded.proof]);
  },
});

function judgeLow({ first, yielded, wrong }: State, { ask, ending, events }: WholeAsk): void {
  const served = callsOf(events).findLast((c) => c.ok);
  const kind = ending.kind === 'hung' ? 'hung' : ending.outcome.kind;
  if (served?.call.role === first && kind === 'answered') return;
  const degraded = ending.kind === 'outcome' && ending.outcome.degraded === true;
  const told = ending.kind === 'outcome' && noticeText(ending.outcome.notice).trim() !== '';
  const lacks = [
    ...(kind === 'hung' || kind === 'failed' ? [`was ${kind}`] : []),
    ...(kind === 'answered' && !degraded ? ['was answered like the others'] : []),
    ...(told ? [] : ['gave no notice']),
  ];
  note((lacks.length > 0 ? wrong : yielded).proof, ask.seq, ending.seq);
  if (lacks.length > 0) {
    wrong.count += 1;
    if (wrong.what.length < 5) wrong.what.push(`${ask.task} ${lacks.join(' and ')}`);
    return;
  }
  const way = kind === 'answered' ? 'degraded' : kind;
  yielded.count += 1;
  yielded.kinds[way] = (yielded.kinds[way] ?? 0) + 1;
}
