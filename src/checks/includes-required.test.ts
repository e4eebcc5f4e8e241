import { expect, test } from 'vitest';
import { evidence, failover, ORDERS, REFUND, story, verdictOf, worded } from './evidence.fixture.ts';
import { includesRequired as check } from './includes-required.ts';

const task = { must_include: ['policy window', { any_of: ['next step', 'manager'] }, { pattern: '\\b\\d+ days\\b' }] };

test('prose and structured output count together', () => {
  expect(worded(verdictOf(check, evidence(failover(), { task })))).toBe('passed: 3 of 3 required things said');
  const data = { note: 'The policy window is 30 days', steps: ['Ask a manager'] };
  expect(verdictOf(check, evidence(failover({ answer: '', data }), { task })).verdict).toBe('passed');
});

test('each missing thing is named', () => {
  expect(worded(verdictOf(check, evidence(failover({ answer: 'The policy window.' }), { task })))).toBe(
    'failed: missing: any of "next step", "manager"; /\\b\\d+ days\\b/',
  );
});

test('nothing to judge', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('not_applicable');
  for (const kind of ['failed', 'partial', 'needs_review'] as const)
    expect(verdictOf(check, evidence(failover({ kind }), { task })).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(story().ask(), { task })).verdict).toBe('inconclusive');
});

test('the answer for a write that did not happen need not say what only the other one says', () => {
  const wanted = { ...REFUND, must_include: ['refund', 'R-77'], answer_if_not_done: 'The refund did not go through.' };
  const on = (answer: string, ok: boolean) => {
    const told = story(2).ask().call('primary', 0, { until: 9 }).tool(10, { ok });
    return worded(verdictOf(check, evidence(told.outcome(99, { answer }), { contract: ORDERS, task: wanted })));
  };
  expect(on('The refund did not go through.', false)).toBe('passed: 1 of 1 required things said');
  expect(on('Sorry.', false)).toBe('failed: missing: "refund"');
  expect(on('Your refund is on its way.', true)).toBe('failed: missing: "R-77"');
});
