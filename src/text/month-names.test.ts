import { expect, test } from 'vitest';
import { inEnglish } from './month-names.ts';

test.each([
  ['14. März 2026', '14 March 2026'],
  ['3 mai 2026', '3 May 2026'],
  ['14 de marzo de 2026', '14 March 2026'],
  ['14 March 2026', '14 March 2026'],
  ['2026-01-31', '2026-01-31'],
])('%s is %s', (date, english) => {
  expect(inEnglish(date)).toBe(english);
});
