import type { CallView } from '../core/evidence.ts';
import type { Verdict } from '../core/verdict.ts';

/** Judges an outcome for each call that it may be from: it fails only where it would for all of them. */
export function forOneOf(servers: readonly CallView[], judge: (server: CallView | undefined) => Verdict): Verdict {
  const verdicts = (servers.length === 0 ? [undefined] : servers.toReversed()).map(judge);
  const best = (['passed', 'inconclusive', 'not_applicable', 'failed'] as const)
    .map((word) => verdicts.find((one) => one.verdict === word))
    .find((one) => one !== undefined);
  return best ?? judge(undefined);
}
