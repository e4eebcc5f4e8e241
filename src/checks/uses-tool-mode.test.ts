import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, ORDERS, plain, REFUND, story, verdictOf, worded } from './evidence.fixture.ts';
import { usesToolMode as check } from './uses-tool-mode.ts';

const PLAN = [
  { tool: 'issue_refund', args: {}, reason: 'late', approval: 'human' as const, evidence_ids: ['order_9'] },
];
const mode = (backup: string) => ({
  contract: Contract.parse({ ...ORDERS, permissions: { ...ORDERS.permissions, modes: { backup } } }),
});
/** The primary is gone; the backup asks for the refund. */
const fellBack = (call = {}) =>
  story(2)
    .ask()
    .call('primary', 0, { until: 9, fails: 'left' })
    .call('backup', 10, { until: 20, asks: ['issue_refund'], ...call });
const judge = (told: ReturnType<typeof story>, outcome: Partial<Outcome> = {}, over = {}) =>
  verdictOf(check, evidence(told.outcome(99, outcome), { contract: ORDERS, task: REFUND, ...over }));

test('a plan in place of the write', () => {
  expect(worded(judge(fellBack(), { plan: PLAN, tool_mode: 'plan-only' }))).toBe(
    'passed: backup kept to plan-only: 0 writes, 1 proposal',
  );
});

test('a write on the reply of a role that may only propose', () => {
  expect(worded(judge(fellBack().tool(30), { plan: PLAN }))).toBe(
    'failed: backup is in mode plan-only, but issue_refund was run on its reply',
  );
  const inProse = fellBack({ asks: [] }).tool(30, { ok: false });
  expect(judge(inProse, { plan: PLAN }, mode('read-only'))).toMatchObject({
    reason: 'backup is in mode read-only, but issue_refund was run on its reply',
  });
});

test('what the primary asked for is the primary’s, whoever goes on', () => {
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 9, asks: ['issue_refund'] })
    .tool(10, { ok: false, effect: 'new', key: 'k' })
    .call('backup', 20, { until: 30 })
    .tool(40, { effect: 'replayed', key: 'k' });
  expect(judge(told, { tool_mode: 'plan-only' })).toMatchObject({ verdict: 'passed' });
});

test('reading is allowed but to a role without tools', () => {
  const told = () => fellBack({ offered: ['lookup_order'] }).tool(30, { tool: 'lookup_order', write: false });
  expect(judge(told(), {}, mode('read-only')).verdict).toBe('passed');
  expect(judge(told(), {}, mode('none'))).toMatchObject({
    reason:
      'backup is in mode none, but lookup_order was run on its reply; backup is in mode none, but was offered lookup_order',
  });
});

test('intent that got lost, and proposals nobody can decide on', () => {
  expect(worded(judge(fellBack()))).toBe('failed: issue_refund was neither run nor proposed in plan');
  expect(judge(fellBack(), { kind: 'action_disabled' }).verdict).toBe('failed');
  expect(judge(fellBack(), { kind: 'needs_review' }).verdict).toBe('passed');
  expect(judge(fellBack().approval(30, 'denied')).verdict).toBe('passed');
  const [item] = PLAN;
  const vague = [
    { ...item, tool: 'issue_refund', args: {}, reason: ' ', approval: 'none' as const, evidence_ids: ['x'] },
  ];
  expect(judge(fellBack(), { plan: vague })).toMatchObject({
    reason:
      'the proposal of issue_refund has no reason; the proposal of issue_refund has no approval, which it needs; the proposal of issue_refund has x as evidence, which is no source of this task',
  });
});

test('tool_mode is true', () => {
  expect(worded(judge(fellBack(), { plan: PLAN, tool_mode: 'full' }))).toBe(
    'failed: tool_mode is full, but backup answered in mode plan-only',
  );
  const nobody = fellBack().outcome(99, { kind: 'needs_review', answer: undefined, tool_mode: 'full' });
  expect(verdictOf(check, evidence(nobody, { contract: ORDERS, task: REFUND })).verdict).toBe('passed');
  const byPrimary = story(2)
    .ask()
    .call('primary', 0, { until: 9, asks: ['issue_refund'] })
    .tool(10);
  expect(judge(byPrimary, { tool_mode: 'read-only' })).toMatchObject({
    reason: 'tool_mode is read-only, but issue_refund was run for primary',
  });
});

test('nothing to judge where only full roles answered', () => {
  expect(verdictOf(check, evidence(plain(), { contract: ORDERS })).verdict).toBe('inconclusive');
  expect(judge(fellBack({ until: 30, fails: 'tool_mismatch' })).verdict).toBe('inconclusive');
  expect(check.implies?.(evidence(plain()).task, undefined)).toBeUndefined();
});
