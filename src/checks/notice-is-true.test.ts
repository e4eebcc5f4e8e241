import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import type { TraceEvent } from '../core/trace.ts';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';
import { noticeIsTrue as check } from './notice-is-true.ts';

type Teller = (outcome: Partial<Outcome>) => { events(): TraceEvent[] };
const judge = (notice: Outcome['notice'], outcome: Partial<Outcome> = {}, told: Teller = failover) =>
  verdictOf(check, evidence(told({ notice, ...outcome })));
const byPrimary = (outcome: Partial<Outcome>) => story(2).ask().call('primary', 0, { until: 9 }).outcome(9, outcome);
const wrote = (outcome: Partial<Outcome>) => failover(outcome).tool(2950);
const onlyRead = (outcome: Partial<Outcome>) => failover(outcome).tool(2950, { write: false });

test('a true limit', () => {
  expect(worded(judge('I can still help, but live actions are limited.'))).toBe(
    'passed: 1 claim of the notice true: backup answered, 0 writes',
  );
});

test('saved needs state or a write', () => {
  const notice = 'Your question was saved.';
  expect(worded(judge(notice))).toBe(
    'failed: "your question was saved", but no state was kept and nothing was written',
  );
  expect(judge(notice, { state: { question: 'q' } }).verdict).toBe('passed');
  expect(judge(notice, {}, wrote).verdict).toBe('passed');
});

test('done needs a write', () => {
  const notice = 'Your refund has been issued.';
  expect(worded(judge(notice, { state: { a: 1 } }, onlyRead))).toBe(
    'failed: "your refund has been issued", but no tool wrote anything',
  );
  expect(judge(notice, {}, wrote).verdict).toBe('passed');
});

test('that nothing was done is a lie after a write', () => {
  const notice = 'Answers are limited, and this was stopped: no action was taken.';
  expect(worded(judge(notice, {}, wrote))).toBe('failed: "no action was taken", but a tool wrote something');
  expect(judge(notice, {}, onlyRead).verdict).toBe('passed');
});

test('handing a task to people is no write', () => {
  const notice = 'Live actions are limited. Your question was sent to a colleague for review.';
  expect(judge(notice, { kind: 'needs_review' }).verdict).toBe('passed');
  expect(judge(notice).verdict).toBe('failed');
});

test('as usual is a lie on a degraded path, a limit is one on a full path', () => {
  expect(worded(judge('Everything works as usual.'))).toBe('failed: "everything works as usual", but backup answered');
  expect(judge('Everything works as usual, but answers may be shorter.').verdict).toBe('passed');
  expect(worded(judge('Live actions are limited.', {}, byPrimary))).toBe(
    'failed: "live actions are limited", but nothing was: primary answered',
  );
});

test('each part of a structured notice is read by itself', () => {
  const notice = {
    ...{ works: 'I can answer', limited: 'Live actions are paused', action: 'None', next: 'Try again soon' },
    saved: 'Nothing was saved',
  };
  expect(judge(notice)).toMatchObject({ verdict: 'passed' });
  expect(judge({ ...notice, saved: 'Your draft is saved' }).verdict).toBe('failed');
});

test('nothing to judge without a notice or a claim', () => {
  expect(judge(null).verdict).toBe('inconclusive');
  expect(worded(judge('Nothing was saved and no email has been sent.'))).toBe(
    'inconclusive: the notice claims nothing that the trace could contradict',
  );
  expect(verdictOf(check, evidence(story().ask().hung(9))).verdict).toBe('inconclusive');
});
