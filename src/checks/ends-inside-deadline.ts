import { z } from 'zod';
import { endingOf, firstOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, nothingToJudge, passed } from '../core/verdict.ts';
import { seconds } from './words.ts';

/** Nobody waits longer than they were promised; a task that hangs waits for ever. */
export const endsInsideDeadline = defineTaskCheck({
  name: 'ends-inside-deadline',
  summary: 'Every task ends in an outcome that can be read, and does so inside its deadline',
  severity: 'critical',
  reads: 'the ask, and when and how it ended',
  skips: 'the target does not claim deadline and the task sets no max_latency_ms',
  params: z.strictObject({}),
  example: 'ends-inside-deadline: {}',
  implies: () => ({}),
  judge({ events, declares, task }) {
    // Whoever ends in something that nobody can read has not ended.
    const outcome = firstOf(events, 'outcome');
    if (outcome?.unreadable) return failed(outcome.outcome.error ?? 'the outcome cannot be read', [outcome.seq]);
    // A golden task's own limit is asked of every target, any other only of those that claim to keep one.
    const asked = task.max_latency_ms !== undefined || declares.features.includes('deadline');
    if (!asked) return notApplicable('the target does not claim deadline, and the task sets no max_latency_ms');
    const ask = firstOf(events, 'ask');
    const ending = endingOf(events);
    if (ask === undefined || ending === undefined) return nothingToJudge('the trace holds no whole ask');
    const took = ending.at - ask.at;
    const allowed = `${seconds(ask.deadline_ms)} allowed`;
    const evidence = [ask.seq, ending.seq];
    if (ending.kind === 'hung') return failed(`hung: no outcome ${seconds(took)} after the ask, ${allowed}`, evidence);
    const verdict = took > ask.deadline_ms ? failed : passed;
    return verdict(`outcome after ${seconds(took)}, ${allowed}`, evidence);
  },
});
