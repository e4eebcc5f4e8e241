import { defineTaskCheck, failed, notApplicable, passed } from '../core/plugin.ts';
import { describeExpectation, matches } from '../text/match-expectation.ts';
import { withoutQuotes } from '../text/quotes.ts';
import { unique } from '../text/words.ts';
import { answerIn, contentText, noContent } from './content.ts';

export const avoidsForbidden = defineTaskCheck({
  name: 'avoids-forbidden',
  summary: "A whole answer says nothing of the golden task's must_not, but in sentences of a source",
  severity: 'critical',
  advice: 'Check the answer for what it must not say before you return it, whichever role wrote it.',
  gate: true,
  reads: 'the words of the outcome and what was shown before it, without sentences that stand in a source',
  skips: 'the task has no must_not, or nothing was shown and the outcome is neither answered nor extracted',
  implies: (task) => (task.must_not.length > 0 ? {} : undefined),
  judge({ seen, concepts, sources, task: { must_not } }) {
    if (must_not.length === 0) return notApplicable('the task forbids no words');
    const content = answerIn(seen);
    // What was shown was read, whatever the ask came to.
    const shown = seen.outcome?.outcome.shown;
    if (content === undefined && shown === undefined) return noContent(seen.ending);
    const texts = [content === undefined ? '' : contentText(content.outcome), shown ?? ''];
    const text = withoutQuotes(unique(texts).join('\n'), sources);
    const said = must_not.filter((expectation) => matches(text, expectation, concepts));
    if (said.length > 0) return failed(`says ${said.map(describeExpectation).join('; ')}`, seen.outcome);
    return passed(`0 of ${must_not.length} forbidden things said`, seen.outcome);
  },
});
