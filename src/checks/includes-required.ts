import { defineTaskCheck, failed, notApplicable, passed } from '../core/plugin.ts';
import { describeExpectation, matches } from '../text/match-expectation.ts';
import { answerIn, contentText, noContent } from './content.ts';

export const includesRequired = defineTaskCheck({
  name: 'includes-required',
  summary: "A whole answer says everything of the golden task's must_include",
  severity: 'critical',
  advice:
    'Check that the answer says what it must before you return it; else ask another role, or return less than `answered`.',
  gate: true,
  scripted: true,
  reads: 'the words of the outcome',
  skips: 'the task has no must_include, or the outcome is neither answered nor extracted',
  implies: (task) => (task.must_include.length > 0 ? {} : undefined),
  judge({ seen, concepts, task: { must_include } }) {
    if (must_include.length === 0) return notApplicable('the task requires no words');
    const content = answerIn(seen);
    if (content === undefined) return noContent(seen.ending);
    const text = contentText(content.outcome);
    const missing = must_include.filter((expectation) => !matches(text, expectation, concepts));
    if (missing.length > 0) return failed(`missing: ${missing.map(describeExpectation).join('; ')}`, content);
    return passed(`${must_include.length} of ${must_include.length} required things said`, content);
  },
});
