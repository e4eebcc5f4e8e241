import type { CallView } from '../core/evidence.ts';
import { eventsOf } from '../core/evidence.ts';
import { estimateTokens } from '../core/model-call.ts';
import { type Case, defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { count, seconds } from '../text/words.ts';
import { isLeftUnread } from './left-unread.ts';

/** A caller knows no better than that it flows: a clock over the whole stream throws the longest answers away, and pays for each twice. */
export const letsStreamsFlow = defineTaskCheck({
  name: 'lets-streams-flow',
  summary: 'A stream that flows, and fits into the deadline, is not thrown away and bought again',
  reads:
    'streams that their caller left while the wait for the next piece was no longer than an earlier one, with more than half of the deadline left and time for the rest, or as a part of it came where it was only told in an unusual way; no other call that had put the same question, and it was then put again',
  severity: 'major',
  advice:
    'Limit the wait for the next piece of a stream, not the time of the whole stream, while the deadline allows it.',
  implies: () => ({}),
  judge(on) {
    const { ask, calls } = on.seen;
    if (ask === undefined) return nothingToJudge('the trace holds no ask');
    const streams = calls.filter((c) => c.call.stream && on.declares.chain.includes(c.call.role));
    const wasted = streams.flatMap((stream) => {
      const isGood = (flowed(stream) && hadTime(on, stream, ask)) || isLeftUnread(stream);
      const again = isGood ? boughtAgain(on, stream) : undefined;
      return again === undefined ? [] : [{ stream, again }];
    });
    if (wasted.length > 0) {
      const what = wasted.map(({ stream, again }) => `${leftAt(stream)}; ${again.call.role} was asked instead`);
      return failed(what.join('; '), ask, ...wasted.map(({ stream, again }) => [stream, again]));
    }
    const whole = streams.filter((c) => c.ok);
    if (whole.length === 0) return nothingToJudge('no stream came to its end, and none that flowed was left');
    return passed(`${count(whole.length, 'stream')} came to the end`, whole);
  },
});

/** Nothing was different from before when the caller left: it did not leave because the stream had stopped. */
function flowed({ abort, fired }: CallView): boolean {
  const flow = abort?.flow;
  if (flow === undefined || flow.pieces < 2 || flow.idle_ms > flow.longest_gap_ms) return false;
  // What is spoiled or worth less may be left as soon as that shows.
  return fired.every((f) => f.effect === 'delays');
}

type Ask = NonNullable<Case['seen']['ask']>;

/** Whether the rest would have come in time, at the pace so far, and the deadline was not what it left for. */
function hadTime({ events, seen, plain }: Case, { call, abort }: CallView, ask: Ask): boolean {
  const first = eventsOf(events, 'first-token').find((e) => e.call === call.call);
  if (first === undefined || abort === undefined || abort.tokens.output === 0) return false;
  const left = ask.at + ask.deadline_ms - abort.at;
  if (left <= ask.deadline_ms / 2) return false;
  const like = [...plain.calls, ...seen.calls].filter((c) => c.ok && c.call.turn === call.turn);
  const sizes = like.map((c) => c.end?.tokens.output ?? 0);
  const whole = Math.max(abort.tokens.output, estimateTokens(ask.expected_answer), ...sizes);
  const rest = ((abort.at - first.at) * (whole - abort.tokens.output)) / abort.tokens.output;
  return rest <= left;
}

/** The call that puts the same question again, unless another had put it before: the loser of a race may be left at any time. */
function boughtAgain({ seen, declares }: Case, { call, abort }: CallView): CallView | undefined {
  const at = abort?.seq ?? 0;
  const others = seen.calls.filter((c) => c.call.call !== call.call && declares.chain.includes(c.call.role));
  const over = (c: CallView) => (c.end ?? c.abort)?.seq ?? Number.POSITIVE_INFINITY;
  const rivals = others.filter((c) => c.call.seq < at && c.call.turn >= call.turn);
  if (rivals.some((c) => c.ok || over(c) > at)) return undefined;
  const before = seen.outcome?.seq ?? Number.POSITIVE_INFINITY;
  return others.find(({ call: next }) => next.seq > at && next.seq < before && isSame(call, next));
}

type Call = CallView['call'];

/** Another role is told the question in its own way; the same one is asked the same, or something else. */
const isSame = (one: Call, other: Call): boolean =>
  other.turn <= one.turn && (one.role !== other.role || one.digests.messages.join() === other.digests.messages.join());

function leftAt({ call, abort, fired }: CallView): string {
  const [odd] = fired.filter((f) => f.effect === 'odd');
  if (odd !== undefined)
    return `${call.role} was left after ${seconds((abort?.at ?? 0) - call.at)} of a stream that was whole and good (${odd.detail})`;
  const { pieces = 0, idle_ms = 0, longest_gap_ms = 0 } = abort?.flow ?? {};
  const pace = `${count(pieces, 'piece')}, ${idle_ms} ms after the last (gaps up to ${longest_gap_ms} ms)`;
  return [`${call.role} was left after ${seconds((abort?.at ?? 0) - call.at)} of a stream that flowed`, pace].join(
    ': ',
  );
}
