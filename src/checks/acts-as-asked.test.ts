import { expect, test } from 'vitest';
import { actsAsAsked as check } from './acts-as-asked.ts';
import { evidence, failover, ORDERS, plain, REFUND, story, verdictOf, worded } from './evidence.fixture.ts';

const asked = () =>
  story(2)
    .ask()
    .call('primary', 0, { until: 9, asks: ['issue_refund'] });
const on = (told: ReturnType<typeof story>, over = {}) =>
  verdictOf(check, evidence(told, { contract: ORDERS, task: REFUND, ...over }));
/** Without faults the target refunds. */
const writes = { baseline: story(1).ask().call('primary', 0, { until: 9 }).tool(10).outcome(20).events() };

test('the write the task asks for passes', () => {
  expect(worded(on(asked().tool(10).outcome(20)))).toBe('passed: 1 write, each as the task asks');
});

test('other arguments and other tools fail, also where the caller was told of a timeout', () => {
  const told = asked()
    .tool(10, { foreseen: false, args_hash: 'x', ok: false, effect: 'new' })
    .tool(11, { tool: 'close_account', foreseen: false });
  expect(worded(on(told.outcome(20)))).toBe(
    'failed: issue_refund was run with other arguments than the task asks for; close_account was run unasked',
  );
});

test('a person is shown what is still to be done, each thing once', () => {
  const item = { tool: 'issue_refund', args: { id: 9 }, reason: 'late', approval: 'human' as const, evidence_ids: [] };
  const planned = (told: ReturnType<typeof story>, ...plan: (typeof item)[]) =>
    worded(on(told.outcome(20, { kind: 'action_disabled', plan })));
  const answered = () => story(2).ask().call('primary', 0, { until: 9 });
  expect(planned(answered(), item)).toMatch(/^passed/);
  expect(planned(answered(), item, item)).toBe('failed: issue_refund is proposed 2 times');
  expect(planned(answered().tool(10), item)).toBe('failed: issue_refund is proposed, though it was done');
  // It took effect, and nobody told the target so.
  expect(planned(answered().tool(10, { ok: false, effect: 'new' }), item)).toMatch(/^passed/);
});

test('a write that had no effect changed nothing', () => {
  const told = story(2).ask().call('primary', 0, { until: 9 }).tool(10, { foreseen: false, ok: false });
  expect(on(told.outcome(20)).verdict).toBe('inconclusive');
});

test('a write that might have come and did not', () => {
  expect(worded(on(asked().outcome(20)))).toBe('passed: 0 writes, though primary asked for issue_refund');
  expect(worded(on(failover({ kind: 'needs_review' }), writes))).toBe(
    'passed: 0 writes, though 1 reply came and the target writes without faults',
  );
});

test('nothing to judge for a target that only answers, or where no reply came', () => {
  expect(on(failover()).verdict).toBe('inconclusive');
  expect(on(story(2).ask().call('primary', 0, { until: 9, fails: 'left' }).outcome(9), writes).verdict).toBe(
    'inconclusive',
  );
  const { task } = evidence(plain());
  expect(check.implies?.(task, undefined)).toBeUndefined();
  expect(check.implies?.(task, ORDERS)).toEqual({});
});
