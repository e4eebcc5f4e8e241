import { type Case, defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { count, unique, when } from '../text/words.ts';
import { isKept, othersIn, stopOf, wrongInState } from './state-at-stop.ts';

/** What was learned before a failure is not learned again, and a workflow that stops can go on later. */
export const keepsState = defineTaskCheck({
  name: 'keeps-state',
  summary:
    'Tool results travel to the next role, and a stopped workflow hands back a state that its own ask can go on from',
  reads:
    'tool results in calls to a later role; the `state` of a stopped workflow beside its ask, the results of its tools, its retries and what its calls cost',
  severity: 'major',
  advice:
    'Pass tool results on to the next role, and where work stops return a `state` with its question, results and costs.',
  // A workflow may hand out state that no contract asks of it: somebody will rely on it all the same.
  implies: () => ({}),
  judge(on) {
    const keep = on.contract?.state?.keep ?? [];
    const results = on.seen.uses.flatMap(({ use, result }) => (use.foreseen && result?.ok === true ? [result] : []));
    const handedOver = handovers(on, results);
    const moved = keep.includes('tool_results') ? handedOver : [];
    const stop = stopOf(on);
    const due = stop === undefined ? [] : keep.filter((part) => part !== 'tool_results' || results.length > 0);
    const kept = stop !== undefined && (due.length > 0 || isKept(stop.outcome.state)) ? stop : undefined;
    const others = othersIn(on.seen.outcome);
    if (moved.length === 0 && kept === undefined && others.length === 0)
      return nothingToJudge(
        handedOver.length === 0
          ? 'no later role was called after a tool result, and the workflow was not stopped'
          : 'the contract’s state.keep does not name tool_results, and the workflow was not stopped',
      );

    const lost = [
      ...moved
        .filter(({ held }) => !held)
        .map(({ call, result }) => `${call.role} was called without the result of ${result.tool}`),
      ...(kept === undefined ? [] : wrongInState(kept, due, on)),
      ...others,
    ];
    const handed = moved.flatMap(({ call, result }) => [call, result]);
    if (lost.length > 0)
      return failed(unique(lost).join('; '), handed, kept, others.length > 0 ? on.seen.outcome : undefined);
    const parts = [
      ...when(moved.length > 0, `${count(moved.length, 'tool result')} handed on`),
      ...when(kept !== undefined, `${due.length > 0 ? due.join(', ') : 'state'} kept for later`),
    ];
    return passed(parts.join('; '), handed, kept);
  },
});

/** Calls to a later role, each with a result that was there before it. What no call ever held cannot be recognised. */
function handovers({ seen, plain, declares }: Case, results: EventOf<'tool-result'>[]) {
  const known = [...seen.calls, ...plain.calls].flatMap(({ call }) => call.held.results ?? []);
  return seen.attempts
    .filter(({ call }) => declares.chain.indexOf(call.role) > 0)
    .flatMap(({ call }) =>
      results
        .filter((result) => result.seq < call.seq && known.includes(result.tool))
        .map((result) => ({ call, result, held: call.held.results?.includes(result.tool) === true })),
    );
}
