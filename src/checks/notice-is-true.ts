import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { degradedPath } from './degraded-path.ts';
import { clausesOf, means } from './notice-words.ts';
import { count } from './words.ts';

/** A notice is held against the wire and the ledger: what it claims must have happened. */
export const noticeIsTrue = defineTaskCheck({
  name: 'notice-is-true',
  summary: 'What the notice claims was saved, done, limited or working is so',
  severity: 'critical',
  feature: 'notice',
  reads: 'the notice, and what the calls, the tools and the kept state show of it',
  implies: () => ({}),
  judge(on) {
    const path = degradedPath(on);
    if (path === undefined) return nothingToJudge('no outcome, so no notice');
    if (on.seen.notice === '') return nothingToJudge('no notice was given');
    const { outcome, degraded, why } = path;

    const clauses = clausesOf(outcome.notice ?? '');
    const writes = on.seen.results.filter((e) => e.effect !== 'none');
    const kept = Object.keys(outcome.state ?? {}).length > 0;
    const handedOver = ['needs_review', 'queued', 'needs_confirmation'].includes(outcome.kind);
    const admitted = clauses.some(means.limited);
    const claims = clauses.flatMap((clause) => {
      const toPeople = handedOver && /\b(?:review|queue|team|colleague|human|person|specialist)\b/.test(clause);
      const claim = (claimed: boolean, so: boolean, lie: string) =>
        claimed ? [{ so, lie: `"${clause}", but ${lie}` }] : [];
      return [
        ...claim(means.saved(clause), kept || writes.length > 0, 'no state was kept and nothing was written'),
        ...claim(means.done(clause) && !toPeople, writes.length > 0, 'no tool wrote anything'),
        ...claim(means.idle(clause), !writes.some((e) => e.ok), 'a tool wrote something'),
        ...claim(means.usual(clause) && !admitted, degraded !== 'yes', why),
        ...claim(means.limited(clause), degraded !== 'no' || outcome.kind !== 'answered', `nothing was: ${why}`),
      ];
    });
    if (claims.length === 0) return nothingToJudge('the notice claims nothing that the trace could contradict');
    const lies = claims.filter((c) => !c.so).map((c) => c.lie);
    if (lies.length > 0) return failed(lies.join('; '), writes, path.proof);
    const all = `${count(claims.length, 'claim')} of the notice true: ${why}, ${count(writes.length, 'write')}`;
    return passed(all, writes, path.proof);
  },
});
