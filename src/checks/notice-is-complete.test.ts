import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';
import { noticeIsComplete as check } from './notice-is-complete.ts';

const judge = (notice: Outcome['notice'], outcome: Partial<Outcome> = {}) =>
  verdictOf(check, evidence(failover({ notice, ...outcome })));

const GOOD =
  'I can still help, but live actions are temporarily limited. I can draft the next step for review, or you can try the full workflow again in a few minutes.';

test("the guide's good message passes", () => {
  expect(judge(GOOD)).toMatchObject({ verdict: 'passed' });
});

test("the guide's bad messages fail", () => {
  expect(worded(judge('Something went wrong.'))).toBe(
    'failed: the notice does not say what still works, nor what is limited, nor what to do or what happens next',
  );
  const second = judge(
    'Our primary LLM provider returned a 429, so we attempted a lower-tier model without tool support.',
  );
  expect(second.verdict).toBe('failed');
  expect(second.reason).toMatch(/does not say .* names internals: .*llm.*lower-tier model.*tool support.*429/);
});

test('what was kept must be told', () => {
  expect(worded(judge(GOOD, { state: { step: 2 } }))).toBe('failed: the notice does not say what was saved');
  expect(judge(`${GOOD} Your question is saved.`, { state: { step: 2 } }).verdict).toBe('passed');
  expect(verdictOf(check, evidence(failover({ notice: GOOD }).tool(2950))).verdict).toBe('failed');
});

test('where nothing was answered, nothing has to work', () => {
  expect(judge('I cannot answer right now. Please try again in an hour.', { kind: 'failed' }).verdict).toBe('passed');
  expect(judge('Something went wrong.', { kind: 'failed' }).verdict).toBe('failed');
});

test('a structured notice fills all five parts', () => {
  const notice = {
    ...{ works: 'Answers from your documents', limited: 'Live actions', action: 'None' },
    ...{ saved: 'Nothing', next: 'Full service in a few minutes' },
  };
  expect(judge(notice).verdict).toBe('passed');
  expect(worded(judge({ ...notice, works: ' ', next: 'N/A', limited: 'Something went wrong!' }))).toBe(
    'failed: the notice does not say what still works, nor what is limited, nor what happens next',
  );
  expect(judge({ ...notice, limited: 'The API of openai' })).toMatchObject({
    reason: 'the notice names internals: openai, api',
  });
});

test('nothing to judge without a notice or without degradation', () => {
  expect(judge('').verdict).toBe('inconclusive');
  const full = story(2).ask().call('primary', 0, { until: 9 }).outcome(9, { notice: 'Something went wrong.' });
  expect(verdictOf(check, evidence(full)).verdict).toBe('inconclusive');
});
