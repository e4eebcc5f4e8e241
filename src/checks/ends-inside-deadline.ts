import { eventsOf } from '../core/evidence.ts';
import { defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { lessStart, seconds } from '../text/words.ts';
import { adviceOnWaits } from './waits.ts';

/** Nobody waits longer than they were promised; a task that hangs waits for ever. */
export const endsInsideDeadline = defineTaskCheck({
  name: 'ends-inside-deadline',
  summary: 'Every task ends in an outcome that can be read, and does so inside its deadline',
  severity: 'critical',
  advice: 'Give every model call a time limit, keep their sum below the deadline, and return an outcome in every case.',
  adviceFor: adviceOnWaits,
  reads: 'the ask, and when and how it ended',
  skips: 'the target does not claim deadline and the task sets no max_latency_ms',
  implies: () => ({}),
  judge({ events, seen: { ask, ending, outcome }, declares, task, start_ms }) {
    // Whoever ends in something that nobody can read has not ended.
    if (outcome?.unreadable) return failed(outcome.outcome.error ?? 'the outcome cannot be read', outcome);
    // A golden task's own limit is asked of every target, any other only of those that claim to keep one.
    const asked = task.max_latency_ms !== undefined || declares.features.includes('deadline');
    if (!asked) return notApplicable('the target does not claim deadline, and the task sets no max_latency_ms');
    if (ask === undefined || ending === undefined) return nothingToJudge('the trace holds no whole ask');
    const took = ending.at - ask.at;
    const allowed = `${seconds(ask.deadline_ms)} allowed`;
    const left = ending.kind === 'hung' ? eventsOf(events, 'real-io').find(({ fatal }) => fatal) : undefined;
    // What it waited for may have come in a process of its own.
    if (left !== undefined) return nothingToJudge(`it hung, and ${left.by} had left the virtual world: ${left.what}`);
    if (ending.kind === 'hung')
      return failed(`hung: no outcome ${seconds(took)} after the ask, ${allowed}`, ask, ending);
    const verdict = took - start_ms > ask.deadline_ms ? failed : passed;
    return verdict(`outcome after ${seconds(took)}${lessStart(start_ms)}, ${allowed}`, ask, ending);
  },
});
