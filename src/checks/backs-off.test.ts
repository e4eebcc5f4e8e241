import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { backsOff as check } from './backs-off.ts';
import { drillVerdictOf, story, worded } from './evidence.fixture.ts';

const number = (events: TraceEvent[]) => events.map((e, seq) => ({ ...e, seq }));

/** One ask a pause: the primary fails at 100 ms and is called again after the pause. */
function drill(pauses: number[], headers?: Record<string, string>) {
  const asks = pauses.flatMap((pause, i) =>
    story(2 + i)
      .ask()
      .call('primary', 0, { until: 100, fails: 'rate_limit', ...(headers && { headers }) })
      .call('primary', 100 + pause, { until: 200 + pause })
      .outcome(200 + pause)
      .events(),
  );
  return number([...story(1).phase(0, 'began').events(), ...asks]);
}
const jittered = [60, 75, 90, 61, 82, 99, 70, 68];

test('eight pauses that differ', () => {
  expect(worded(drillVerdictOf(check, drill(jittered), { at_least_ms: 50 }))).toBe(
    'passed: 8 like pauses, between 60 and 99 ms long',
  );
});

test('all as long is no jitter, nor is a growing backoff without any', () => {
  const equal = { verdict: 'failed', reason: 'no jitter: all of 8 pauses took 60 ms' };
  expect(drillVerdictOf(check, drill(Array(8).fill(60)))).toMatchObject(equal);
  const growing = Array.from({ length: 8 }, (_, i) =>
    story(2 + i)
      .ask()
      .call('primary', 0, { until: 100, fails: 'rate_limit' })
      .call('primary', 160, { until: 200, fails: 'rate_limit' })
      .call('primary', 320, { until: 400 })
      .outcome(400)
      .events(),
  );
  const events = number([...story(1).phase(0, 'began').events(), ...growing.flat()]);
  expect(drillVerdictOf(check, events)).toMatchObject(equal);
});

test('one retry too early is enough', () => {
  expect(worded(drillVerdictOf(check, drill([0, 60]), {}))).toBe(
    'failed: 1 retry less than 1 ms after the failure, the shortest after 0 ms',
  );
});

test('the same on top of every Retry-After is no jitter; coming back exactly then is not judged', () => {
  const headers = { 'retry-after-ms': '1000' };
  expect(drillVerdictOf(check, drill(Array(8).fill(1060), headers)).verdict).toBe('failed');
  expect(
    drillVerdictOf(
      check,
      drill(
        jittered.map((p) => p + 1000),
        headers,
      ),
    ).verdict,
  ).toBe('passed');
  expect(worded(drillVerdictOf(check, drill(Array(8).fill(1000), headers)))).toBe(
    'inconclusive: 0 like pauses, 8 needed to see jitter, 8 more came back exactly when told to',
  );
});

test('nothing to judge below eight, nor in a call after a good reply or one that was left', () => {
  expect(worded(drillVerdictOf(check, drill(jittered.slice(1))))).toBe(
    'inconclusive: 7 like pauses, 8 needed to see jitter',
  );
  const told = story(2).ask().call('primary', 0, { until: 100 }).call('primary', 100, { until: 200, fails: 'left' });
  told.call('primary', 200, { until: 300 }).outcome(300);
  expect(drillVerdictOf(check, number([...story(1).phase(0, 'began').events(), ...told.events()]))).toMatchObject({
    reason: '0 like pauses, 8 needed to see jitter',
  });
});
