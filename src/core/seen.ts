import { type CallView, callsOf, endingOf, eventsOf, firstOf } from './evidence.ts';
import { once } from './once.ts';
import { noticeText } from './outcome.ts';
import { OUTCOME_KINDS, type OutcomeKind } from './outcome-kind.ts';
import type { EventOf, Kept, TraceEvent } from './trace.ts';

/** A use of a tool, and what came of it by the time the trace ends. */
export interface Use {
  use: EventOf<'tool-use'>;
  result: EventOf<'tool-result'> | undefined;
  seqs: number[];
}

/** What one ask showed to anyone outside: the words in which checks and reports speak of its events. */
export interface Seen {
  ask: EventOf<'ask'> | undefined;
  /** How it ended; undefined where the trace stops before. */
  ending: EventOf<'outcome'> | EventOf<'hung'> | undefined;
  outcome: EventOf<'outcome'> | undefined;
  /** Its user was gone before it ended. */
  left: EventOf<'left'> | undefined;
  kind: OutcomeKind | 'hung' | undefined;
  /** The words of its notice, without blanks around them. */
  notice: string;
  /** The outcome, where it hands an answer out: a hung, failed or postponed task has a finding of its own and no content. */
  content: EventOf<'outcome'> | undefined;
  /** Model calls of any role, in order of their beginning. What binds every call is asked of these. */
  calls: CallView[];
  /** Those that were made to serve the ask: begun before it ended, and not good calls beside it (a ping, a title, a verifier). */
  attempts: CallView[];
  /** Calls that do not carry the task. One that failed is an attempt all the same, unless the baseline makes such a call, too. */
  beside: CallView[];
  /** Those begun before the ask had ended: what its outcome can speak of. */
  early: CallView[];
  /** Calls begun after the ask had ended: a queue's work. */
  late: CallView[];
  /** Good replies of roles of the chain that were there when the ask ended, by the time they were whole. */
  replies: CallView[];
  /**
   * The calls that the outcome may be from, one a role; none where nothing was handed out, or nothing of a model. Scripted
   * replies are equal, so several may stand in it whole: a check fails only if it would fail for each of them.
   */
  servers: CallView[];
  /** Whichever calls of those roles it may be from as well: a role that was asked twice may have said the same words twice. */
  alike: CallView[];
  /** Replies to earlier asks of the same task and tenant that the outcome holds whole. */
  stored: Kept[];
  /** No reply of this ask is in the outcome, and a stored one is. */
  fromStore: boolean;
  uses: Use[];
  results: EventOf<'tool-result'>[];
  approvals: EventOf<'approval'>[];
  /** What the calls cost, abandoned ones included, and the events that say so. */
  spent: {
    /** US dollars, as far as prices are known. */
    usd: number;
    seqs: number[];
    /** Roles whose calls cost what nobody knows. */
    unpriced: string[];
  };
}

/** Whether it was billed at a price that nobody knows. */
const isUnpriced = ({ end, abort }: CallView) => (end ?? abort)?.cost_usd === null;
const whole = (c: CallView) => c.endedAt ?? Number.POSITIVE_INFINITY;
const inOrder = (calls: CallView[]) => calls.toSorted((a, b) => whole(a) - whole(b));

