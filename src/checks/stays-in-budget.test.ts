import { expect, test } from 'vitest';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';
import { staysInBudget as check } from './stays-in-budget.ts';

const task = { max_cost_usd: 0.002 };

test('abandoned calls count', () => {
  expect(worded(verdictOf(check, evidence(failover(), { task })))).toBe('passed: $0.0020 in 2 calls, $0.0020 allowed');
});

test('more fails', () => {
  const told = failover().call('backup', 2950, { until: 2990 });
  expect(worded(verdictOf(check, evidence(told, { task })))).toBe('failed: $0.0030 in 3 calls, $0.0020 allowed');
});

test('nothing to judge', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(story().ask().outcome(1), { task })).verdict).toBe('inconclusive');
});

test('what calls cost whose price nobody knows is not judged, unless the others cost too much already', () => {
  const told = (usd: number) =>
    evidence(
      failover()
        .call('backup', 2950, { until: 2990, cost_usd: null })
        .call('verifier', 2990, { until: 2995, cost_usd: usd }),
      { task },
    );
  expect(worded(verdictOf(check, told(0)))).toBe(
    'inconclusive: price unknown of what backup was asked: `price` on a role gives it',
  );
  expect(worded(verdictOf(check, told(0.001)))).toBe('failed: $0.0030 in 4 calls, $0.0020 allowed');
});
