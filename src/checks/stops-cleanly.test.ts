import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, facts, failover, ORDERS, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { stopsCleanly as check } from './stops-cleanly.ts';

const down = (told = story(2).ask()) =>
  told.call('primary', 20, { until: 30, fails: 'left' }).call('backup', 30, { until: 40, fails: 'server_error' });
const judge = (told: ReturnType<typeof story>, outcome: Partial<Outcome> = { kind: 'queued' }, over = {}) =>
  verdictOf(check, evidence(told.outcome(50, outcome), over));

test('an honest end', () => {
  expect(worded(judge(down()))).toBe(
    'passed: primary, backup gave no good reply; the outcome is queued, and nothing came after',
  );
  expect(judge(down(), { answer: 'Sorry, please try again later.' }).verdict).toBe('passed');
  expect(judge(story(2).ask(), { kind: 'rules_based' }).verdict).toBe('passed');
});

test('an answer out of nothing', () => {
  expect(worded(judge(down(), { answer: 'You may return it.' }))).toBe(
    'failed: the outcome is answered, though no role gave a good reply',
  );
});

test('what goes on behind the user’s back', () => {
  const told = () => down().tool(45).call('primary', 60, { until: 70 });
  expect(worded(judge(told(), { kind: 'failed' }))).toBe(
    'failed: 1 call after the outcome; issue_refund was run after the last role had failed',
  );
  // A queue is worked off later, and only asks: it may not write.
  expect(judge(down().call('primary', 60, { until: 70 })).verdict).toBe('passed');
  expect(judge(told()).verdict).toBe('failed');
});

test('all of them gone after a write', () => {
  const wrote = () =>
    story(2)
      .ask()
      .call('primary', 0, { until: 9, asks: ['issue_refund'] })
      .tool(10);
  expect(judge(down(wrote())).verdict).toBe('passed');
  expect(judge(down(wrote()), { answer: 'The order was closed.' }).verdict).toBe('failed');
  expect(judge(wrote()).verdict).toBe('inconclusive');
});

test('what the contract promises whoever is told', () => {
  const contract = Contract.parse({ workflow: 'w', experience: { when_all_fail: 'save_and_offer_next_step' } });
  const notice = { contract, declares: { ...facts().declares, features: ['notice' as const] } };
  expect(worded(judge(down(), { kind: 'failed' }, notice))).toBe('failed: no state was kept; no next step is offered');
  const kept = { kind: 'failed' as const, state: { retry_count: 1 } };
  expect(judge(down(), { ...kept, notice: 'Please try again in a few minutes.' }, notice).verdict).toBe('passed');
  const parts = { works: 'a', limited: 'b', action: 'c', saved: 'd' };
  expect(judge(down(), { ...kept, notice: { ...parts, next: 'We write to you.' } }, notice).verdict).toBe('passed');
  expect(judge(down(), { ...kept, notice: { ...parts, next: ' ' } }, notice).verdict).toBe('failed');
  expect(judge(down(), { kind: 'failed' }, { contract }).verdict).toBe('passed');
});

test('nothing to judge where somebody answered or nobody was needed; a hang is no stop', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(plain())).verdict).toBe('inconclusive');
  const unneeded = story(2).ask().outcome(1).events();
  expect(verdictOf(check, evidence({ events: () => unneeded }, { baseline: unneeded })).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(down().hung(99))).verdict).toBe('not_applicable');
  const proposed = story(2)
    .ask()
    .call('backup', 0, { until: 9, asks: ['issue_refund'] });
  expect(judge(down(proposed), {}, { contract: ORDERS }).verdict).toBe('inconclusive');
});
