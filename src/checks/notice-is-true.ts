import { z } from 'zod';
import { eventsOf } from '../core/evidence.ts';
import { noticeText } from '../core/outcome.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
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
  params: z.strictObject({}),
  example: 'notice-is-true: {}',
  implies: () => ({}),
  judge(evidence) {
    const path = degradedPath(evidence);
    const outcome = path?.outcome.outcome;
    const notice = outcome?.notice;
    if (path === undefined || outcome === undefined) return nothingToJudge('no outcome, so no notice');
    if (notice === undefined || notice === null || noticeText(notice).trim() === '')
      return nothingToJudge('no notice was given');

    const clauses = clausesOf(notice);
    const writes = eventsOf(evidence.events, 'tool-result').filter((e) => e.effect !== 'none');
    const kept = Object.keys(outcome.state ?? {}).length > 0;
    const handedOver = ['needs_review', 'queued', 'needs_confirmation'].includes(outcome.kind);
    const admitted = clauses.some(means.limited);
    const claims = clauses.flatMap((clause) => {
      const claim = (so: boolean, lie: string) => ({ so, lie: `"${clause}", but ${lie}` });
      const toPeople = handedOver && /\b(?:review|queue|team|colleague|human|person|specialist)\b/.test(clause);
      return [
        ...(means.saved(clause) ? [claim(kept || writes.length > 0, 'no state was kept and nothing was written')] : []),
        ...(means.done(clause) && !toPeople ? [claim(writes.length > 0, 'no tool wrote anything')] : []),
        ...(means.idle(clause) ? [claim(!writes.some((e) => e.ok), 'a tool wrote something')] : []),
        ...(means.usual(clause) && !admitted ? [claim(path.degraded !== 'yes', path.why)] : []),
        ...(means.limited(clause)
          ? [claim(path.degraded !== 'no' || outcome.kind !== 'answered', `nothing was: ${path.why}`)]
          : []),
      ];
    });
    const seqs = [...writes.map((e) => e.seq), ...path.seqs];
    if (claims.length === 0) return nothingToJudge('the notice claims nothing that the trace could contradict');
    const lies = claims.filter((c) => !c.so).map((c) => c.lie);
    if (lies.length > 0) return failed(lies.join('; '), seqs);
    return passed(
      `${count(claims.length, 'claim')} of the notice true: ${path.why}, ${count(writes.length, 'write')}`,
      seqs,
    );
  },
});
