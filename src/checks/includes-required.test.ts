import { expect, test } from 'vitest';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';
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
