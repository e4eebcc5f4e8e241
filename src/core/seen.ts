import { type CallView, callsOf, endingOf, eventsOf, firstOf } from './evidence.ts';
import { once } from './once.ts';
import { noticeText } from './outcome.ts';
import type { OutcomeKind } from './outcome-kind.ts';
import type { EventOf, TraceEvent } from './trace.ts';

/** A use of a tool, and what came of it by the time the trace ends. */
export interface Use {
  use: EventOf<'tool-use'>;
  result: EventOf<'tool-result'> | undefined;
  seqs: number[];
}

/** What one ask showed to anyone outside: the words in which checks speak of its events. */
export interface Seen {
  ask: EventOf<'ask'> | undefined;
  /** How it ended; undefined where the trace stops before. */
  ending: EventOf<'outcome'> | EventOf<'hung'> | undefined;
  outcome: EventOf<'outcome'> | undefined;
  kind: OutcomeKind | 'hung' | undefined;
  /** The words of its notice, without blanks around them. */
  notice: string;
  /** The outcome, where it answers in some way: a hung, failed or postponed task has a finding of its own and no content. */
  content: EventOf<'outcome'> | undefined;
  /** Model calls of any role, in order of their beginning. */
  calls: CallView[];
  /** Good replies of roles of the chain that were there when the ask ended, by the time they were whole. */
  replies: CallView[];
  /** Whom the answer is from: the last of those. A verifier outside the chain does not count. */
  serving: CallView | undefined;
  uses: Use[];
  results: EventOf<'tool-result'>[];
  approvals: EventOf<'approval'>[];
  /** What the calls cost, abandoned ones included, and the events that say so. */
  spent: { usd: number; seqs: number[] };
}

/** Kinds of outcome that stop or put off; the others answer in some way. */
const NO_ANSWER: readonly OutcomeKind[] = ['queued', 'declined', 'failed'];

function lookAt(events: readonly TraceEvent[], chain: readonly string[]): Seen {
  const ending = endingOf(events);
  const outcome = firstOf(events, 'outcome');
  const said = outcome?.outcome;
  const answers = said !== undefined && !NO_ANSWER.includes(said.kind) && (said.answer ?? said.data) !== undefined;
  const calls = callsOf(events);
  const until = ending?.at ?? Number.POSITIVE_INFINITY;
  const whole = (c: CallView) => c.endedAt ?? Number.POSITIVE_INFINITY;
  const replies = calls
    .filter((c) => c.ok && chain.includes(c.call.role) && whole(c) <= until)
    .toSorted((a, b) => whole(a) - whole(b));
  const results = eventsOf(events, 'tool-result');
  const resultOf = new Map(results.map((result) => [result.use, result]));
  const bills = events.filter((e) => e.kind === 'call-end' || e.kind === 'call-abort');
  return {
    ask: firstOf(events, 'ask'),
    ending,
    outcome,
    kind: ending?.kind === 'outcome' ? ending.outcome.kind : ending?.kind,
    notice: noticeText(said?.notice).trim(),
    content: answers ? outcome : undefined,
    ...{ calls, replies, serving: replies.at(-1), results, approvals: eventsOf(events, 'approval') },
    uses: eventsOf(events, 'tool-use').map((use) => {
      const result = resultOf.get(use.use);
      return { use, result, seqs: result === undefined ? [use.seq] : [use.seq, result.seq] };
    }),
    spent: { usd: bills.reduce((sum, e) => sum + e.cost_usd, 0), seqs: bills.map((e) => e.seq) },
  };
}

/** However many checks judge an ask, its events are looked at once. */
const looks = once((chain: readonly string[]) => once((events: readonly TraceEvent[]) => lookAt(events, chain)));
export const seenIn = (events: readonly TraceEvent[], chain: readonly string[]): Seen => looks(chain)(events);
