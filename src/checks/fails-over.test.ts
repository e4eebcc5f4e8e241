import { expect, test } from 'vitest';
import { evidence, failover, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { failsOver as check } from './fails-over.ts';

const params = { role: 'backup', within_ms: 8000 };
const left = { fails: 'left', fault: 'hang' } as const;

test('the backup answers in time', () => {
  expect(worded(verdictOf(check, evidence(failover()), params))).toBe(
    'passed: backup reached after 2.0 s, 8.0 s allowed (1 attempt on primary)',
  );
});

test('a spared primary is a failover too', () => {
  const told = story().ask().call('backup', 0, { until: 900 }).outcome(900);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'passed: backup reached after 0.0 s, 8.0 s allowed (primary spared)',
  );
});

test('too late', () => {
  const told = story()
    .ask()
    .call('primary', 0, { until: 300_400, ...left })
    .call('primary', 300_400, { until: 600_800, ...left })
    .call('primary', 600_800, { until: 901_200, ...left })
    .call('backup', 901_200, { until: 902_000 })
    .outcome(902_000);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'failed: backup reached after 901.2 s, 8.0 s allowed (3 attempts on primary)',
  );
});

test('never', () => {
  const told = story().ask().call('primary', 0, { fault: 'hang' }).hung(3_612_000);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'failed: backup never called (1 attempt on primary); the task hung',
  );
});

test('the backup fails as well', () => {
  const told = story().ask().call('backup', 0, { until: 9, fails: 'model_not_found' }).outcome(9, { kind: 'failed' });
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'failed: backup called 1 time without a good reply: model_not_found; the outcome is failed',
  );
});

test('a good reply that is thrown away', () => {
  expect(worded(verdictOf(check, evidence(failover({ kind: 'failed' })), params))).toBe(
    'failed: backup gave a good reply, but the outcome is failed',
  );
});

test('the wrong role answers, though the right one did', () => {
  const told = story()
    .ask()
    .call('backup', 0, { until: 100 })
    .call('primary', 100, { until: 200, fault: 'drift' })
    .outcome(200);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'failed: answered by primary, not by backup (1 attempt on primary)',
  );
});

test('nothing to judge without a fault on an earlier role, or where it did not touch the answer', () => {
  expect(worded(verdictOf(check, evidence(failover(), { armed: [] }), params))).toBe(
    'not_applicable: no fault on a role before backup in the chain primary, backup',
  );
  expect(verdictOf(check, evidence(plain()), params).verdict).toBe('inconclusive');
});

test('a role that is not in the chain is no claim that holds by itself', () => {
  expect(verdictOf(check, evidence(failover()), { ...params, role: 'bakup' })).toEqual({
    verdict: 'inconclusive',
    reason: 'bakup is not in the chain primary, backup',
  });
});
