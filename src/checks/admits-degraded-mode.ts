import { defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { when } from '../text/words.ts';
import { degradedPath } from './degraded-path.ts';

/** A degraded path says so to the program and to the user; a full one is not marked as degraded. */
export const admitsDegradedMode = defineTaskCheck({
  name: 'admits-degraded-mode',
  summary: 'A degraded answer is marked as degraded and comes with a notice; a full one is not marked',
  severity: 'critical',
  advice:
    'When a reserve answers, set `degraded: true` and add a notice; set neither when the first role answers in full.',
  feature: 'notice',
  reads: 'who answered, and `degraded` and `notice` of the outcome',
  skips: 'the contract says `when_degraded: silent`',
  always: true,
  implies: () => ({}),
  judge(on) {
    if (on.contract?.experience?.when_degraded === 'silent')
      return notApplicable('the contract lets degraded mode stay silent');
    const path = degradedPath(on);
    if (path === undefined) return nothingToJudge('no outcome to admit anything in');
    const { outcome, why, proof } = path;
    const marked = outcome.degraded === true;
    const told = on.seen.notice !== '';
    if (path.degraded === 'partly') return nothingToJudge(why);
    if (path.degraded === 'no') {
      // A notice here is a text like any other, say a thank-you for the patience: it is no alarm.
      if (!marked) return nothingToJudge(`nothing was degraded: ${why}`);
      return failed(`false alarm: ${why}, yet degraded is set`, proof);
    }
    const silences = [...when(!marked, 'degraded is not set'), ...when(!told, 'no notice was given')];
    if (silences.length > 0) return failed(`${why}, but ${silences.join(' and ')}`, proof);
    return passed(`${why}; degraded is set and a notice was given`, proof);
  },
});
