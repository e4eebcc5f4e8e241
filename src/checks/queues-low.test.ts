import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { TraceEvent } from '../core/trace.ts';
import { drillVerdictOf, story, worded } from './evidence.fixture.ts';
import { queuesLow as check } from './queues-low.ts';

const number = (events: TraceEvent[]) => events.toSorted((a, b) => a.at - b.at).map((e, seq) => ({ ...e, seq }));
/** Late in the phase another ask meets a limit of the backup. */
const met = (fails: FailureMode) =>
  story(99)
    .ask(2000)
    .call('backup', 2000, { until: 2001, fails, fault: 'finite', effect: 'limits' })
    .outcome(2001, { kind: 'needs_review' })
    .events();
const FULL = met('rate_limit');
const notice = 'Replies are limited now; we will answer later.';
const QUEUED: Partial<Outcome> = { kind: 'queued', notice };
const DEGRADED: Partial<Outcome> = { degraded: true, notice };

function drill(
  outcomes: (Partial<Outcome> | 'hung')[],
  { limit = FULL, by = 'backup', priority = 'low' as const } = {},
) {
  const told = outcomes.flatMap((outcome, i) => {
    const one = story(2 + i).ask(0, { priority });
    if (outcome !== 'hung' && (outcome.kind ?? 'answered') === 'answered') one.call(by, 0, { until: 90 });
    return (outcome === 'hung' ? one.hung(99) : one.outcome(99, outcome)).events();
  });
  return number([...story(1).phase(0, 'began').events(), ...told, ...limit]);
}

test('queued or degraded, with a notice', () => {
  expect(worded(drillVerdictOf(check, drill([QUEUED, DEGRADED, { kind: 'rules_based', notice }, QUEUED])))).toBe(
    'passed: 4 low-priority asks made room and said so: 2 queued, 1 degraded, 1 rules_based',
  );
});

test('answered like the others, in silence, or not at all', () => {
  const wrong = [{}, { kind: 'queued' as const }, { kind: 'failed' as const, notice }, 'hung' as const];
  expect(worded(drillVerdictOf(check, drill([QUEUED, ...wrong])))).toBe(
    'failed: 4 of 5 low-priority asks: t was answered like the others and gave no notice; t gave no notice; t was failed; t was hung and gave no notice',
  );
});

test('nothing to judge where the first role serves, with room for everybody, or without a low priority', () => {
  expect(worded(drillVerdictOf(check, drill([{}], { by: 'primary' })))).toBe(
    'inconclusive: no low-priority ask needed backup while that was short of room',
  );
  for (const limit of [[], met('tool_mismatch')])
    expect(drillVerdictOf(check, drill([QUEUED], { limit })).verdict).toBe('inconclusive');
  const high = number(drill([QUEUED]).map((e) => (e.kind === 'ask' ? { ...e, priority: 'high' } : e)));
  expect(drillVerdictOf(check, high).verdict).toBe('inconclusive');
});
