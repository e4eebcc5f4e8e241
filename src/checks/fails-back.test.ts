import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { drillVerdictOf, facts, HANG, story, worded } from './evidence.fixture.ts';
import { failsBack as check } from './fails-back.ts';

const number = (events: TraceEvent[]) => events.map((e, seq) => ({ ...e, seq }));
const params = { within_ms: 30_000 };

/** Healed at 5 s; one ask at each time, answered by the given role. */
function drill(...asks: [at: number, role: string | undefined][]) {
  const events = [...story(1).phase(0, 'began', HANG).phase(5000, 'ended', HANG).events()];
  asks.forEach(([at, role], i) => {
    const told = story(2 + i, 'healed').ask(at);
    if (role === undefined)
      events.push(
        ...told
          .call('primary', at)
          .hung(at + 9)
          .events(),
      );
    else
      events.push(
        ...told
          .call(role, at, { until: at + 5 })
          .outcome(at + 9)
          .events(),
      );
  });
  return number(events);
}

test('every ask late enough is answered by the primary', () => {
  expect(worded(drillVerdictOf(check, drill([9000, 'backup'], [35_000, 'primary'], [40_000, 'primary']), params))).toBe(
    'passed: 2 of 2 asks from 30.0 s after the heal on served by primary, or as without faults',
  );
});

test('one that is not fails', () => {
  const events = drill([35_000, 'primary'], [40_000, 'backup'], [41_000, undefined]);
  expect(worded(drillVerdictOf(check, events, params))).toBe(
    'failed: 2 of 3 asks from 30.0 s after the heal on not served by primary but by backup, nobody',
  );
});

test('a probe that fails before the backup answers is no return', () => {
  const told = story(2, 'healed').ask(35_000).call('primary', 35_000, { until: 35_001, fails: 'timeout' });
  told.call('backup', 35_001, { until: 35_002 }).outcome(35_003);
  expect(drillVerdictOf(check, number([...drill(), ...told.events()]), params).verdict).toBe('failed');
});

test('nothing to judge without a heal or a late ask', () => {
  expect(worded(drillVerdictOf(check, drill([34_999, 'backup']), params))).toBe(
    'inconclusive: no ask came 30.0 s or more after primary was healed',
  );
  const broken = facts({ phases: [{ name: 'outage', faults: HANG }] });
  expect(worded(drillVerdictOf(check, drill([40_000, 'primary']), params, broken))).toBe(
    'inconclusive: no phase heals primary',
  );
  expect(drillVerdictOf(check, drill([40_000, 'primary']), { ...params, role: 'backup' }).verdict).toBe('inconclusive');
});

test('a stored reply of the healed role shows nothing, one of the reserve that it is still in use', () => {
  const from = (role: string) => [
    ...drill([35_000, 'primary']),
    ...story(9, 'healed')
      .ask(40_000)
      .outcome(40_009, {}, undefined, [{ call: 'c3.1', ask: 3, role, share: 1, cites: [] }])
      .events(),
  ];
  expect(worded(drillVerdictOf(check, number(from('primary')), params))).toBe(
    'passed: 1 of 1 ask from 30.0 s after the heal on served by primary, or as without faults',
  );
  expect(worded(drillVerdictOf(check, number(from('backup')), params))).toBe(
    'failed: 1 of 2 asks from 30.0 s after the heal on not served by primary but by the store',
  );
});
