import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { forOneOf } from './servers.ts';

/** Sometimes the right fallback is no fallback. */
export const fallsBackOnlyWhereAllowed = defineTaskCheck({
  name: 'falls-back-only-where-allowed',
  summary:
    'A reserve role answers only where the contract lets one, and no less than a whole answer where the task says so',
  reads: 'the kind of outcome that a reserve role gave, beside the one that the first role gives without faults',
  severity: 'critical',
  advice:
    'Before using a reserve, ask the contract whether it may answer here, and end in another way where it may not.',
  feature: 'fallback',
  implies: (task, contract) => (contract?.fallback_ok_for === undefined && task.degraded_ok ? undefined : {}),
  judge({ seen: { outcome, servers, replies }, plain, task, contract, declares: { chain } }) {
    if (outcome === undefined) return nothingToJudge('no outcome');
    const { kind } = outcome.outcome;
    const allowed = contract?.fallback_ok_for;
    // Stopping is always allowed: then the reserve's last reply was handed to no user.
    const givers = OUTCOME_KINDS[kind].handsOut ? servers : replies.slice(-1);
    return forOneOf(givers, (server) => {
      if (server === undefined || server.call.role === chain[0])
        return nothingToJudge('no reserve role gave a good reply');
      const gave = `${server.call.role} gave the reply`;
      const given = OUTCOME_KINDS[kind].handsOut;
      if (given && allowed?.includes(kind) === false)
        return failed(`${gave} and the outcome is ${kind}, allowed: ${allowed.join(', ')}`, server, outcome);
      // Where the first role gives no more without faults, the reserve gave no less.
      const asUsual = plain.kind === kind && plain.servers.some((c) => c.call.role === chain[0]);
      if (given && kind !== 'answered' && !task.degraded_ok && !asUsual)
        return failed(`${gave} and the outcome is ${kind}, but the task accepts only a whole answer`, server, outcome);
      return passed(`${gave}; the outcome is ${kind}, which is allowed`, server, outcome);
    });
  },
});
