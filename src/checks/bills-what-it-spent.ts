import { defineLogCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { priceUnknown, usd } from '../text/words.ts';
import { costAgrees } from './self-report.ts';

/** A budget holds only where every call is counted, failed and abandoned ones and those beside the answer too. */
export const billsWhatItSpent = defineLogCheck({
  name: 'bills-what-it-spent',
  summary: 'The cost that an outcome states is that of all its calls, within a fifth',
  reads: "the outcome's cost, and what every call of the ask was billed",
  severity: 'critical',
  advice: 'Add up the cost of every call, failed and abandoned ones too, and return the sum as `cost_usd`.',
  always: true,
  implies: () => ({}),
  judge({ seen }, log) {
    const said = log?.cost_usd;
    if (said === undefined || seen.outcome === undefined) return nothingToJudge('the outcome states no cost');
    if (seen.spent.unpriced.length > 0) return nothingToJudge(priceUnknown(seen.spent.unpriced));
    const verdict = costAgrees(said, seen) ? passed : failed;
    const reason = `the outcome says ${usd(said)}, on the wire ${usd(seen.spent.usd)}`;
    return verdict(reason, seen.calls, seen.outcome, log);
  },
});
