import { z } from 'zod';
import { firstOf } from '../core/evidence.ts';
import { noticeText } from '../core/outcome.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, passed } from '../core/verdict.ts';
import { contentText, noContent } from './content.ts';
import { describeExpectation, matches } from './match-expectation.ts';

export const avoidsForbidden = defineTaskCheck({
  name: 'avoids-forbidden',
  summary: "Neither the answer nor the notice says anything of the golden task's must_not",
  severity: 'critical',
  gate: true,
  reads: 'the words of the outcome and of its notice',
  skips: 'the task has no must_not, or there are no words',
  params: z.strictObject({}),
  example: 'avoids-forbidden: {}',
  implies: (task) => (task.must_not.length > 0 ? {} : undefined),
  judge({ events, concepts, task: { must_not } }) {
    if (must_not.length === 0) return notApplicable('the task forbids no words');
    // Whatever the ending is called, its words reach somebody.
    const content = firstOf(events, 'outcome');
    const text = content === undefined ? '' : `${contentText(content.outcome)}\n${noticeText(content.outcome.notice)}`;
    if (content === undefined || content.outcome.kind === 'failed' || text.trim() === '') return noContent(events);
    const said = must_not.filter((expectation) => matches(text, expectation, concepts));
    if (said.length > 0) return failed(`says ${said.map(describeExpectation).join('; ')}`, [content.seq]);
    return passed(`0 of ${must_not.length} forbidden things said`, [content.seq]);
  },
});
