import { expect, test } from 'vitest';
import { HandClock } from './hand-clock.fixture.ts';
import { createLanes } from './lanes.ts';

const SETTINGS = { slots: 4, reserved: 1, perTenant: 2, waitMs: 1000 };

function stage() {
  const clock = new HandClock();
  const lanes = createLanes(SETTINGS, clock);
  return {
    clock,
    lanes,
    now: (tenant: string, priority: 'high' | 'normal' | 'low') => clock.drive(lanes.enter(tenant, priority)),
  };
}

test('the last slots are high priority’s, and low priority leaves first', async () => {
  const { now } = stage();
  const got = [
    await now('a', 'low'),
    await now('b', 'low'),
    await now('c', 'low'),
    await now('c', 'normal'),
    await now('d', 'high'),
  ];
  expect(got.map((leave) => leave !== undefined)).toEqual([true, true, false, true, true]);
});

test('one tenant holds no more than its share', async () => {
  const { now, clock } = stage();
  await now('a', 'normal');
  await now('a', 'normal');
  expect(await now('a', 'normal')).toBeUndefined();
  expect(clock.now()).toBe(SETTINGS.waitMs);
  expect(await now('b', 'normal')).toBeDefined();
});

test('whoever waits gets the first slot that comes free, and no slot is given back twice', async () => {
  const { clock, lanes, now } = stage();
  const leave = [await now('a', 'normal'), await now('b', 'normal'), await now('c', 'normal')];
  const waiting = lanes.enter('d', 'normal');
  clock.sleep(100).then(() => {
    leave[0]?.();
    leave[0]?.();
  });
  expect(await clock.drive(waiting)).toBeDefined();
  expect(clock.now()).toBe(100);
  expect(await now('e', 'low')).toBeUndefined();
});
