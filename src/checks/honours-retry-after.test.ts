import { expect, test } from 'vitest';
import { evidence, story, verdictOf, worded } from './evidence.fixture.ts';
import { honoursRetryAfter as check } from './honours-retry-after.ts';

/** The primary says 429 at 100 ms and is called again at the given time. */
const again = (at: number | undefined, headers: Record<string, string> = {}) => {
  const told = story().ask().call('primary', 0, { until: 100, fails: 'rate_limit', headers });
  if (at !== undefined) told.call('primary', at, { until: at + 50 });
  return told.call('backup', 9000, { until: 9500 }).outcome(9500);
};

test.each([
  ['in seconds', { 'retry-after': '2' }],
  ['in milliseconds, which win', { 'retry-after': '1', 'retry-after-ms': '2000' }],
  ['as a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:03 GMT' }],
])('the wait is kept, said %s', (_, headers) => {
  const on = (at: number) =>
    evidence(again(at, headers), { epoch_ms: Date.UTC(2026, 0, 1) - (headers['retry-after'].length > 3 ? -900 : 0) });
  expect(worded(verdictOf(check, on(2100)))).toBe('passed: 1 reply said when to come back: 1 waited for, 0 left alone');
  expect(worded(verdictOf(check, on(2099)))).toBe('failed: primary called again after 1999 ms, it had asked for 2.0 s');
});

test('a wait of years is kept by going elsewhere, and not by a timer that overflows', () => {
  const years = { 'retry-after': '315360000' };
  expect(verdictOf(check, evidence(again(undefined, years))).verdict).toBe('passed');
  expect(worded(verdictOf(check, evidence(again(101, years))))).toBe(
    'failed: primary called again after 1 ms, it had asked for 315360000.0 s',
  );
});

test('who goes elsewhere honours it too', () => {
  expect(worded(verdictOf(check, evidence(again(undefined, { 'retry-after': '2' }))))).toBe(
    'passed: 1 reply said when to come back: 0 waited for, 1 left alone',
  );
});

test('a call that was on its way already is no return', () => {
  const told = story()
    .ask()
    .call('primary', 0, { until: 100, fails: 'rate_limit', headers: { 'retry-after': '2' } });
  told.call('primary', 50, { until: 300 }).outcome(300);
  expect(verdictOf(check, evidence(told)).verdict).toBe('passed');
});

test('nothing to judge where nobody said when', () => {
  const gone = { 'retry-after': 'Wed, 31 Dec 1969 23:00:00 GMT' };
  for (const headers of [undefined, { 'retry-after': 'soon' }, { 'retry-after': '0' }, gone])
    expect(worded(verdictOf(check, evidence(again(100, headers))))).toBe(
      'inconclusive: no reply said when to come back',
    );
});
