import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { backsOff as check } from './backs-off.ts';
import { drillVerdictOf, facts, story, worded } from './evidence.fixture.ts';

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

test('a few ms, or less than a tenth of the pause, is no jitter', () => {
  const spread = (pause: number, by: number) =>
    worded(drillVerdictOf(check, drill(Array.from({ length: 8 }, (_, i) => pause + Math.round((by * i) / 7)))));
  expect(spread(200, 9)).toBe('failed: no jitter: all of 8 pauses took 200 to 209 ms');
  expect(spread(2000, 150)).toMatch(/^failed/);
  expect(spread(20, 4)).toMatch(/^failed/);
  expect(spread(20, 6)).toMatch(/^passed/);
  expect(spread(2000, 300)).toMatch(/^passed/);
});

test('jitter over the whole pause makes some pauses short; most of them is no pause', () => {
  const full = [0, 3, 90, 61, 250, 199, 70, 400, 333];
  expect(worded(drillVerdictOf(check, drill(full), { at_least_ms: 70 }))).toBe(
    'passed: 9 like pauses, between 0 and 400 ms long',
  );
  expect(worded(drillVerdictOf(check, drill([0, 1, 60])))).toBe(
    'failed: 2 of 3 retries in outage less than 10 ms after the failure, the shortest after 0 ms',
  );
});

test('where the provider asked for nothing that can be kept, a pause of their own is due all the same', () => {
  const asked = { zero: '0', garbage: 'soon', past: 'Wed, 31 Dec 1969 23:00:00 GMT' };
  for (const after of Object.values(asked)) {
    const headers = { 'retry-after': after };
    expect(drillVerdictOf(check, drill([0, 1, 1], headers)).verdict).toBe('failed');
    expect(drillVerdictOf(check, drill(jittered, headers)).verdict).toBe('passed');
  }
});

test('haste in one phase is not made up for in another', () => {
  const hasty = story(90, 'garbage')
    .ask()
    .call('primary', 0, { until: 100, fails: 'rate_limit' })
    .call('primary', 101, { until: 200 })
    .outcome(200);
  const events = [...drill(jittered), ...story(80, 'garbage').phase(300, 'began').events(), ...hasty.events()];
  expect(worded(drillVerdictOf(check, number(events)))).toBe(
    'failed: 1 of 1 retry in garbage less than 10 ms after the failure, the shortest after 1 ms',
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

test('who declares 0 retries and makes none has nothing to wait before', () => {
  const { declares } = facts();
  const on = facts({ declares: { ...declares, retries: 0 } });
  const once = story(2).ask().call('primary', 0, { until: 100, fails: 'rate_limit' }).outcome(200).events();
  const events = number([...story(1).phase(0, 'began').events(), ...once]);
  expect(worded(drillVerdictOf(check, events, {}, on))).toBe(
    'not_applicable: the target declares 0 retries, and made none',
  );
  expect(drillVerdictOf(check, events).verdict).toBe('inconclusive');
  expect(drillVerdictOf(check, drill(Array(8).fill(60)), {}, on).verdict).toBe('failed');
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
