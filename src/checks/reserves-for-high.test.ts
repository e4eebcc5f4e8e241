import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Outcome } from '../core/outcome.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { TraceEvent } from '../core/trace.ts';
import { drillVerdictOf, facts, story, worded } from './evidence.fixture.ts';
import { reservesForHigh as check } from './reserves-for-high.ts';

const number = (events: TraceEvent[]) => events.toSorted((a, b) => a.at - b.at).map((e, seq) => ({ ...e, seq }));
/** Late in the phase another ask meets a limit of the backup. */
const met = (fails: FailureMode) =>
  story(99)
    .ask(2000)
    .call('backup', 2000, { until: 2001, fails, fault: 'finite', effect: 'limits' })
    .outcome(2001, { kind: 'needs_review' })
    .events();
const FULL = met('rate_limit');

type AskStory = [priority: 'high' | 'normal' | 'low', at: number, until: number, how?: 'full' | Outcome['kind']];
/** Each ask calls the backup, which is full or not; with a kind that is no answer it does not even try. */
function drill(asks: AskStory[], limit = FULL) {
  const told = asks.map(([priority, at, until, how = 'answered'], i) => {
    const one = story(2 + i).ask(at, { priority });
    if (how === 'full') one.call('backup', at, { until: at + 5, fails: 'rate_limit' });
    if (how === 'full' || how === 'answered') one.call('backup', at + 6, { until });
    return one.outcome(until, { kind: how === 'full' ? 'answered' : how }).events();
  });
  return number([...story(1).phase(0, 'began').events(), ...told.flat(), ...limit]);
}

test('high priorities are served, whatever the others get', () => {
  expect(
    worded(
      drillVerdictOf(
        check,
        drill([
          ['high', 1, 900],
          ['low', 1, 50, 'queued'],
          ['high', 2, 700],
        ]),
      ),
    ),
  ).toBe('passed: 2 high-priority asks served while there was too little room on backup');
});

test('one that is turned away while lower ones are served fails', () => {
  expect(
    worded(
      drillVerdictOf(
        check,
        drill([
          ['high', 1, 900, 'full'],
          ['normal', 1, 800],
        ]),
      ),
    ),
  ).toBe('failed: 1 of 1 high-priority ask lost to lower ones: t was refused by backup');
  expect(
    drillVerdictOf(
      check,
      drill([
        ['high', 1, 900, 'queued'],
        ['low', 1, 800],
      ]),
    ),
  ).toMatchObject({
    reason: '1 of 1 high-priority ask lost to lower ones: t was queued',
  });
});

test('turned away while only high ones are served, or before its time, it did not lose to lower ones', () => {
  expect(
    drillVerdictOf(
      check,
      drill([
        ['high', 1, 900, 'full'],
        ['high', 1, 800],
      ]),
    ).verdict,
  ).toBe('passed');
  expect(
    drillVerdictOf(
      check,
      drill([
        ['low', 1, 99],
        ['high', 100, 900, 'full'],
      ]),
    ).verdict,
  ).toBe('passed');
});

test('one that never comes to the reserve lost its place to lower ones, unless its tenant’s budget was used up', () => {
  const events = drill([
    ['high', 1, 900, 'queued'],
    ['low', 1, 800],
  ]);
  const verdict = (budgets: object, told = events) =>
    drillVerdictOf(check, told, {}, facts({ contract: Contract.parse({ workflow: 'w', budgets }) })).verdict;
  expect(verdict({ requests: 2 })).toBe('failed');
  expect(verdict({ requests: 1 })).toBe('inconclusive');
  expect(verdict({ usd: 0.002 })).toBe('failed');
  expect(verdict({ usd: 0.0015 })).toBe('inconclusive');
  // Whether a budget in money was used up is not known where the price of a call is not.
  const unpriced = events.map((e) => (e.kind === 'call-end' ? { ...e, cost_usd: null } : e));
  expect(verdict({ usd: 0.002 }, unpriced)).toBe('inconclusive');
  expect(verdict({ requests: 2 }, unpriced)).toBe('failed');
});

test('nor is one that its own tenant’s limit held back, where only others were served', () => {
  const events = drill([
    ['high', 1, 900, 'queued'],
    ['low', 1, 800],
  ]);
  const apart = events.map((e) => (e.kind === 'ask' && e.priority === 'low' ? { ...e, tenant: 'other' } : e));
  expect([events, apart].map((told) => drillVerdictOf(check, told).verdict)).toEqual(['failed', 'inconclusive']);
});

test('a 429 of the reserve shows the same as the fault', () => {
  const asks: AskStory[] = [
    ['low', 1, 50, 'full'],
    ['high', 10, 900, 'full'],
    ['low', 11, 800],
  ];
  expect(drillVerdictOf(check, drill(asks, [])).verdict).toBe('failed');
});

test('a limit on what is asked leaves no room to others', () => {
  const asks: AskStory[] = [
    ['high', 1, 900, 'queued'],
    ['low', 1, 800],
  ];
  expect(drillVerdictOf(check, drill(asks)).verdict).toBe('failed');
  expect(drillVerdictOf(check, drill(asks, met('context_overflow'))).verdict).toBe('inconclusive');
});

test('nothing to judge with room for everybody, or without a high priority', () => {
  expect(
    worded(
      drillVerdictOf(
        check,
        drill(
          [
            ['high', 1, 900],
            ['low', 1, 800],
          ],
          [],
        ),
      ),
    ),
  ).toBe('inconclusive: no high-priority ask while there was too little room on backup');
  expect(drillVerdictOf(check, drill([['low', 1, 800]])).verdict).toBe('inconclusive');
});
