import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import { evidence, failover, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { fallsBackOnlyWhereAllowed as check } from './falls-back-only-where-allowed.ts';

const contract = (over: object) => Contract.parse({ workflow: 'w', fallback_ok_for: ['answered'], ...over });
const judge = (outcome: Parameters<typeof failover>[0], over = {}, task = {}) =>
  verdictOf(check, evidence(failover(outcome), { contract: contract(over), task }));

test('a kind that a reserve may give', () => {
  expect(worded(judge({}))).toBe('passed: backup gave the reply; the outcome is answered, which is allowed');
});

test('one that it may not', () => {
  expect(worded(judge({}, { fallback_ok_for: ['extracted', 'needs_review'] }))).toBe(
    'failed: backup gave the reply and the outcome is answered, allowed: extracted, needs_review',
  );
});

test('to stop is always allowed', () => {
  expect(judge({ kind: 'needs_review' }).verdict).toBe('passed');
});

test('a task that accepts only a whole answer', () => {
  const whole = { degraded_ok: false };
  expect(worded(judge({ kind: 'partial' }, { fallback_ok_for: undefined }, whole))).toBe(
    'failed: backup gave the reply and the outcome is partial, but the task accepts only a whole answer',
  );
  expect(judge({}, {}, whole).verdict).toBe('passed');
});

test('nothing to judge where no reserve answered', () => {
  expect(verdictOf(check, evidence(plain(), { contract: contract({}) })).verdict).toBe('inconclusive');
  const { task } = evidence(plain());
  expect(check.implies?.(task, undefined)).toBeUndefined();
  expect(check.implies?.({ ...task, degraded_ok: false }, undefined)).toEqual({});
});

test('a target whose first role gives no more without faults gives no less by its reserve', () => {
  const strict = { ...evidence(failover()).task, degraded_ok: false };
  const told = () => evidence(failover({ kind: 'action_disabled' }), { task: strict });
  expect(verdictOf(check, told()).verdict).toBe('failed');
  const usual = story(1, 'baseline', 1).ask().call('primary', 0, { until: 9 }).outcome(10, { kind: 'action_disabled' });
  expect(verdictOf(check, { ...told(), baseline: usual.events() }).verdict).toBe('passed');
});
