import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import { evidence, failover, held, story, verdictOf, worded } from './evidence.fixture.ts';
import { keepsState as check } from './keeps-state.ts';

const contract = Contract.parse({
  workflow: 'w',
  state: { keep: ['tool_results', 'retry_count'] },
  experience: { when_all_fail: 'save_and_offer_next_step' },
});
const has = { held: held({ results: ['lookup_order'] }) };
const lookup = { tool: 'lookup_order', write: false };
const looked = () => story(2).ask().call('primary', 0, { until: 9 }).tool(10, lookup);
const failing = () => looked().call('primary', 20, { until: 30, fails: 'left', turn: 2, ...has });
const judge = (told: ReturnType<typeof story>, outcome = {}) =>
  verdictOf(check, evidence(told.outcome(99, outcome), { contract }));

test('the result travels', () => {
  expect(worded(judge(failing().call('backup', 30, { until: 40, ...has })))).toBe('passed: 1 tool result handed on');
});

test('the result gets lost', () => {
  expect(worded(judge(failing().call('backup', 30, { until: 40 })))).toBe(
    'failed: backup was called without the result of lookup_order',
  );
});

test('a result that no call ever held cannot be recognised, and one that failed is none', () => {
  expect(judge(looked().call('backup', 30, { until: 40 })).verdict).toBe('inconclusive');
  const none = story(2)
    .ask()
    .call('primary', 0, { until: 9, ...has })
    .tool(10, { ...lookup, ok: false });
  expect(judge(none.call('backup', 30, { until: 40 })).verdict).toBe('inconclusive');
});

test('a stopped workflow hands back what the contract names', () => {
  const state = { tool_results: [{ tool: 'lookup_order' }], retry_count: 1 };
  expect(worded(judge(failing(), { kind: 'queued', state }))).toBe('passed: tool_results, retry_count kept for later');
  expect(worded(judge(failing(), { kind: 'failed', state: { tool_results: [] } }))).toBe(
    'failed: the stopped workflow has no state.retry_count',
  );
  expect(judge(failing(), { kind: 'failed', error: 'TypeError' }).verdict).toBe('inconclusive');
});

test('nothing to judge where nobody took over and nothing stopped', () => {
  expect(judge(looked()).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(failover(), { contract })).verdict).toBe('inconclusive');
  expect(check.implies?.(evidence(failover()).task, undefined)).toBeUndefined();
});
