import { defineTaskCheck, failed, notApplicable, passed } from '../core/plugin.ts';
import { contentText, noContent } from './content.ts';
import { describeExpectation, matches } from './match-expectation.ts';

export const avoidsForbidden = defineTaskCheck({
  name: 'avoids-forbidden',
  summary: "Neither the answer nor the notice says anything of the golden task's must_not",
  severity: 'critical',
  gate: true,
  reads: 'the words of the outcome and of its notice',
  skips: 'the task has no must_not, or there are no words',
  implies: (task) => (task.must_not.length > 0 ? {} : undefined),
  judge({ seen: { outcome, ending, notice }, concepts, task: { must_not } }) {
    if (must_not.length === 0) return notApplicable('the task forbids no words');
    // Whatever the ending is called, its words reach somebody.
    const text = outcome === undefined ? '' : `${contentText(outcome.outcome)}\n${notice}`;
    if (outcome?.outcome.kind === 'failed' || text.trim() === '') return noContent(ending);
    const said = must_not.filter((expectation) => matches(text, expectation, concepts));
    if (said.length > 0) return failed(`says ${said.map(describeExpectation).join('; ')}`, outcome);
    return passed(`0 of ${must_not.length} forbidden things said`, outcome);
  },
});
