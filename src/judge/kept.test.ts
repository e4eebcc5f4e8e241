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

test('a late field is parsed when it is read, also where a nested field has the same name', () => {
  const kept = new Kept<{ task: string; data: object; checks: object[] }>(1, 'checks');
  const all = Array.from({ length: 3 }, (_, n) => ({
    task: `,"checks":[${n}]}`,
    data: { told: 1, checks: [{ check: n }] },
    checks: [{ check: 'a', reason: ',"checks":[]}' }],
  }));
  for (const one of all) kept.push(one);
  expect(Array.from(kept, ({ checks }) => checks)).toEqual(all.map(({ checks }) => checks));
  expect(Array.from(kept, ({ data }) => data)).toEqual(all.map(({ data }) => data));
  expect(Array.from(kept, (one) => JSON.stringify(one))).toEqual(all.map((one) => JSON.stringify(one)));
  expect(Array.from(kept, (one) => ({ ...one }))).toEqual(all);
  expect([...kept.texts()]).toEqual(all.map((one) => JSON.stringify(one)));
});
