import { z } from 'zod';
import { firstOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { servingCall } from './serving.ts';

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
  params: z.strictObject({}),
  example: 'falls-back-only-where-allowed: {}',
  implies: (task, contract) => (contract?.fallback_ok_for === undefined && task.degraded_ok ? undefined : {}),
  judge({ events, task, contract, declares: { chain } }) {
    const outcome = firstOf(events, 'outcome');
    const serving = servingCall(events, chain);
    if (outcome === undefined || serving === undefined || serving.call.role === chain[0])
      return nothingToJudge('no reserve role gave a good reply');
    const { role } = serving.call;
    const { kind } = outcome.outcome;
    const seqs = [...serving.seqs, outcome.seq];
    const given = HANDED_OUT.includes(kind);
    if (given && contract?.fallback_ok_for?.includes(kind) === false)
      return failed(
        `${role} gave the reply and the outcome is ${kind}, allowed: ${contract.fallback_ok_for.join(', ')}`,
        seqs,
      );
    if (given && kind !== 'answered' && !task.degraded_ok)
      return failed(
        `${role} gave the reply and the outcome is ${kind}, but the task accepts only a whole answer`,
        seqs,
      );
    return passed(`${role} gave the reply; the outcome is ${kind}, which is allowed`, seqs);
  },
});
