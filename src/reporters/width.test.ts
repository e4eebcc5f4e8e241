import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { cutTo, widthOf } from './width.ts';

test.each([
  ['plain → ✓ “quoted”…', 19],
  ['退款', 4],
  ['👩‍👩‍👧🧾', 4],
  ['e\u0301\u200b', 1],
  ['✔️ ☎ ☎️ ｶﾅ', 10],
  ['한국어 🇩🇪 1️⃣', 12],
  ['שלום', 4],
])('%s takes %i columns', (text, columns) => {
  expect(widthOf(text)).toBe(columns);
  // As it is measured where the live screen cuts.
  expect(stringWidth(text)).toBe(columns);
  expect(cutTo(text, columns)).toBe(text);
  expect(widthOf(cutTo(`${text} ${text}`, columns + 1))).toBeLessThanOrEqual(columns + 1);
});

test('a text is cut between letters', () => {
  expect(cutTo('退款退款', 5)).toBe('退款…');
  expect(cutTo('退款退款', 6)).toBe('退款…');
  expect(cutTo('a👩‍👩‍👧b👩‍👩‍👧', 5)).toBe('a👩‍👩‍👧b…');
  expect(cutTo('plain text', 6)).toBe('plain…');
});
