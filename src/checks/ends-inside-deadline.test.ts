import { expect, test } from 'vitest';
import { endsInsideDeadline as check } from './ends-inside-deadline.ts';
import { evidence, story, verdictOf } from './evidence.fixture.ts';

test('an outcome on the deadline passes', () => {
  expect(verdictOf(check, evidence(story().ask(500).outcome(12_500)))).toMatchObject({
    verdict: 'passed',
    reason: 'outcome after 12.0 s, 12.0 s allowed',
  });
});

test('a millisecond later fails, and reads as more', () => {
  expect(verdictOf(check, evidence(story().ask().outcome(12_001)))).toMatchObject({
    verdict: 'failed',
    reason: 'outcome after 12.1 s, 12.0 s allowed',
  });
});

test('a hang fails', () => {
  expect(verdictOf(check, evidence(story().ask().hung(3_612_000)))).toMatchObject({
    verdict: 'failed',
    reason: 'hung: no outcome 3612.0 s after the ask, 12.0 s allowed',
  });
});

test('a trace that stops before the end has nothing to judge', () => {
  expect(verdictOf(check, evidence(story().ask())).verdict).toBe('inconclusive');
});
