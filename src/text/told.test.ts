import { expect, test } from 'vitest';
import { holds, tellsOf, toldIn } from './told.ts';

const isIn = (value: unknown, text: string) => {
  const tells = tellsOf(value);
  return tells && holds(toldIn(text), tells);
};

test('words and numbers, whatever marks, case and escapes are around them', () => {
  expect(toldIn('Order LH-20590:\t"€1,200.00", v4 — 30cm').words).toEqual([
    'order',
    'lh',
    '20590',
    '1200',
    'v4',
    '30',
    'cm',
  ]);
  expect(toldIn(JSON.stringify({ a: 'one\ntwo "three"' })).words).toEqual(['a', 'one', 'two', 'three']);
  expect(toldIn('返品は30日').words).toEqual(['返', '品', 'は', '30', '日']);
  expect(toldIn('').words).toEqual([]);
});

test('a value is known by its texts and its numbers', () => {
  const value = { order: '6120', status: 'with the carrier', due: 1200, refunded: 0, packed: false, note: null };
  expect(isIn(value, 'Order 6120 is WITH THE CARRIER; due are $1,200.00, nothing was refunded.')).toBe(true);
  expect(isIn(value, JSON.stringify(value))).toBe(true);
  expect(isIn(value, 'Order 6120 is with the carrier; due are 12000.')).toBe(false);
  expect(isIn(value, 'Order 61200 is with the carrier; due are 1200.')).toBe(false);
  expect(isIn(value, 'Order 6120 is with a carrier; due are 1200.')).toBe(false);
  expect(isIn({ change: -40, order: 'A1' }, 'order A1: credit of 40.00')).toBe(true);
});

test.each([[undefined], [null], [true], [{ ok: true, left: 0 }], [[]], [{ n: 7 }]])(
  '%j is known by nothing',
  (value) => {
    expect(tellsOf(value)).toBeUndefined();
  },
);
