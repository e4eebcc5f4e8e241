import { expect, test } from 'vitest';
import { evidence, facts, failover, held, story, verdictOf, worded } from './evidence.fixture.ts';
import { retriesAtMost as check } from './retries-at-most.ts';

const tried = (times: number, role = 'primary') => {
  const told = story().ask();
  for (let i = 0; i < times; i++) told.call(role, i * 1000, { until: i * 1000 + 900, fails: 'server_error' });
  return told.outcome(90_000, { kind: 'failed' });
};

test('one retry is allowed', () => {
  expect(worded(verdictOf(check, evidence(tried(2)), { retries: 1 }))).toBe(
    'passed: 2 attempts on primary (declared: at most 1 retry)',
  );
});

test('two are not, on whichever role', () => {
  for (const role of ['primary', 'backup'])
    expect(worded(verdictOf(check, evidence(tried(3, role)), { retries: 1 }))).toBe(
      `failed: 3 attempts on ${role} (declared: at most 1 retry)`,
    );
});

test('the stricter of drill and declaration counts', () => {
  const declares = { ...facts().declares, retries: 3 };
  expect(worded(verdictOf(check, evidence(tried(3), { declares }), { retries: 1 }))).toBe(
    'failed: 3 attempts on primary (drill: at most 1 retry)',
  );
  expect(verdictOf(check, evidence(tried(3)), { retries: 5 }).verdict).toBe('failed');
});

test('calls of later turns are no retries', () => {
  const told = story().ask();
  for (const turn of [1, 2, 3]) told.call('primary', turn * 100, { until: turn * 100 + 50, turn });
  expect(verdictOf(check, evidence(told.outcome(400)), { retries: 0 }).verdict).toBe('passed');
});

test('a task that takes two calls a turn without faults may take them', () => {
  const baseline = story(1).ask().call('primary', 0, { until: 9 }).call('primary', 9, { until: 18 }).outcome(18);
  const on = (n: number) => evidence(tried(n), { baseline: baseline.events() });
  expect(verdictOf(check, on(3), { retries: 1 }).verdict).toBe('passed');
  expect(verdictOf(check, on(4), { retries: 1 })).toMatchObject({
    reason: '4 attempts on primary, 2 without faults (declared: at most 1 retry)',
    verdict: 'failed',
  });
});

test('nothing to judge where no model was called', () => {
  expect(verdictOf(check, evidence(story().ask().outcome(5))).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(failover())).verdict).toBe('passed');
});

test('a classifier beside the answer that fails is no attempt where the baseline asks it, too', () => {
  const asks = (told: ReturnType<typeof story>, fails?: 'server_error') => {
    const call = { held: held(), put: { questions: 1, instructions: 5 } };
    return told.ask().call('backup', 0, { until: 600, ...call, ...(fails && { fails }) });
  };
  const well = asks(story(1)).call('primary', 600, { until: 1900 }).outcome(1900);
  const baseline = { baseline: well.events() };
  const out = (told: ReturnType<typeof story>) => {
    for (const at of [1000, 2000]) told.call('backup', at, { until: at + 900, fails: 'server_error' });
    return told.outcome(3000, { kind: 'failed' });
  };
  expect(verdictOf(check, evidence(out(asks(story(2), 'server_error')), baseline), { retries: 1 }).verdict).toBe(
    'passed',
  );
  // Without it in the baseline it is one more try.
  expect(verdictOf(check, evidence(out(asks(story(2), 'server_error'))), { retries: 1 }).verdict).toBe('failed');
});
