import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import { BASELINE, type TraceEvent } from '../core/trace.ts';
import { drillVerdictOf, facts, HANG, story, worded } from './evidence.fixture.ts';
import { recovers as check } from './recovers.ts';

const number = (events: TraceEvent[]) => events.map((e, seq) => ({ ...e, seq }));

/** Well again at 5 s; one ask at each time ends in a kind. */
function drill(usual: Outcome['kind'], ...asks: [at: number, kind: Outcome['kind']][]) {
  const events = [
    ...story(1, BASELINE).ask().outcome(9, { kind: usual }).events(),
    ...story(2).phase(0, 'began', HANG).ask(1).outcome(4000, { kind: 'failed' }).phase(5000, 'ended', HANG).events(),
    ...story(3, 'healed').phase(5000, 'began').events(),
    ...asks.flatMap(([at, kind], i) =>
      story(4 + i, 'healed')
        .ask(at)
        .outcome(at + 9, { kind })
        .events(),
    ),
  ];
  return number(events);
}

test('asks after the cooldown end as before', () => {
  const events = drill('answered', [9000, 'failed'], [65_000, 'answered']);
  expect(worded(drillVerdictOf(check, events))).toBe(
    'passed: 1 ask from 60.0 s after the faults on ended as in the baseline',
  );
});

test('a target that never answers again', () => {
  expect(worded(drillVerdictOf(check, drill('answered', [65_000, 'failed'])))).toBe(
    'failed: 1 of 1 ask from 60.0 s after the faults on not as before: t was failed, answered in the baseline',
  );
});

test('the declared cooldown counts', () => {
  const declares = { ...facts().declares, cooldown_ms: 1000 };
  expect(drillVerdictOf(check, drill('answered', [6500, 'queued']), {}, facts({ declares })).verdict).toBe('failed');
  expect(drillVerdictOf(check, drill('answered', [6500, 'queued'])).verdict).toBe('inconclusive');
});

test('an ending that is the task’s own is no loss, and a better one is none', () => {
  expect(drillVerdictOf(check, drill('needs_review', [65_000, 'needs_review'])).verdict).toBe('passed');
  expect(drillVerdictOf(check, drill('needs_review', [65_000, 'answered'])).verdict).toBe('passed');
});

test('asks that are still degraded are counted, unless they are so without faults', () => {
  const events = (usual: boolean) => [
    ...story(1, BASELINE).ask().outcome(9, { degraded: usual }).events(),
    ...story(2).phase(0, 'began', HANG).phase(5000, 'ended', HANG).events(),
    ...story(3, 'healed').phase(5000, 'began').ask(65_000).outcome(65_009, { degraded: true }).events(),
  ];
  const all = 'passed: 1 ask from 60.0 s after the faults on ended as in the baseline';
  expect(worded(drillVerdictOf(check, number(events(false))))).toBe(`${all}, 1 of them still degraded`);
  expect(worded(drillVerdictOf(check, number(events(true))))).toBe(all);
});
