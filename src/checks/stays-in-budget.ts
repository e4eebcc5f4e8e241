import { defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { count, priceUnknown, usd } from '../text/words.ts';

/** Retries, abandoned replies and the backup's price all count. */
export const staysInBudget = defineTaskCheck({
  name: 'stays-in-budget',
  summary: "All calls of a task together cost at most the golden task's max_cost_usd",
  severity: 'major',
  advice: 'Add up the cost of all calls of a task, retries too, and stop or use a cheaper role before the limit.',
  reads: 'the cost of every call, of abandoned ones too',
  skips: 'the task has no max_cost_usd, or the price of a model is unknown',
  implies: (task) => (task.max_cost_usd === undefined ? undefined : {}),
  judge({ seen: { calls, spent }, task: { max_cost_usd } }) {
    if (max_cost_usd === undefined) return notApplicable('the task has no max_cost_usd');
    if (spent.seqs.length === 0) return nothingToJudge('no call ended, so nothing was billed');
    const verdict = spent.usd > max_cost_usd + 1e-9 ? failed : passed;
    if (verdict === passed && spent.unpriced.length > 0) return nothingToJudge(priceUnknown(spent.unpriced));
    return verdict(`${usd(spent.usd)} in ${count(calls.length, 'call')}, ${usd(max_cost_usd)} allowed`, spent);
  },
});
