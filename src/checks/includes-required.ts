import type { GoldenTask } from '../core/golden-task.ts';
import { type Case, defineTaskCheck, failed, notApplicable, passed } from '../core/plugin.ts';
import { describeExpectation, matches } from '../text/match-expectation.ts';
import { answerIn, contentText, noContent } from './content.ts';
import { missingWrites } from './tools-used.ts';

export const includesRequired = defineTaskCheck({
  name: 'includes-required',
  summary: "A whole answer says everything of the golden task's must_include",
  severity: 'critical',
  advice:
    'Check that the answer says what it must before you return it; else ask another role, or return less than `answered`.',
  gate: true,
  scripted: true,
  reads: 'the words of the outcome',
  skips:
    'the task has no must_include, or the outcome is neither answered nor extracted; where a write did not happen, only what `answer_if_not_done` says as well is required',
  implies: (task) => (task.must_include.length > 0 ? {} : undefined),
  judge(on) {
    const { seen, concepts } = on;
    const must_include = dueIn(on);
    if (must_include.length === 0) return notApplicable('the task requires no words');
    const content = answerIn(seen);
    if (content === undefined) return noContent(seen.ending);
    const text = contentText(content.outcome);
    const missing = must_include.filter((expectation) => !matches(text, expectation, concepts));
    if (missing.length > 0) return failed(`missing: ${missing.map(describeExpectation).join('; ')}`, content);
    return passed(`${must_include.length} of ${must_include.length} required things said`, content);
  },
});

/** The answer for a write that did not happen need not say what only the other one says. */
function dueIn(on: Case): GoldenTask['must_include'] {
  const { must_include, answer_if_not_done: without } = on.task;
  if (without === undefined || missingWrites(on).length === 0) return must_include;
  return must_include.filter((expectation) => matches(without, expectation, on.concepts));
}
