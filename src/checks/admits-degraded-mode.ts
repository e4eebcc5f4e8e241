import { z } from 'zod';
import type { TaskEvidence } from '../core/evidence.ts';
import { noticeText } from '../core/outcome.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, nothingToJudge, passed, type Verdict } from '../core/verdict.ts';
import { degradedPath } from './degraded-path.ts';

/** A degraded path says so to the program and to the user; a full one raises no false alarm. */
export const admitsDegradedMode = defineTaskCheck({
  name: 'admits-degraded-mode',
  summary: 'A degraded answer is marked as degraded and comes with a notice; a full one has neither',
  severity: 'critical',
  feature: 'notice',
  reads: 'who answered, and `degraded` and `notice` of the outcome',
  skips: 'the contract says `when_degraded: silent`',
  params: z.strictObject({}),
  example: 'admits-degraded-mode: {}',
  implies: () => ({}),
  judge(evidence: TaskEvidence): Verdict {
    if (evidence.contract?.experience?.when_degraded === 'silent')
      return notApplicable('the contract lets degraded mode stay silent');
    const path = degradedPath(evidence);
    if (path === undefined) return nothingToJudge('no outcome to admit anything in');
    const { outcome, why, seqs } = path;
    const marked = outcome.outcome.degraded === true;
    const told = noticeText(outcome.outcome.notice).trim() !== '';
    if (path.degraded === 'partly') return nothingToJudge(`${why}, another role helped on the way`);
    if (path.degraded === 'no') {
      const alarms = [
        ...(marked ? ['degraded is set'] : []),
        ...(told && outcome.outcome.kind === 'answered' ? ['a notice was given'] : []),
      ];
      if (alarms.length === 0) return nothingToJudge(`nothing was degraded: ${why}`);
      return failed(`false alarm: ${why}, yet ${alarms.join(' and ')}`, seqs);
    }
    const silences = [...(marked ? [] : ['degraded is not set']), ...(told ? [] : ['no notice was given'])];
    if (silences.length > 0) return failed(`${why}, but ${silences.join(' and ')}`, seqs);
    return passed(`${why}; degraded is set and a notice was given`, seqs);
  },
});
