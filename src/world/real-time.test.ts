import os from 'node:os';
import vm from 'node:vm';
import { expect, it } from 'vitest';
import { createVirtualWorld, installRoutes } from './index.ts';

installRoutes();

const EPOCH = Date.UTC(2030, 0, 1);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What `fn` gives in a world of its own. */
function inWorld<T>(fn: () => Promise<T>): Promise<T> {
  const world = createVirtualWorld({ seed: 7, epochMs: EPOCH, fetch, onRealIo: () => {} });
  return world.run(fn);
}

it('marks and measures are in the time of the world', async () => {
  const seen = await inWorld(async () => {
    await sleep(100);
    performance.mark('begun');
    await sleep(50);
    const spans = [
      performance.measure('by name', 'begun'),
      performance.measure('from the start'),
      performance.measure('by options', { start: 20 }),
      performance.measure('of a length', { start: 20, duration: 5 }),
      performance.measure('up to', { end: 90, duration: 5 }),
      performance.measure('between', 'begun', performance.mark('ended', { startTime: 140 }).name),
    ];
    return spans.map(({ startTime, duration }) => [startTime, duration]);
  });
  const expected = [
    [100, 50],
    [0, 150],
    [20, 130],
    [20, 5],
    [85, 5],
    [100, 40],
  ];
  expect(seen).toEqual(expected);
  const mark = performance.mark('outside');
  expect(mark.startTime).toBeGreaterThan(0);
  const { duration } = performance.measure('outside', 'outside');
  expect(duration).toBeLessThanOrEqual(performance.now() - mark.startTime);
});

it('what the process says of its time is that of the world', async () => {
  const look = async () => {
    await sleep(1500);
    return {
      json: JSON.parse(JSON.stringify(performance)),
      busy: performance.eventLoopUtilization(),
      node: performance.nodeTiming.duration,
      up: os.uptime(),
    };
  };
  const seen = await inWorld(look);
  expect(seen).toMatchObject({
    json: { timeOrigin: EPOCH, nodeTiming: { duration: 1500 }, eventLoopUtilization: { idle: 0, active: 0 } },
    busy: { idle: 0, active: 0, utilization: 0 },
    node: 1500,
    up: 1.5,
  });
  expect(await inWorld(look)).toEqual(seen);
  expect(os.uptime()).not.toBe(1.5);
  expect(performance.toJSON().timeOrigin).not.toBe(EPOCH);
});

it('an event is stamped when it is made, one of Node’s own when it is heard', async () => {
  const seen = await inWorld(async () => {
    const heard = new AbortController();
    const stamps: number[] = [];
    heard.signal.addEventListener('abort', (event) => stamps.push(event.timeStamp));
    await sleep(10);
    const [made, custom] = [new Event('x'), new (class extends Event {})('y')];
    await sleep(10);
    heard.abort();
    await sleep(10);
    return [made.timeStamp, custom.timeStamp, ...stamps, made instanceof Event];
  });
  expect(seen).toEqual([10, 10, 20, true]);
  expect(new Event('x').timeStamp).toBeGreaterThan(20);
});

it('contexts of node:vm have the time and the chance of the world', async () => {
  const code = '[Date.now(), new Date().getTime(), new Date() instanceof Date, Date.length, Math.random(), typeof x]';
  const ways = () => [
    vm.runInNewContext(code, { x: 1 }),
    vm.runInContext(code, vm.createContext({ x: 1 })),
    new vm.Script(code).runInNewContext({ x: 1 }, { contextName: 'mine' }),
    vm.runInContext(code, vm.createContext()),
    vm.runInNewContext(code, { Date, Math, x: 1 }),
  ];
  const early = vm.createContext({ x: 1 });
  const look = async () => {
    await sleep(1234);
    return [...ways(), vm.runInContext(code, early)];
  };
  const seen = await inWorld(look);
  expect(await inWorld(look)).toEqual(seen);
  for (const [i, [now, made, kind, length]] of seen.entries())
    expect([now, made, kind, length], `${i}`).toEqual([EPOCH + 1234, EPOCH + 1234, true, 7]);
  expect(new Set(seen.map(([, , , , drawn]) => drawn)).size).toBe(seen.length);
  expect(seen.map((row) => row[5])).toEqual(['number', 'number', 'number', 'undefined', 'number', 'number']);
  for (const [now] of ways()) expect(now).not.toBe(EPOCH + 1234);
  expect(Object.keys(vm.createContext({ x: 1 }))).toEqual(['x']);
});
