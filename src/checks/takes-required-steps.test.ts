import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, failover, GIVEN, held, story, verdictOf, worded } from './evidence.fixture.ts';
import { takesRequiredSteps as check } from './takes-required-steps.ts';

const contract = Contract.parse({ workflow: 'w', steps: [{ name: 'verify', role: 'verifier' }] });
const verified = (ask = 1) => story(ask).ask().call('primary', 0, { until: 9 }).call('verifier', 10, { until: 20 });
const baseline = verified().outcome(30).events();
const judge = (told: ReturnType<typeof story>, kind: Outcome['kind'] = 'answered') =>
  verdictOf(check, evidence(told.outcome(99, { kind }), { contract, baseline }));
const fellBack = () => story(2).ask().call('primary', 0, { until: 9, fails: 'left' }).call('backup', 9, { until: 20 });

test('the step was taken', () => {
  expect(worded(judge(fellBack().call('verifier', 20, { until: 30 })))).toBe('passed: verify was taken, by verifier');
});

test('each way of skipping it', () => {
  const skipped = (how: string) => ({ verdict: 'failed', reason: `verify was skipped: verifier ${how}` });
  expect(judge(fellBack())).toMatchObject(skipped('was never called'));
  const broken = fellBack().call('verifier', 20, { until: 30, fails: 'server_error' });
  expect(judge(broken)).toMatchObject(skipped('gave no good reply'));
  const kept = [{ call: 'c2.3', ask: 2, role: 'backup', share: 1, cites: [] }];
  const early = verified(2).call('backup', 40, { until: 50 }).outcome(99, {}, held(), kept);
  expect(verdictOf(check, evidence(early, { contract, baseline }))).toMatchObject(
    skipped('was only asked before the reply that became the answer'),
  );
});

test('a late reply of a role that was given up is not the answer', () => {
  const late = story(2).ask().call('primary', 0, { until: 25 }).call('backup', 9, { until: 20 });
  expect(judge(late.call('verifier', 21, { until: 30 })).verdict).toBe('passed');
});

test('what is handed out under another name is due a step too, if a model said it', () => {
  expect(judge(fellBack(), 'action_disabled').verdict).toBe('failed');
  expect(judge(fellBack(), 'partial').verdict).toBe('not_applicable');
  const byRule = story(2)
    .ask()
    .call('primary', 0, { until: 9, asks: ['lookup_order'] });
  expect(judge(byRule, 'action_disabled').verdict).toBe('not_applicable');
});

test('no step is due where nothing is answered', () => {
  expect(judge(fellBack(), 'needs_review').verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(failover())).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(story().ask().hung(9), { contract })).verdict).toBe('inconclusive');
  expect(check.implies?.(evidence(failover()).task, undefined)).toBeUndefined();
});

test('a step that judges must see what it judges', () => {
  const shown = (call: object) => {
    const kept = [{ call: 'c2.1', ask: 2, role: 'primary', share: 1, cites: [] }];
    const told = story(2)
      .ask()
      .call('primary', 0, { until: 9 })
      .call('verifier', 10, { until: 20, ...call });
    return verdictOf(check, evidence(told.outcome(99, {}, held(), kept), { contract, baseline }));
  };
  expect(shown({ rereads: ['c2.1'] }).verdict).toBe('passed');
  expect(worded(shown({}))).toBe('failed: verify was skipped: verifier was not shown the answer');
  expect(worded(shown({ rereads: ['c2.1'], held: { ...GIVEN, sources: [] } }))).toBe(
    'failed: verify was skipped: verifier was not shown the text of policy_v3, order_9',
  );
});

test('after its no there is no answer', () => {
  const no = fellBack().call('verifier', 20, { until: 30, fault: 'says-no' });
  expect(judge(no).verdict).toBe('failed');
});

test('a step before any answer checks nothing, also where that is the order without faults', () => {
  const blind = (ask: number) =>
    story(ask)
      .ask()
      .call('verifier', 0, { until: 9 })
      .call('primary', 10, { until: 20 })
      .outcome(30, {}, held(), [{ call: `c${ask}.2`, ask, role: 'primary', share: 1, cites: [] }]);
  expect(worded(verdictOf(check, evidence(blind(2), { contract, baseline: blind(1).events() })))).toBe(
    'failed: verify was skipped: verifier was only asked before there was an answer',
  );
});
