import { expect, test } from 'vitest';
import { EVENTS, Kept, TASKS } from './kept.ts';

const LINE = { kind: 'call', role: 'primary', texts: ['ä', '\u2028', '😀', '\ud800'], nothing: null };

test('gives back what it was given, in order, as often as asked', () => {
  const kept = new Kept<typeof LINE & { n: number }>(10);
  const all = Array.from({ length: 1_000 }, (_, n) => ({ n, ...LINE }));
  for (const [i, one] of all.entries()) {
    kept.push(one);
    expect(kept.length).toBe(i + 1);
  }
  expect([...kept]).toEqual(all);
  expect([...kept]).toEqual(all);
  expect([...kept.texts()]).toEqual(all.map((one) => JSON.stringify(one)));
});

test('what is first is the very thing, so that nothing is paid for a few', () => {
  const kept = new Kept<object>(TASKS);
  kept.push(LINE);
  expect([...kept][0]).toBe(LINE);
  expect([...new Kept(EVENTS)]).toEqual([]);
});
