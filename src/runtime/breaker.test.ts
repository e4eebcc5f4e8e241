import { expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';

function at0() {
  const time = { now: 0 };
  const breaker = createBreaker({ failures: 5, cooldownMs: 15_000 }, () => time.now);
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) breaker.admit()?.failure('timeout');
  };
  return { time, breaker, fail };
}

test('opens after five failures in a row, and says because of what', () => {
  const { breaker, fail } = at0();
  fail(4);
  expect(breaker.state).toEqual({ state: 'closed', failures: 4 });
  fail(1);
  expect(breaker.state).toEqual({ state: 'open', since: 0, because: 'timeout' });
  expect(breaker.admit()).toBeUndefined();
});

test('a success in between starts the count again; a call that says nothing does not', () => {
  const { breaker, fail } = at0();
  fail(4);
  breaker.admit()?.release();
  expect(breaker.state).toEqual({ state: 'closed', failures: 4 });
  breaker.admit()?.success();
  fail(4);
  expect(breaker.state).toEqual({ state: 'closed', failures: 4 });
});

test('lets one probe out per cooldown, never two at once', () => {
  const { time, breaker, fail } = at0();
  fail(5);
  time.now = 14_999;
  expect(breaker.admit()).toBeUndefined();
  time.now = 15_000;
  const probe = breaker.admit();
  expect(probe).toBeDefined();
  time.now = 40_000;
  expect(breaker.admit()).toBeUndefined();
  probe?.failure('network');
  expect(breaker.state).toEqual({ state: 'open', since: 40_000, because: 'network' });
  time.now = 54_999;
  expect(breaker.admit()).toBeUndefined();
  time.now = 55_000;
  expect(breaker.admit()).toBeDefined();
});

test('a good probe closes it; one that learnt nothing waits for another cooldown', () => {
  const { time, breaker, fail } = at0();
  fail(5);
  time.now = 15_000;
  breaker.admit()?.release();
  expect(breaker.admit()).toBeUndefined();
  time.now = 30_000;
  breaker.admit()?.success();
  expect(breaker.state).toEqual({ state: 'closed', failures: 0 });
});

test('calls that come home late do not decide about a probe', () => {
  const { time, breaker, fail } = at0();
  const late = [breaker.admit(), breaker.admit()];
  fail(5);
  late[0]?.success();
  expect(breaker.state.state).toBe('open');
  time.now = 15_000;
  breaker.admit();
  late[1]?.success();
  expect(breaker.state.state).toBe('half-open');
});
