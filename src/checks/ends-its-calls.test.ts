import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { endsItsCalls as check } from './ends-its-calls.ts';
import { ANSWER, drillVerdictOf, story, worded } from './evidence.fixture.ts';

const number = (events: TraceEvent[]) => events.map((e, seq) => ({ ...e, seq }));
const hedge = () =>
  story(2).ask().call('primary', 0).call('backup', 0, { until: 900 }).outcome(900, { answer: ANSWER });
const later = (at: number) => story(3, 'later').phase(at, 'began').events();

test('a loser that is cancelled, also after the outcome', () => {
  const told = story(2).ask().call('primary', 0, { until: 9000, fails: 'left' }).call('backup', 0, { until: 900 });
  expect(worded(drillVerdictOf(check, number([...told.outcome(900).events(), ...later(60_000)])))).toBe(
    'passed: 2 calls, each ended',
  );
});

test('a loser that is left open', () => {
  expect(worded(drillVerdictOf(check, number([...hedge().events(), ...later(60_000)])))).toBe(
    'failed: 1 call to primary still open, up to 59.1 s after the outcome',
  );
});

test('nothing is said where the trace ends before its patience could', () => {
  expect(drillVerdictOf(check, number([...hedge().events(), ...later(5000)])).verdict).toBe('passed');
  expect(drillVerdictOf(check, number(later(5000))).verdict).toBe('inconclusive');
  const hung = story(2).ask().call('primary', 0).hung(3_612_000);
  expect(drillVerdictOf(check, number([...hung.events(), ...later(9_000_000)])).verdict).toBe('inconclusive');
});
