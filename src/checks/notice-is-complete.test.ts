import { expect, test } from 'vitest';
import type { Meaning } from '../core/notices.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, failover, quotingError, story, verdictOf, worded } from './evidence.fixture.ts';
import { noticeIsComplete as check } from './notice-is-complete.ts';

const GOOD =
  'I can still help, but live actions are temporarily limited. I can draft the next step for review, or you can try the full workflow again in a few minutes.';
const MEANS: Meaning = { works: true, limited: true, next: true };
const judge = (notice: Outcome['notice'], outcome: Partial<Outcome> = {}, means: Meaning = MEANS) =>
  verdictOf(check, evidence(failover({ notice, ...outcome }), { notices: [{ text: GOOD, means }] }));

test("the guide's good message passes, as it was read", () => {
  expect(judge(GOOD)).toMatchObject({ verdict: 'passed' });
  expect(worded(judge(GOOD, {}, { works: true }))).toBe(
    'failed: the notice does not say what is limited, nor what to do or what happens next',
  );
});

test("the guide's bad messages fail unread", () => {
  expect(worded(judge('Something went wrong.'))).toBe(
    'failed: the notice does not say what still works, nor what is limited, nor what to do or what happens next',
  );
  const second = 'Our primary LLM provider returned a 429, so we attempted a lower-tier model without tool support.';
  expect(judge(second)).toMatchObject({ reason: 'the notice names internals: llm, lower-tier', unread: [second] });
});

test("a provider's error message fails, whatever else the notice says", () => {
  const judged = (place: 'answer' | 'notice') => {
    const notices = [{ text: GOOD, means: MEANS }];
    return worded(verdictOf(check, evidence(quotingError(failover({ notice: GOOD }), place), { notices })));
  };
  expect(judged('notice')).toBe('failed: the notice repeats the error message of primary');
  expect(judged('answer')).toMatch(/^passed/);
});

test('a notice of one piece that nobody has read is counted, whatever it sounds like', () => {
  const german = 'Ich kann gerade nur eingeschränkt helfen. Bitte in einigen Minuten noch einmal versuchen.';
  expect(judge(german)).toEqual({
    ...{ verdict: 'not_applicable', reason: 'the notice is unread, and of one piece', unread: [german] },
  });
  expect(judge('Что-то ещё работает.').verdict).toBe('not_applicable');
  expect(judge('Something went wrong with the courier, not with your answer.').verdict).toBe('not_applicable');
});

test('what was kept must be told', () => {
  expect(worded(judge(GOOD, { state: { step: 2 } }))).toBe('failed: the notice does not say what was saved');
  expect(judge(GOOD, { state: { step: 2 } }, { ...MEANS, saved: true }).verdict).toBe('passed');
  expect(judge(GOOD, { state: { step: 2 } }, { ...MEANS, done: false }).verdict).toBe('passed');
  const wrote = failover({ notice: GOOD }).tool(2950);
  expect(verdictOf(check, evidence(wrote, { notices: [{ text: GOOD, means: MEANS }] })).verdict).toBe('failed');
});

test('where nothing was answered, nothing has to work', () => {
  expect(judge(GOOD, { kind: 'failed' }, { limited: true, act: true }).verdict).toBe('passed');
  expect(judge(GOOD, { kind: 'failed' }, { limited: true, told_to: 'person' }).verdict).toBe('passed');
  expect(judge('Something went wrong.', { kind: 'failed' }).verdict).toBe('failed');
});

test('a structured notice fills all five parts, in any language', () => {
  const notice = {
    ...{ works: 'Antworten aus Ihren Dokumenten', limited: 'Aktionen', action: 'None' },
    ...{ saved: 'Nothing', next: '数分後に通常どおりです' },
  };
  expect(judge(notice).verdict).toBe('passed');
  expect(worded(judge({ ...notice, works: ' ', next: 'N/A', limited: 'Something went wrong!' }))).toBe(
    'failed: the notice does not say what still works, nor what is limited, nor what happens next',
  );
  expect(judge({ ...notice, limited: 'The gateway of openai' })).toMatchObject({
    reason: 'the notice names internals: openai',
  });
});

test('nothing to judge without a notice or without degradation', () => {
  expect(judge('').verdict).toBe('inconclusive');
  const full = story(2).ask().call('primary', 0, { until: 9 }).outcome(9, { notice: 'Something went wrong.' });
  expect(verdictOf(check, evidence(full)).verdict).toBe('inconclusive');
});
