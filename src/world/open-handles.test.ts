import { scrypt } from 'node:crypto';
import { mkdtempSync, rmSync, watch, watchFile, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { wait as waitForReal } from '../../fixtures/habits/keeps-a-timer.ts';
import { HANG_GUARD_MS } from '../hang-guard.fixture.ts';
import { createVirtualWorld, installRoutes, type RealIo } from './index.ts';
import { tellOpen } from './watch.ts';

installRoutes();

const folder = mkdtempSync(join(tmpdir(), 'drill-handles-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'watched');
writeFileSync(file, '');
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What is still open when a second of the world is over in which `fn` was run, and what the world was told. */
async function openAfter(fn: () => unknown) {
  const io: RealIo[] = [];
  const world = createVirtualWorld({ seed: 7, epochMs: 0, fetch, onRealIo: (e) => void io.push(e) });
  const open = await world.run(async () => {
    const close = world.enter({ ask: 1, task: 't', tenant: 'a' }, fn);
    await sleep(1000);
    const seen = world.enter({ ask: 2, task: 'u', tenant: 'a' }, tellOpen);
    if (typeof close === 'function') close();
    return seen;
  });
  return { open, io };
}

const shared = () => new Int32Array(new SharedArrayBuffer(4));
const waitFor = (cell: Int32Array, ms?: number): { value: Promise<string> } =>
  Reflect.apply(Reflect.get(Atomics, 'waitAsync'), Atomics, [cell, 0, 0, ms]);

describe('what may come from outside of a world is named once somebody hangs', () => {
  it.each<[string, string, () => unknown]>([
    ['a wait for shared memory', 'Atomics.waitAsync', () => void waitFor(shared())],
    [
      'a watcher',
      'fs.watch',
      () => {
        const watcher = watch(folder);
        return () => watcher.close();
      },
    ],
    [
      'a watched file',
      'fs.watchFile',
      () => {
        const watched = watchFile(file, () => {});
        return () => watched.removeAllListeners();
      },
    ],
  ])('%s', async (_, what, fn) => {
    const { open, io } = await openAfter(fn);
    expect(open).toEqual([what]);
    const by = 'src/world/open-handles.test.ts';
    expect(io).toEqual([{ what, by, fatal: true, scope: { ask: 2, task: 'u', tenant: 'a' } }]);
  });

  it.each<[string, () => unknown]>([
    ['a watcher that is closed', () => watch(folder).close()],
    ['a watcher that keeps no process alive', () => void watch(folder).unref()],
    ['a wait that is over', () => void waitFor(shared(), 500)],
    ['nothing', () => {}],
  ])('not %s', async (_, fn) => {
    const { open, io } = await openAfter(fn);
    expect([open, io]).toEqual([[], []]);
  });

  it('a timer that was taken before the routes', async () => {
    const { open, io } = await openAfter(() => void waitForReal(HANG_GUARD_MS));
    expect(open).toEqual(['a timer taken before the drill began']);
    expect(io).toMatchObject([
      { by: 'fixtures/habits/keeps-a-timer.ts', fatal: true, scope: { ask: 1 } },
      { by: 'fixtures/habits/keeps-a-timer.ts', fatal: true, scope: { ask: 2 } },
    ]);
  });

  it('work that the clock has lost patience with', async () => {
    const io: RealIo[] = [];
    const world = createVirtualWorld({ seed: 7, epochMs: 0, fetch, onRealIo: (e) => void io.push(e) });
    const open = await world.run(async () => {
      const working = promisify(scrypt)('a', 'b', 8);
      const seen = tellOpen();
      await working;
      return [seen, tellOpen()];
    });
    expect(open).toEqual([['crypto that does not end'], []]);
  });

  it('a watcher that brings something is told at once', async () => {
    const io: RealIo[] = [];
    const world = createVirtualWorld({ seed: 7, epochMs: 0, fetch, onRealIo: (e) => void io.push(e) });
    await world.run(async () => {
      const watcher = watch(folder);
      const news = new Promise((resolve) => watcher.once('change', resolve));
      writeFileSync(join(folder, 'new'), '');
      // Real work, for as long as it takes.
      let come = false;
      void news.then(() => {
        come = true;
      });
      while (!come) await import('node:fs/promises').then(({ stat }) => stat(folder));
      watcher.close();
    });
    expect(io.filter((e) => e.fatal)).toMatchObject([{ what: 'fs.watch' }]);
  });
});

it('a wait for shared memory ends by the clock of the world, or when it is notified', async () => {
  const io: RealIo[] = [];
  const world = createVirtualWorld({ seed: 7, epochMs: 0, fetch, onRealIo: (e) => void io.push(e) });
  const seen = await world.run(async () => {
    const late = await waitFor(shared(), 60_000).value;
    const at = performance.now();
    const cell = shared();
    setTimeout(() => Atomics.notify(cell, 0), 250);
    const woken = await Promise.race([waitFor(cell).value, sleep(3_600_000)]);
    return [late, at, woken, performance.now()];
  });
  expect(seen).toEqual(['timed-out', 60_000, 'ok', 60_250]);
  expect([io, world.clock.size]).toEqual([[], 1]);
});
