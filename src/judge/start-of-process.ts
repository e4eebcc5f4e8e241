import { endingOf, eventsOf, firstOf } from '../core/evidence.ts';
import type { TraceEvent } from '../core/trace.ts';
import { seconds } from '../text/words.ts';

/** The first that was seen of an ask: a call to a model or of a tool. */
const firstSign = (events: readonly TraceEvent[]) => events.find(({ kind }) => kind === 'call' || kind === 'tool-use');

/** How long it took from an ask to something, in milliseconds; undefined where it did not come to that. */
function until(events: readonly TraceEvent[], to: TraceEvent | undefined): number | undefined {
  const ask = firstOf(events, 'ask');
  return ask && to && to.at - ask.at;
}

/**
 * What the start of a process takes, in milliseconds: the least that passed in any ask of the baseline from the ask to the
 * first that was seen of it. Undefined where no ask waited for a process, or nothing was seen of any.
 */
export function leastStart(asks: readonly (readonly TraceEvent[])[]): number | undefined {
  const took = asks
    .filter((events) => firstOf(events, 'process') !== undefined)
    .flatMap((events) => until(events, firstSign(events)) ?? []);
  return took.length === 0 ? undefined : Math.min(...took);
}

/**
 * So much of an ask's time was the start of a process, in milliseconds. Processes that start at once share the machine, and
 * each may take as many times as long; but it had ended when the first was seen of the ask.
 */
export function startIn(events: readonly TraceEvent[], least: number | undefined): number {
  const beside = eventsOf(events, 'process').map((event) => event.beside);
  if (beside.length === 0 || least === undefined) return 0;
  return Math.min(until(events, firstSign(events) ?? endingOf(events)) ?? 0, least * Math.max(...beside));
}

export const startNote = (least: number | undefined): string[] =>
  least === undefined
    ? []
    : [
        `a process came to its first call ${seconds(least)} after the ask in the baseline, and where one is started for ` +
          'a task its latency is judged less that: work that it does for every task before its first call is not seen in it',
      ];
