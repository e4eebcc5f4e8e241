import { z } from 'zod';
import { contentOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, passed } from '../core/verdict.ts';
import { contentText, noContent } from './content.ts';
import { describeExpectation, matches } from './match-expectation.ts';

export const includesRequired = defineTaskCheck({
  name: 'includes-required',
  summary: "The answer says everything of the golden task's must_include",
  severity: 'critical',
  gate: true,
  reads: 'the words of the outcome',
  skips: 'the task has no must_include, or there is no answer',
  params: z.strictObject({}),
  example: 'includes-required: {}',
  implies: (task) => (task.must_include.length > 0 ? {} : undefined),
  judge({ events, concepts, task: { must_include } }) {
    const content = contentOf(events);
    if (must_include.length === 0) return notApplicable('the task requires no words');
    if (content === undefined) return noContent(events);
    const text = contentText(content.outcome);
    const missing = must_include.filter((expectation) => !matches(text, expectation, concepts));
    if (missing.length > 0) return failed(`missing: ${missing.map(describeExpectation).join('; ')}`, [content.seq]);
    return passed(`${must_include.length} of ${must_include.length} required things said`, [content.seq]);
  },
});
