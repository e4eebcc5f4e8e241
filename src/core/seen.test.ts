import { expect, test } from 'vitest';
import { ANSWER, held, story } from '../checks/evidence.fixture.ts';
import { seenIn } from './seen.ts';
import type { Kept } from './trace.ts';

const CHAIN = ['primary', 'backup'];
const both = () => story(1).ask().call('primary', 0, { until: 50 }).call('backup', 0, { until: 60 });
const kept = (call: string, role: string, share = 1, ask = 1): Kept => ({ call, ask, role, share, cites: [] });
const served = (told: ReturnType<typeof story>, ...some: Kept[]) =>
  seenIn(told.outcome(90, {}, held(), some).events(), CHAIN).servers.map((c) => c.call.role);

test('whose reply the outcome holds has served; of equal ones each may have', () => {
  expect(served(both(), kept('c1.1', 'primary'))).toEqual(['primary']);
  expect(served(both(), kept('c1.1', 'primary'), kept('c1.2', 'backup'))).toEqual(['primary', 'backup']);
});

test('whole beats part, and a part beats nothing', () => {
  expect(served(both(), kept('c1.1', 'primary', 0.9), kept('c1.2', 'backup'))).toEqual(['backup']);
  expect(served(both(), kept('c1.1', 'primary', 0.9), kept('c1.2', 'backup', 0.2))).toEqual(['primary']);
});

test('where nothing is held, the only role that replied has served, else each may have', () => {
  expect(served(story(1).ask().call('backup', 0, { until: 60 }))).toEqual(['backup']);
  expect(served(both())).toEqual(['primary', 'backup']);
});

test('a stored reply is from no call of this ask', () => {
  const told = story(1).ask().call('primary', 0, { until: 9, fails: 'timeout' });
  const seen = seenIn(told.outcome(90, {}, held(), [kept('c0', 'primary', 1, 7)]).events(), CHAIN);
  expect([seen.servers, seen.fromStore]).toEqual([[], true]);
});

test('what hands nothing out was served by nobody', () => {
  const seen = seenIn(both().outcome(90, { kind: 'needs_review', answer: ANSWER }).events(), CHAIN);
  expect([seen.servers, seen.content, seen.replies.length]).toEqual([[], undefined, 2]);
});

test('a ping is no attempt, and neither is a check of the reply; a call that fails is one', () => {
  const none = held();
  const told = story(1)
    .ask()
    .call('backup', 0, { until: 5, held: none })
    .call('primary', 5, { until: 9, fails: 'timeout', held: none })
    .call('backup', 10, { until: 20 })
    .call('backup', 20, { until: 30, rereads: ['c1.3'] })
    .outcome(40, {}, held(), [kept('c1.3', 'backup')]);
  expect(seenIn(told.events(), CHAIN).attempts.map((c) => c.call.call)).toEqual(['c1.2', 'c1.3']);
});

test('a call after the outcome is late', () => {
  const told = both().outcome(90).call('backup', 95, { until: 99 });
  const seen = seenIn(told.events(), CHAIN);
  expect([seen.late.length, seen.attempts.length]).toEqual([1, 2]);
});
