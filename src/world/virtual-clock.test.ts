import fc from 'fast-check';
import { expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.ts';

function runAll(clock: VirtualClock): void {
  while (clock.step());
}

it('fires by time, then by order of scheduling, whatever was cancelled in between', () => {
  const plan = fc.array(fc.record({ ms: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(plan, (entries) => {
      const clock = new VirtualClock(0);
      const fired: number[] = [];
      const timers = entries.map(({ ms }, i) => clock.schedule(ms, () => fired.push(i)));
      entries.forEach(({ cancelled }, i) => {
        const timer = timers[i];
        if (cancelled && timer) clock.cancel(timer);
      });
      runAll(clock);
      const expected = entries
        .map(({ ms, cancelled }, i) => ({ ms, cancelled, i }))
        .filter(({ cancelled }) => !cancelled)
        .sort((a, b) => a.ms - b.ms || a.i - b.i)
        .map(({ i }) => i);
      expect(fired).toEqual(expected);
      expect(clock.size).toBe(0);
    }),
  );
});

it('keeps whole milliseconds', () => {
  const clock = new VirtualClock(1000.9);
  clock.schedule(277.4556, () => {});
  clock.schedule(Number.NaN, () => {});
  expect([clock.epochMs, clock.peek()]).toEqual([1000, 0]);
  runAll(clock);
  expect(clock.now()).toBe(277);
});

it('cancelling twice, or after firing, touches nobody else', () => {
  const clock = new VirtualClock(0);
  const fired: string[] = [];
  const first = clock.schedule(1, () => fired.push('first'));
  clock.schedule(2, () => fired.push('second'));
  clock.step();
  clock.cancel(first);
  clock.cancel(first);
  runAll(clock);
  expect(fired).toEqual(['first', 'second']);
});

it('sleep and never reject with the reason of the signal, and leave nothing behind', async () => {
  const clock = new VirtualClock(0);
  const stop = new AbortController();
  const slept = clock.sleep(100, stop.signal);
  const hung = clock.never(stop.signal);
  stop.abort('enough');
  await expect(slept).rejects.toBe('enough');
  await expect(hung).rejects.toBe('enough');
  await expect(clock.sleep(5, stop.signal)).rejects.toBe('enough');
  expect(clock.size).toBe(0);
});
