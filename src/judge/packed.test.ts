import { expect, test } from 'vitest';
import { EVENTS, Packed, TASKS } from './packed.ts';

const LINE = { kind: 'call', role: 'primary', texts: ['ä', '\u2028', '😀', '\ud800'], nothing: null };

test('gives back what it was given, in order, as often as asked', () => {
  const packed = new Packed<typeof LINE & { n: number }>({ plain: 10, chunk: 32 });
  const all = Array.from({ length: 1_000 }, (_, n) => ({ n, ...LINE }));
  for (const [i, one] of all.entries()) {
    packed.push(one);
    expect(packed.length).toBe(i + 1);
  }
  expect([...packed]).toEqual(all);
  expect([...packed]).toEqual(all);
});

test('what is first is the very thing, so that nothing is paid for a few', () => {
  const packed = new Packed<object>(TASKS);
  packed.push(LINE);
  expect([...packed][0]).toBe(LINE);
  expect([...new Packed(EVENTS)]).toEqual([]);
});