function lookAt(events: readonly TraceEvent[], chain: readonly string[]): Seen {
  const ending = endingOf(events);
  const outcome = firstOf(events, 'outcome');
  const said = outcome?.outcome;
  const handsOut = said !== undefined && OUTCOME_KINDS[said.kind].handsOut;
  const calls = callsOf(events);
  const carries = carrying(calls);
  const good = (c: CallView) => c.ok || (c.end?.limited === true && !carries(c));
  const replies = inOrder(
    calls.filter(
      (c) => c.ok && carries(c) && chain.includes(c.call.role) && whole(c) <= (ending?.at ?? Number.POSITIVE_INFINITY),
    ),
  );
  const own = outcome?.kept?.filter((k) => k.ask === outcome.ask) ?? [];
  const stored = outcome?.kept?.filter((k) => k.ask !== outcome.ask && !k.other_tenant) ?? [];
  const gives = said?.answer ?? said?.data ?? said?.shown;
  const giving = handsOut && (gives ?? said.plan) !== undefined;
  const inChain = calls.filter((c) => chain.includes(c.call.role));
  // Where none is found in it: a reply in words comes before one that only asks for tools.
  const words = replies.filter((c) => c.end?.tool_calls === undefined);
  const likely = giving && OUTCOME_KINDS[said.kind].byRule ? [] : words.length > 0 ? words : replies;
  const alike = giving ? heldIn(inChain, replies, likely, own, stored) : [];
  const servers = lastPerRole(alike);
  const beside = (c: CallView) => !carries(c) && !servers.includes(c);
  const isSide = (c: CallView) => good(c) && beside(c);
  const after = (c: CallView) => ending !== undefined && c.call.seq > ending.seq;
  const results = eventsOf(events, 'tool-result');
  const resultOf = new Map(results.map((result) => [result.use, result]));
  const bills = events.filter((e) => e.kind === 'call-end' || e.kind === 'call-abort');
  return {
    ask: firstOf(events, 'ask'),
    ending,
    outcome,
    left: firstOf(events, 'left'),
    kind: ending?.kind === 'outcome' ? ending.outcome.kind : ending?.kind,
    notice: noticeText(said?.notice).trim(),
    content: handsOut && gives !== undefined ? outcome : undefined,
    calls,
    attempts: calls.filter((c) => !after(c) && !isSide(c)),
    beside: calls.filter((c) => !after(c) && beside(c)),
    early: calls.filter((c) => !after(c)),
    late: calls.filter(after),
    replies,
    servers,
    alike,
    stored,
    fromStore: giving && servers.length === 0 && stored.length > 0,
    ...{ results, approvals: eventsOf(events, 'approval') },
    uses: eventsOf(events, 'tool-use').map((use) => {
      const result = resultOf.get(use.use);
      return { use, result, seqs: result === undefined ? [use.seq] : [use.seq, result.seq] };
    }),
    spent: {
      usd: bills.reduce((sum, e) => sum + (e.cost_usd ?? 0), 0),
      seqs: bills.map((e) => e.seq),
      unpriced: [...new Set(calls.filter(isUnpriced).map((c) => c.call.role))],
    },
  };
}

/**
 * Whether a call carries the task: it holds at least half of the sources that the fullest call of the ask holds, or the
 * question where no good call holds more and, if it failed, none of its role does; and it quotes no earlier reply to have it
 * checked or reworded. Where no call can be told to, each does.
 */
function carrying(calls: CallView[]): (c: CallView) => boolean {
  const sources = ({ call: { held } }: CallView) => new Set([...held.sources, ...held.source_ids]).size;
  const most = Math.max(0, ...calls.map(sources));
  const asked = calls.some(({ call }) => (call.questions ?? 0) > 0);
  const full = (c: CallView) => c.call.rereads === undefined && (most === 0 ? !asked : sources(c) >= most / 2);
  const given = new Set(calls.filter(full).map((c) => c.call.role));
  const served = calls.some((c) => c.ok && full(c));
  return (c) => {
    if (c.call.rereads !== undefined) return false;
    return full(c) || ((c.call.questions ?? 0) > 0 && !served && (c.ok || !given.has(c.call.role)));
  };
}

/** Whole beats part, this ask beats the store, and a good reply beats a broken one. */
function heldIn(inChain: CallView[], replies: CallView[], likely: CallView[], own: Kept[], stored: Kept[]): CallView[] {
  const best = Math.max(0, ...own.map((k) => k.share));
  if (best === 1 || (best > 0 && stored.length === 0)) {
    const least = best === 1 ? 1 : best / 2;
    const held = inChain.filter(({ call }) => own.some((k) => k.call === call.call && k.share >= least));
    // What a fault has spoiled cannot have been used as it was, though its words may be the same.
    const usable = held.filter((c) => c.ok && !c.fired.some((f) => f.effect === 'spoils'));
    const answering = usable.filter((c) => replies.includes(c));
    const sound = held.filter((c) => c.ok);
    const list = [answering, usable, sound, held].find((some) => some.length > 0) ?? [];
    if (list.length > 0) return list;
  }
  return stored.length > 0 ? [] : likely;
}

function lastPerRole(calls: CallView[]): CallView[] {
  return [...new Map(inOrder(calls).map((c) => [c.call.role, c])).values()];
}

/** However many checks judge an ask, its events are looked at once. */
const looks = once((chain: readonly string[]) => once((events: readonly TraceEvent[]) => lookAt(events, chain)));
export const seenIn = (events: readonly TraceEvent[], chain: readonly string[]): Seen => looks(chain)(events);

/** The roles an outcome may be from, as a clause says them: `backup`, or `primary or backup`. */
export const rolesOf = (servers: readonly CallView[]): string => servers.map((c) => c.call.role).join(' or ');
