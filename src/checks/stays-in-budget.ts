import { z } from 'zod';
import { eventsOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, nothingToJudge, passed } from '../core/verdict.ts';
import { spentIn } from './serving.ts';
import { count, usd } from './words.ts';

/** Retries, abandoned replies and the backup's price all count. */
export const staysInBudget = defineTaskCheck({
  name: 'stays-in-budget',
  summary: "All calls of a task together cost at most the golden task's max_cost_usd",
  severity: 'major',
  reads: 'the cost of every call, of abandoned ones too',
  skips: 'the task has no max_cost_usd',
  params: z.strictObject({}),
  example: 'stays-in-budget: {}',
  implies: (task) => (task.max_cost_usd === undefined ? undefined : {}),
  judge({ events, task: { max_cost_usd } }) {
    if (max_cost_usd === undefined) return notApplicable('the task has no max_cost_usd');
    const spent = spentIn(events);
    if (spent.seqs.length === 0) return nothingToJudge('no call ended, so nothing was billed');
    const calls = count(eventsOf(events, 'call').length, 'call');
    const verdict = spent.usd > max_cost_usd + 1e-9 ? failed : passed;
    return verdict(`${usd(spent.usd)} in ${calls}, ${usd(max_cost_usd)} allowed`, spent.seqs);
  },
});
