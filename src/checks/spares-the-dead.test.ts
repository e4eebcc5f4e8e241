import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { drillVerdictOf, HANG, story, worded } from './evidence.fixture.ts';
import { sparesTheDead as check } from './spares-the-dead.ts';

const number = (events: TraceEvent[]) => events.map((e, seq) => ({ ...e, seq }));
const params = { after_failures: 3, probe_every_ms: 10_000 };

/** Three asks kill the primary by 2 s; `later` asks come at the given times, `calls` of them to the primary. */
function drill(later: number[], calls: number[], armed = HANG) {
  const events = [...story(1).phase(0, 'began', armed).events()];
  for (const ask of [2, 3, 4])
    events.push(
      ...story(ask)
        .ask()
        .call('primary', 0, { until: 1996 + ask, fails: 'left' })
        .events(),
    );
  later.forEach((at, i) => {
    const told = story(10 + i).ask(at);
    if (calls.includes(at)) told.call('primary', at, { until: at + 50, fails: 'server_error' });
    events.push(
      ...told
        .call('backup', at + 60, { until: at + 100 })
        .outcome(at + 100)
        .events(),
    );
  });
  return number(events.toSorted((a, b) => a.at - b.at));
}

test('asks after the breaker should be open go elsewhere', () => {
  expect(worded(drillVerdictOf(check, drill([3000, 4000], []), params))).toBe(
    'passed: 2 asks after 3 failures in a row on primary, 0 probes of it',
  );
});

test('a probe per cooldown is allowed', () => {
  const events = drill([3000, 4000, 13_000], [3000, 13_000]);
  expect(worded(drillVerdictOf(check, events, params))).toBe(
    'passed: 3 asks after 3 failures in a row on primary, 2 probes of it',
  );
});

test('more are not', () => {
  expect(worded(drillVerdictOf(check, drill([3000, 4000, 5000], [3000, 4000, 5000]), params))).toBe(
    'failed: 3 calls to primary for one tenant after 3 failures in a row of its own (allowed: at most 1 per 10.0 s)',
  );
});

test('a good reply closes the breaker; a refusal does not open it', () => {
  const fine = (fails?: 'safety_block') => {
    const events = [...story(1).phase(0, 'began', HANG).events()];
    for (let ask = 2; ask < 9; ask++) {
      const last = ask % 3 === 0 ? {} : { fails: 'timeout' as const };
      const at = ask * 100;
      events.push(
        ...story(ask)
          .ask(at)
          .call('primary', at, { until: at + 50, ...last, ...(fails && { fails }) })
          .events(),
      );
    }
    return number(events);
  };
  expect(worded(drillVerdictOf(check, fine(), params))).toBe(
    'inconclusive: primary failed 2 times in a row at most, 3 needed',
  );
  expect(drillVerdictOf(check, fine('safety_block'), params).verdict).toBe('inconclusive');
});

test('nothing to judge without a fault, without a later ask, or for another role', () => {
  expect(drillVerdictOf(check, drill([3000], [3000], []), params).verdict).toBe('inconclusive');
  expect(drillVerdictOf(check, drill([], []), params)).toMatchObject({
    reason: 'no ask came after 3 failures in a row on primary',
  });
  expect(drillVerdictOf(check, drill([3000], []), { ...params, role: 'backup' }).verdict).toBe('inconclusive');
});

test('the baseline is not looked at', () => {
  const events = drill([3000, 4000], [3000, 4000]).map((e) => ({ ...e, phase: 'baseline' }));
  expect(drillVerdictOf(check, events, params).verdict).toBe('inconclusive');
});

test('a breaker may be one a tenant: what fails another tenant says nothing of this one', () => {
  const others = drill([], []).map((e) => (e.kind === 'ask' ? { ...e, tenant: 'other' } : e));
  const later = [3000, 4000].flatMap((at, i) =>
    story(20 + i)
      .ask(at)
      .call('primary', at, { until: at + 50, fails: 'server_error' })
      .outcome(at + 100)
      .events(),
  );
  expect(drillVerdictOf(check, number([...others, ...later]), params).verdict).not.toBe('failed');
});

test('a good reply that was cut at its limit ends the row of failures', () => {
  const calls = [2, 3, 4, 5, 6, 7].flatMap((ask) =>
    story(ask)
      .ask(ask * 1000)
      .call('primary', ask * 1000, { until: ask * 1000 + 9, fails: ask === 4 ? 'truncated' : 'left' })
      .outcome(ask * 1000 + 10)
      .events(),
  );
  const verdict = drillVerdictOf(check, number([...story(1).phase(0, 'began', HANG).events(), ...calls]), params);
  expect(verdict.verdict).toBe('inconclusive');
});

test('a model that stops at the length limit is not dead', () => {
  const cut = [2, 3, 4, 5, 6].flatMap((ask) =>
    story(ask)
      .ask(ask * 100)
      .call('primary', ask * 100, { until: ask * 100 + 50, fails: 'truncated' })
      .call('backup', ask * 100 + 60, { until: ask * 100 + 90 })
      .outcome(ask * 100 + 90)
      .events(),
  );
  const events = number([...story(1).phase(0, 'began', HANG).events(), ...cut]);
  expect(drillVerdictOf(check, events, params).verdict).toBe('inconclusive');
});

test('a tenant whose own breaker opened is spared, though the role serves others', () => {
  const of = (ask: number, tenant: string, at: number, calls: boolean, fails?: 'server_error') => {
    const told = story(ask).ask(at, { tenant });
    if (calls) told.call('primary', at, { until: at + 50, ...(fails && { fails }) });
    return told.outcome(at + 100).events();
  };
  const failing = [2, 3, 4].flatMap((ask) => [
    ...of(ask, 'a', ask * 1000, true, 'server_error'),
    ...of(ask + 10, 'b', ask * 1000 + 500, true),
  ]);
  const events = [...story(1).phase(0, 'began', HANG).events(), ...failing, ...of(20, 'a', 6000, false)];
  expect(worded(drillVerdictOf(check, number(events), params))).toBe(
    'passed: 1 ask after 3 failures in a row on primary, 0 probes of it',
  );
});

test('a breaker may open sooner than it has to; where each ask called the role, nothing is proved', () => {
  const once = drill([3000, 4000], []).filter((e) => !('ask' in e && (e.ask === 3 || e.ask === 4)));
  expect(worded(drillVerdictOf(check, number(once), params))).toBe(
    'passed: 2 asks did without primary after 1 failure in a row at most',
  );
  expect(worded(drillVerdictOf(check, drill([3000], [3000]), params))).toBe(
    'inconclusive: 1 ask came after 3 failures in a row on primary, and each may have been a probe',
  );
});
