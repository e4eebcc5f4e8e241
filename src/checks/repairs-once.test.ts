import { expect, test } from 'vitest';
import { evidence, GIVEN, held, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { repairsOnce as check } from './repairs-once.ts';

const drifts = { fault: 'schema-drift', effect: 'spoils' } as const;
/** The primary's reply drifts, and so many repairs after it as well; then one that is good, if `mended`. */
const repairs = (bad: number, mended = true, given = GIVEN, first = GIVEN) => {
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 100, ...drifts, held: first });
  for (let i = 1; i <= bad; i++) told.call('primary', i * 100, { until: i * 100 + 90, ...drifts, held: given });
  if (mended) told.call('primary', 5000, { until: 5100, held: given });
  return told.call('backup', 6000, { until: 6100 }).outcome(6100);
};

test('one repair with the same sources, well or ill', () => {
  const reason = 'primary was asked to repair once, with all of 2 sources and results';
  for (const told of [repairs(0), repairs(1, false)])
    expect(verdictOf(check, evidence(told))).toMatchObject({ verdict: 'passed', reason });
});

test('a reply that broke off or is no JSON is invalid too', () => {
  for (const fails of ['malformed_response', 'truncated'] as const) {
    const told = story(2).ask().call('backup', 0, { until: 9, fails }).call('backup', 10, { until: 20 }).outcome(20);
    expect(verdictOf(check, evidence(told)).verdict).toBe('passed');
  }
});

test('two repairs fail, whatever the second gives', () => {
  for (const told of [repairs(1), repairs(2, false)])
    expect(worded(verdictOf(check, evidence(told)))).toBe('failed: primary was asked to repair 2 times');
});

test('a fresh prompt without the evidence fails', () => {
  const results = (names: string[]) => held({ ...GIVEN, results: names });
  expect(worded(verdictOf(check, evidence(repairs(0, true, held({ source_ids: GIVEN.source_ids })))))).toBe(
    'failed: primary was asked to repair without policy_v3, order_9',
  );
  expect(worded(verdictOf(check, evidence(repairs(0, true, results([]), results(['lookup_order'])))))).toBe(
    'failed: primary was asked to repair without the result of lookup_order',
  );
});

test('what comes after a mended reply, or on another role, is no repair', () => {
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 90, ...drifts })
    .call('primary', 100, { until: 190 });
  told
    .call('primary', 200, { until: 290, held: held() })
    .call('backup', 300, { until: 390, held: held() })
    .outcome(400);
  expect(verdictOf(check, evidence(told)).verdict).toBe('passed');
});

test('nothing to judge without an invalid reply, or without a repair', () => {
  expect(worded(verdictOf(check, evidence(plain())))).toBe('inconclusive: no reply was invalid');
  expect(verdictOf(check, evidence(repairs(0, false)))).toMatchObject({ reason: 'no repair of 1 invalid reply' });
  const server = story(2)
    .ask()
    .call('primary', 0, { until: 9, fails: 'server_error', ...drifts })
    .outcome(9);
  expect(verdictOf(check, evidence(server)).verdict).toBe('inconclusive');
});

test('what a queue asks later repairs nothing', () => {
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 9, ...drifts })
    .outcome(10, { kind: 'queued' });
  for (const at of [20, 40]) told.call('primary', at, { until: at + 9, ...drifts, held: held() });
  expect(worded(verdictOf(check, evidence(told)))).toBe('inconclusive: no repair of 1 invalid reply');
});
