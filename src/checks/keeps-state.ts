import { type Case, defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { count, unique, when } from './words.ts';

/** What was learned before a failure is not learned again, and a workflow that stops can go on later. */
export const keepsState = defineTaskCheck({
  name: 'keeps-state',
  summary: 'Tool results travel to the next role, and a stopped workflow hands back the state the contract names',
  reads: 'tool results in calls to a later role, and the `state` of a stopped workflow',
  severity: 'major',
  implies: (_task, contract) => (contract?.state === undefined ? undefined : {}),
  judge(on) {
    const keep = on.contract?.state?.keep ?? [];
    const results = on.seen.uses.flatMap(({ use, result }) => (use.foreseen && result?.ok === true ? [result] : []));
    const moved = keep.includes('tool_results') ? handovers(on, results) : [];
    const stop = stopOf(on);
    const kept = stop === undefined ? [] : keep.filter((part) => part !== 'tool_results' || results.length > 0);
    if (moved.length === 0 && kept.length === 0)
      return nothingToJudge('no later role was called after a tool result, and the workflow was not stopped');

    const lost = [
      ...moved
        .filter(({ held }) => !held)
        .map(({ call, result }) => `${call.role} was called without the result of ${result.tool}`),
      ...kept
        .filter((part) => stop?.outcome.state?.[part] === undefined)
        .map((part) => `the stopped workflow has no state.${part}`),
    ];
    const proof = [...moved.flatMap(({ call, result }) => [call, result]), kept.length === 0 ? undefined : stop];
    if (lost.length > 0) return failed(unique(lost).join('; '), proof);
    const parts = [
      ...when(moved.length > 0, `${count(moved.length, 'tool result')} handed on`),
      ...when(kept.length > 0, `${kept.join(', ')} kept for later`),
    ];
    return passed(parts.join('; '), proof);
  },
});

/** Calls to a later role, each with a result that was there before it. What no call ever held cannot be recognised. */
function handovers({ seen, plain, declares }: Case, results: EventOf<'tool-result'>[]) {
  const known = [...seen.calls, ...plain.calls].flatMap(({ call }) => call.held.results ?? []);
  return seen.calls
    .filter(({ call }) => declares.chain.indexOf(call.role) > 0)
    .flatMap(({ call }) =>
      results
        .filter((result) => result.seq < call.seq && known.includes(result.tool))
        .map((result) => ({ call, result, held: call.held.results?.includes(result.tool) === true })),
    );
}

/** An outcome that somebody will go on from; one that was thrown promises nothing, and one that the task has without faults is no stop. */
function stopOf({ seen: { outcome: event }, plain, contract }: Case): EventOf<'outcome'> | undefined {
  const kinds = ['queued', 'needs_review'];
  if (contract?.experience?.when_all_fail === 'save_and_offer_next_step') kinds.push('failed');
  if (event === undefined || !kinds.includes(event.outcome.kind) || event.outcome.error !== undefined) return undefined;
  return plain.outcome?.outcome.kind === event.outcome.kind ? undefined : event;
}
