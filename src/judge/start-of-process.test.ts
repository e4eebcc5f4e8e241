import { expect, test } from 'vitest';
import { story } from '../checks/evidence.fixture.ts';
import { leastStart, startIn } from './start-of-process.ts';

/** The primary is called so long after the ask, and so many processes are under way. */
const asked = (first: number, beside = 1) =>
  story(1, 'baseline')
    .ask(100)
    .process(100, beside)
    .call('primary', 100 + first, { until: 3000 })
    .outcome(3100);

test('it is the least time of the baseline from an ask to its first call', () => {
  expect(leastStart([asked(900).events(), asked(300).events(), asked(500).events()])).toBe(300);
  const byTool = story(1, 'baseline').ask().process(0).tool(200).call('primary', 400, { until: 900 }).outcome(999);
  expect(leastStart([byTool.events(), asked(300).events()])).toBe(200);
});

test('without a process there is no start, and what calls nothing shows none', () => {
  const none = story(1, 'baseline').ask().call('primary', 300, { until: 900 }).outcome(999);
  expect(leastStart([none.events()])).toBeUndefined();
  expect(leastStart([story(1, 'baseline').ask().process(0).outcome(10).events()])).toBeUndefined();
  expect(startIn(none.events(), 300)).toBe(0);
});

test('an ask has its start, and no more than it waited', () => {
  expect(startIn(asked(250).events(), 300)).toBe(250);
  // Who has all in hand and waits all the same, waits at its own cost.
  expect(startIn(asked(5000).events(), 300)).toBe(300);
  expect(startIn(story(1).ask().process(0).outcome(120).events(), 300)).toBe(120);
  expect(startIn(asked(250).events(), undefined)).toBe(0);
});

test('those that start at once share the machine', () => {
  expect(startIn(asked(2500, 10).events(), 300)).toBe(2500);
  expect(startIn(asked(5000, 10).events(), 300)).toBe(3000);
  // It has become more while it was under way.
  expect(startIn(asked(900, 1).process(3000, 4).events(), 300)).toBe(900);
});
