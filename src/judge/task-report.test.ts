import { expect, test } from 'vitest';
import { held, story } from '../checks/evidence.fixture.ts';
import type { Kept } from '../core/trace.ts';
import { reportTask } from './task-report.ts';

const kept = (call: string, role: string): Kept => ({ call, ask: 1, role, share: 1, cites: [] });
const failover = (told: ReturnType<typeof story>) =>
  reportTask({ events: told.events(), start_ms: 0 }, [], { events: [], cells: [] }, ['primary', 'backup'], []).failover;

test('an ask that a later role served failed over', () => {
  const told = story(1).ask().call('primary', 0, { until: 9, fails: 'timeout' }).call('backup', 10, { until: 60 });
  expect(failover(told.outcome(90))).toEqual({ from: 'primary', to: 'backup', reason: 'timeout', at_ms: 10 });
});

test('a hedge that the first role won moved nowhere', () => {
  const hedge = () => story(1).ask().call('primary', 0, { until: 60 }).call('backup', 50, { until: 60, fails: 'left' });
  expect(failover(hedge().outcome(90, {}, held(), [kept('c1.1', 'primary')]))).toBeNull();
});

test('an ask that nobody served tells where it was moved', () => {
  const told = story(1).ask().call('primary', 0, { until: 9, fails: 'timeout' }).call('backup', 10);
  expect(failover(told.hung(90))).toMatchObject({ from: 'primary', to: 'backup' });
});
