import { expect, test } from 'vitest';
import { actsBeforeItEnds as check } from './acts-before-it-ends.ts';
import { drillVerdictOf, story, worded } from './evidence.fixture.ts';

const stopped = () => story(2).ask().call('primary', 0, { until: 9, fails: 'left' }).outcome(10, { kind: 'queued' });
const judge = (told: ReturnType<typeof story>) => worded(drillVerdictOf(check, told.events()));

test('what is written while the ask lasts', () => {
  expect(judge(story(2).ask().tool(5, { until: 20 }).outcome(10))).toBe('passed: 1 write, each before its ask ended');
});

test('what is written after it has ended', () => {
  expect(judge(stopped().tool(30_010))).toBe(
    'failed: 1 write too late: issue_refund ran 30.0 s after the outcome of t, which was queued',
  );
  expect(judge(story(2).ask().outcome(10).tool(20))).toMatch(/which was answered$/);
});

test('a yes that comes after the outcome is one, a yes before it or to something else is none', () => {
  expect(judge(stopped().approval(20, 'granted').tool(30))).toMatch(/^passed/);
  expect(judge(stopped().approval(20, 'denied').tool(30))).toMatch(/^failed/);
  expect(judge(stopped().approval(20, 'granted', 'issue_refund', 'other').tool(30))).toMatch(/^failed/);
  expect(judge(stopped().approval(5, 'granted').tool(30))).toMatch(/^failed/);
});

test('nothing to judge where nothing is written', () => {
  expect(judge(stopped())).toBe('inconclusive: nothing was written');
  expect(judge(stopped().tool(30, { tool: 'lookup_order', write: false }))).toBe('inconclusive: nothing was written');
});

test('what is written after the user left, but for what had been begun, what nobody could stop in time, or a later yes', () => {
  const left = () => story(2).ask(0, { leaves_after_ms: 1000 }).left(1000);
  expect(judge(left().tool(1500).outcome(3000))).toBe(
    'failed: 1 write too late: issue_refund ran 0.5 s after the user of t had left',
  );
  expect(judge(left().tool(500, { ok: false, error: 'timeout' }).tool(1500).outcome(3000))).toMatch(/^passed/);
  expect(judge(left().tool(500).tool(1500, { args_hash: 'other' }).outcome(3000))).toMatch(/^failed/);
  expect(judge(left().tool(1250).outcome(3000))).toMatch(/^passed/);
  expect(judge(left().approval(1400, 'granted').tool(1500).outcome(3000))).toMatch(/^passed/);
  expect(judge(left().approval(900, 'granted').tool(1500).outcome(3000))).toMatch(/^failed/);
});
