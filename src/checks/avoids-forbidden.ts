import { z } from 'zod';
import { contentOf } from '../core/evidence.ts';
import { noticeText } from '../core/outcome.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, passed } from '../core/verdict.ts';
import { contentText, noContent } from './content.ts';
import { describeExpectation, matches } from './match-expectation.ts';

export const avoidsForbidden = defineTaskCheck({
  name: 'avoids-forbidden',
  summary: "Neither the answer nor the notice says anything of the golden task's must_not",
  severity: 'critical',
  reads: 'the words of the outcome and of its notice',
  skips: 'the task has no must_not, or there is no answer',
  params: z.strictObject({}),
  example: 'avoids-forbidden: {}',
  implies: (task) => (task.must_not.length > 0 ? {} : undefined),
  judge({ events, concepts, task: { must_not } }) {
    const content = contentOf(events);
    if (must_not.length === 0) return notApplicable('the task forbids no words');
    if (content === undefined) return noContent(events);
    const text = `${contentText(content.outcome)}\n${noticeText(content.outcome.notice)}`;
    const said = must_not.filter((expectation) => matches(text, expectation, concepts));
    if (said.length > 0) return failed(`says ${said.map(describeExpectation).join('; ')}`, [content.seq]);
    return passed(`0 of ${must_not.length} forbidden things said`, [content.seq]);
  },
});
