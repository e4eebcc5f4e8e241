import { expect, test } from 'vitest';
import { claimsIn } from '../text/claims.ts';
import { isDayOfRun } from './day-of-run.ts';

const EPOCH_MS = Date.UTC(2026, 0, 1);
const on = (text: string, at = 60_000) => claimsIn(text).map((claim) => isDayOfRun(claim, EPOCH_MS, at));

test('the days of a run, and those beside them where it is another day already', () => {
  expect(on('2026-01-01, Jan 2 2026, 31 December 2025')).toEqual([true, true, true]);
  expect(on('2026-01-05', 4 * 86_400_000)).toEqual([true]);
});

test('no other day, and nothing but days', () => {
  expect(on('2026-01-05, 1 January 2025, 1 January, $20, 2 days')).toEqual([false, false, false, false, false]);
});
