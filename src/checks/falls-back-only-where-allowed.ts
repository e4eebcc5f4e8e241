import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';

/** What a reserve may hand out; the other kinds stop, and stopping is always allowed. */
const HANDED_OUT = ['answered', 'partial', 'extracted', 'rules_based', 'needs_confirmation'];

/** Sometimes the right fallback is no fallback. */
export const fallsBackOnlyWhereAllowed = defineTaskCheck({
  name: 'falls-back-only-where-allowed',
  summary:
    'A reserve role answers only where the contract lets one, and no less than a whole answer where the task says so',
  reads: 'the kind of outcome that a reserve role gave',
  severity: 'critical',
  feature: 'fallback',
  implies: (task, contract) => (contract?.fallback_ok_for === undefined && task.degraded_ok ? undefined : {}),
  judge({ seen: { outcome, serving }, task, contract, declares: { chain } }) {
    if (outcome === undefined || serving === undefined || serving.call.role === chain[0])
      return nothingToJudge('no reserve role gave a good reply');
    const { kind } = outcome.outcome;
    const gave = `${serving.call.role} gave the reply`;
    const allowed = contract?.fallback_ok_for;
    const given = HANDED_OUT.includes(kind);
    if (given && allowed?.includes(kind) === false)
      return failed(`${gave} and the outcome is ${kind}, allowed: ${allowed.join(', ')}`, serving, outcome);
    if (given && kind !== 'answered' && !task.degraded_ok)
      return failed(`${gave} and the outcome is ${kind}, but the task accepts only a whole answer`, serving, outcome);
    return passed(`${gave}; the outcome is ${kind}, which is allowed`, serving, outcome);
  },
});
