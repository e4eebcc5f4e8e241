import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import type { EventOf, TraceEvent } from '../core/trace.ts';
import { drillVerdictOf, story, worded } from './evidence.fixture.ts';
import { sparesQuietTenants as check } from './spares-quiet-tenants.ts';

const number = (events: TraceEvent[]) => events.map((e, seq) => ({ ...e, seq }));
const QUIET = { tenant: 'quiet', deadline_ms: 5000 };

interface AskStory {
  took?: number;
  kind?: Outcome['kind'] | 'hung';
  ask?: Partial<EventOf<'ask'>>;
}
/** A baseline, then so many asks of a noisy tenant and those of quiet ones. */
function drill(noisy: number, ...quiet: AskStory[]) {
  const one = (i: number, { took = 900, kind = 'answered', ask = QUIET }: AskStory) => {
    const told = story(2 + i).ask(10, ask);
    return (kind === 'hung' ? told.hung(10 + took) : told.outcome(10 + took, { kind })).events();
  };
  const noise = { ask: { ...QUIET, tenant: 'noisy' }, kind: 'queued' as const };
  const asks = [...Array(noisy).fill(noise), ...quiet].flatMap((a, i) => one(i, a));
  const began = story(90).phase(0, 'began').events();
  const ended = story(91).phase(9000, 'ended').events();
  return number([...story(1, 'baseline').ask().outcome(900).events(), ...began, ...asks, ...ended]);
}

test('quiet tenants end as in the baseline', () => {
  expect(worded(drillVerdictOf(check, drill(4, {}, { ask: { ...QUIET, tenant: 'other' } })))).toBe(
    'passed: 2 of 2 asks of quiet tenants ended as in the baseline',
  );
});

test('one that ends otherwise, late or never fails', () => {
  const tenant = (name: string) => ({ ...QUIET, tenant: name });
  const events = drill(4, { kind: 'queued' }, { took: 5001, ask: tenant('b') }, { kind: 'hung', ask: tenant('c') });
  expect(worded(drillVerdictOf(check, events))).toBe(
    'failed: 3 of 3 asks of quiet tenants suffered: t was queued, answered in the baseline; t took 5.1 s of 5.0 s; t was hung, answered in the baseline',
  );
});

test('a low priority may have to wait, but not to fail', () => {
  const low = { ...QUIET, priority: 'low' as const };
  expect(drillVerdictOf(check, drill(4, { kind: 'queued', ask: low })).verdict).toBe('passed');
  expect(drillVerdictOf(check, drill(4, { kind: 'failed', ask: low })).verdict).toBe('failed');
});

test('nothing to judge where nobody was noisy, nobody else was there, or there was no baseline', () => {
  const noise = { verdict: 'inconclusive', reason: 'no tenant was noisy beside others' };
  expect(drillVerdictOf(check, drill(1, {}))).toEqual(noise);
  expect(drillVerdictOf(check, drill(4))).toEqual(noise);
  const without = drill(4, {}).filter((e) => !('phase' in e) || e.phase !== 'baseline');
  expect(drillVerdictOf(check, without)).toMatchObject({ reason: 'the baseline of no quiet tenant is known' });
});
