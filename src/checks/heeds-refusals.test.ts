import { expect, test } from 'vitest';
import { evidence, facts, failover, story, verdictOf, worded } from './evidence.fixture.ts';
import { heedsRefusals as check } from './heeds-refusals.ts';

const refused = () => story(2).ask().call('primary', 0, { until: 9, fails: 'safety_block' });
const judge = (told: ReturnType<typeof story>, over = {}) =>
  verdictOf(check, evidence(told.outcome(99, { kind: 'declined' }), over));

test('a refusal that ends the search', () => {
  expect(worded(judge(refused().call('verifier', 10, { until: 20 })))).toBe(
    'passed: primary refused for safety, and no other role was asked',
  );
});

test('a refusal that is routed around', () => {
  expect(worded(judge(refused().call('backup', 10, { until: 20 })))).toBe(
    'failed: primary refused for safety, then backup was asked',
  );
});

test('a call that was under way could not know', () => {
  const hedge = story(2)
    .ask()
    .call('primary', 0, { until: 20, fails: 'safety_block' })
    .call('backup', 10, { until: 30 });
  expect(judge(hedge).verdict).toBe('passed');
});

test('nothing to judge without a refusal, or where the target declares that it goes on', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('inconclusive');
  const declares = { ...facts().declares, fails_over_on: ['safety_block' as const] };
  expect(judge(refused().call('backup', 10, { until: 20 }), { declares }).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(refused())).verdict).toBe('inconclusive');
});
