import { createHash, randomBytes, randomFillSync, randomInt, randomUUID, scrypt, scryptSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import * as timers from 'node:timers';
import { setTimeout as pSleep, setInterval as pTicks, setImmediate as pTurn, scheduler } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { wait as waitForReal } from '../../fixtures/habits/keeps-a-timer.ts';
import { rest, serve } from '../../fixtures/habits/module-pool.ts';
import { find, getPage, talkToRedis } from '../../fixtures/habits/opens-a-socket.ts';
import { HANG_GUARD_MS } from '../hang-guard.fixture.ts';
import {
  createVirtualWorld,
  createWallClock,
  currentScope,
  installRoutes,
  type RealIo,
  type WorldOptions,
} from './index.ts';
import { originals } from './originals.ts';

installRoutes();
installRoutes();

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const EPOCH = Date.UTC(2030, 0, 1);

function open(options: Partial<WorldOptions> = {}) {
  const io: RealIo[] = [];
  const world = createVirtualWorld({
    seed: 7,
    epochMs: EPOCH,
    fetch: async () => new Response('from the world'),
    onRealIo: (e) => void io.push(e),
    ...options,
  });
  return { world, io };
}

/** What `fn` gives, and at which virtual millisecond. */
async function timed<T>(fn: () => Promise<T>, options?: Partial<WorldOptions>) {
  const { world, io } = open(options);
  const value = await world.run(fn);
  return { value, at: world.clock.now(), io };
}

describe('real work that lasts long', () => {
  /** Reads a file again and again; each time takes `seconds`, as the driver's watch shows it. */
  async function reading(times: number, seconds: number, before: () => void = () => {}) {
    let now = 0;
    const watch = vi.spyOn(originals, 'performanceNow').mockImplementation(() => now);
    try {
      const read = async () => {
        before();
        for (let i = 0; i < times; i++) {
          await readFile(import.meta.filename);
          now += seconds * 1000;
        }
        return 'read';
      };
      const { world, io } = open();
      const ended = await world.run(read).catch((error: Error) => error.message);
      return { ended, at: world.clock.now(), io: io.filter(({ fatal }) => fatal).map(({ what }) => what) };
    } finally {
      watch.mockRestore();
    }
  }
  const SLOW = 'real work that took more than 10 s';

  it('is waited for from piece to piece where no timer waits, as on a busy machine while a target is loaded', async () => {
    expect(await reading(9, 6)).toEqual({ ended: 'read', at: 0, io: [] });
  });

  it('is not waited for without end', async () => {
    const { ended, io } = await reading(40, 6);
    expect(ended).toMatch(/^deadlock at 0 ms: .*, perhaps for real work that took more than 10 s, outside/);
    expect(io).toEqual([SLOW]);
  });

  it('keeps a timer waiting for ten seconds in all', async () => {
    const { io } = await reading(9, 6, () => void sleep(5000));
    expect(io).toEqual([SLOW]);
  });
});

describe('no deadline passes because of real work', () => {
  const { importNatively } = createRequire(import.meta.url)('../../fixtures/habits/native-import.cjs');
  const here = import.meta.filename;
  const message = () =>
    new Promise<string>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.on('message', (data) => {
        port1.close();
        resolve(data);
      });
      port2.postMessage('message');
    });
  const works: Record<string, [does: () => Promise<unknown>, what?: string]> = {
    'fs.readFile': [() => readFile(here), 'fs'],
    'import of a file': [() => importNatively(pathToFileURL('fixtures/habits/greeting.mjs').href), 'import?'],
    'import of a builtin': [() => importNatively('node:zlib')],
    'crypto.subtle': [() => crypto.subtle.digest('SHA-256', new Uint8Array(4)), 'crypto'],
    'crypto.scrypt': [() => promisify(scrypt)('a', 'b', 8), 'crypto'],
    gzip: [() => promisify(gzip)('x'.repeat(100_000)), 'zlib'],
    MessageChannel: [message, 'MessageChannel'],
    'WebAssembly.compile': [
      () => Reflect.get(globalThis, 'WebAssembly').compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
      'WebAssembly',
    ],
    CompressionStream: [
      () => new Response(new Blob(['abc']).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer(),
      'zlib',
    ],
    'process.nextTick': [() => new Promise<void>((resolve) => process.nextTick(resolve))],
    'Response.json': [() => new Response('{"a":1}').json()],
    'Blob.text': [() => new Blob(['abc']).text()],
    FormData: [
      () => {
        const form = new FormData();
        form.set('a', new Blob(['x']));
        return new Response(form).text();
      },
    ],
    'Response.clone': [
      async () => {
        const pull = (c: ReadableStreamDefaultController) => {
          c.enqueue(new Uint8Array(1));
          c.close();
        };
        const response = new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
        return Promise.all([response.clone().text(), response.text()]);
      },
    ],
  };

  for (const [name, [work, what]] of Object.entries(works)) {
    it(name, async () => {
      const { at, io } = await timed(async () => {
        await sleep(10);
        const late = sleep(12_000).then(() => Promise.reject(new Error('false timeout')));
        await Promise.race([work(), late]);
      });
      expect(at).toBe(10);
      expect(io.filter((e) => e.fatal)).toEqual([]);
      if (what === undefined) expect(io).toEqual([]);
      // Newer Nodes read imported files synchronously, so nothing is to be seen.
      else if (what !== 'import?') expect(io.map((e) => e.what)).toContain(what);
    });
  }

  it('synchronous crypto is no work to wait for', async () => {
    const { io } = await timed(async () => {
      createHash('sha256').update('x').digest();
      randomBytes(4);
      scryptSync('a', 'b', 8);
      await sleep(1);
    });
    expect(io).toEqual([]);
  });

  it('says who did it, relative to the working folder, and for whom', async () => {
    const { world, io } = open();
    await world.run(() => world.enter({ ask: 3, task: 'refund', tenant: 'acme' }, () => readFile(here)));
    const scope = { ask: 3, task: 'refund', tenant: 'acme' };
    expect(io).toEqual([{ what: 'fs', by: 'src/world/world.test.ts', fatal: false, scope }]);
  });
});

describe('the order of events', () => {
  async function probe(log: string[]): Promise<void> {
    const say = (what: string) => log.push(`${what}@${performance.now()}`);
    setTimeout(async () => {
      for (let i = 0; i < 40; i++) await null;
      say('chain-done');
    }, 10);
    setTimeout(() => say('later'), 20);
    setImmediate(() => say('immediate'));
    process.nextTick(() => say('tick'));
    queueMicrotask(() => say('micro'));
    setTimeout(() => say('same-time'), 20);
    const deadline = sleep(30).then(() => 'deadline');
    say(await Promise.race([deadline, sleep(30).then(() => 'work')]));
    const many = Array.from({ length: 20 }, async (_, i) => {
      for (let k = 0; k < 5; k++) {
        await sleep(Math.floor(Math.random() * 50));
        say(`${i}.${k}`);
      }
    });
    await Promise.all(many);
  }

  for (const drain of ['fast', 'portable'] as const) {
    it(`lets a chain of promises finish before time passes (${drain})`, async () => {
      const log: string[] = [];
      await timed(() => probe(log), { drain });
      expect(log.slice(0, 7)).toEqual([
        'tick@0',
        'micro@0',
        'immediate@0',
        'chain-done@10',
        'later@20',
        'same-time@20',
        'deadline@30',
      ]);
    });
  }

  it('is the same with both drains, and another with another seed', async () => {
    const logOf = async (options: Partial<WorldOptions>) => {
      const log: string[] = [];
      await timed(() => probe(log), options);
      return log.join('\n');
    };
    const fast = await logOf({ drain: 'fast' });
    expect(await logOf({ drain: 'portable' })).toBe(fast);
    expect(await logOf({ seed: 8 })).not.toBe(fast);
  });

  it('two worlds at once do not disturb one another, nor the real time outside', async () => {
    const script = async () => {
      const seen: unknown[] = [];
      for (let i = 0; i < 50; i++) {
        await sleep(Math.floor(Math.random() * 1000));
        seen.push(Date.now(), randomUUID());
      }
      return seen;
    };
    const alone = await timed(script);
    const before = originals.dateNow();
    const outside: number[] = [];
    const looking = originals.setInterval(() => outside.push(Date.now()), 1);
    const [a, b] = await Promise.all([timed(script), timed(script, { seed: 8 })]);
    expect(a.value).toEqual(alone.value);
    expect(b.value).not.toEqual(alone.value);
    expect([...a.io, ...b.io]).toEqual([]);
    originals.clearInterval(looking);
    outside.push(Date.now());
    expect(Math.min(...outside)).toBeGreaterThanOrEqual(before);
    expect(Math.max(...outside)).toBeLessThanOrEqual(originals.dateNow());
  });
});

describe('timers', () => {
  it('setInterval repeats until it is cleared, even from within', async () => {
    const { value, at } = await timed(async () => {
      let n = 0;
      await new Promise<void>((resolve) => {
        const timer = setInterval(() => {
          if (++n < 3) return;
          clearInterval(timer);
          resolve();
        }, 100);
      });
      await sleep(1000);
      return n;
    });
    expect([value, at]).toEqual([3, 1300]);
  });

  it('have the methods of the real ones, and a numeric id', async () => {
    const { value, at } = await timed(async () => {
      const fired: string[] = [];
      const first = setTimeout(() => fired.push('cleared by id'), 10);
      clearTimeout(+first);
      const second = setTimeout(() => fired.push('refreshed'), 10).unref();
      await sleep(5);
      second.refresh();
      await sleep(6);
      expect(fired).toEqual([]);
      await sleep(10);
      const third = setTimeout(() => fired.push('disposed'), 10);
      third[Symbol.dispose]();
      const immediate = setImmediate(() => fired.push('cleared'));
      clearImmediate(immediate);
      setTimeout((a: string, b: string) => fired.push(a + b), 1, 'with ', 'arguments');
      clearTimeout(undefined);
      await sleep(20);
      return [fired, second.hasRef(), first.ref().hasRef()];
    });
    expect(value).toEqual([['refreshed', 'with arguments'], false, true]);
    expect(at).toBe(41);
  });

  it('take 1 ms for what is no delay, and refuse what is no callback as Node does', async () => {
    const { at } = await timed(async () => {
      await sleep(0);
      await sleep(Number.NaN);
      await sleep(2 ** 31);
      // @ts-expect-error it is no callback
      expect(() => setTimeout('code', 1)).toThrowError(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    });
    expect(at).toBe(3);
  });

  it('of node:timers, node:timers/promises and util.promisify are the same', async () => {
    const { at, value, io } = await timed(async () => {
      await new Promise<void>((resolve) => void timers.setTimeout(resolve, 1000));
      expect(await pSleep(1000, 'value')).toBe('value');
      await promisify(setTimeout)(1000);
      await scheduler.wait(1000);
      await pTurn();
      let n = 0;
      for await (const tick of pTicks(1000, 'tick')) if (tick === 'tick' && ++n === 3) break;
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 10);
      return pSleep(60_000, undefined, { signal: stop.signal }).catch((error: Error) => error);
    });
    expect(at).toBe(7010);
    expect(value).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', message: 'The operation was aborted' });
    expect(io).toEqual([]);
  });

  it('AbortSignal.timeout aborts with a TimeoutError', async () => {
    const { value, at } = await timed(async () => {
      const signal = AbortSignal.timeout(5000);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return signal.reason;
    });
    expect(at).toBe(5000);
    expect(value).toBeInstanceOf(DOMException);
    expect(value).toMatchObject({ name: 'TimeoutError', message: 'The operation was aborted due to timeout' });
  });

  it('fire where they were set', async () => {
    const { world } = open();
    const seen = await world.run(async () => {
      const ask = (n: number) =>
        world.enter({ ask: n, task: `t${n}`, tenant: 'acme' }, async () => {
          await sleep(10 * n);
          return new Promise((resolve) => void setTimeout(() => resolve(currentScope()?.task), 5));
        });
      return Promise.all([ask(1), ask(2), currentScope()]);
    });
    expect(seen).toEqual(['t1', 't2', undefined]);
    expect(currentScope()).toBeUndefined();
  });
});

describe('clocks and chance', () => {
  it('every way to tell the time agrees', async () => {
    const { value } = await timed(async () => {
      await sleep(90_500);
      class Stamp extends Date {}
      return {
        now: Date.now() - EPOCH,
        constructed: new Date().toISOString(),
        called: Date() === new Date().toString(),
        sub: new Stamp().getTime() - EPOCH,
        kinds: [new Stamp() instanceof Date, new Date() instanceof Date, new Date().constructor === Date],
        given: new Date(5).getTime(),
        performance: [performance.now(), performance.timeOrigin - EPOCH],
        hrtime: [process.hrtime(), process.hrtime([80, 900_000_000]), process.hrtime.bigint()],
        uptime: process.uptime(),
        intl: new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'UTC' }).format(),
      };
    });
    expect(value).toEqual({
      now: 90_500,
      constructed: '2030-01-01T00:01:30.500Z',
      called: true,
      sub: 90_500,
      kinds: [true, true, true],
      given: 5,
      performance: [90_500, 0],
      hrtime: [[90, 500_000_000], [9, 600_000_000], 90_500_000_000n],
      uptime: 90.5,
      intl: '2030',
    });
    expect(Date.now()).not.toBe(EPOCH + 90_500);
  });

  const draw = async () => {
    const drawn: unknown[] = [Math.random(), randomUUID(), crypto.randomUUID(), randomInt(10, 1000), randomInt(9)];
    drawn.push(randomBytes(8).toString('hex'), [...crypto.getRandomValues(new Uint16Array(3))]);
    drawn.push([...randomFillSync(new Uint8Array(4), 2)], (await promisify(randomBytes)(4)).toString('hex'));
    return drawn;
  };

  it('the same seed draws the same, another seed does not', async () => {
    const [a, b, c] = [await timed(draw), await timed(draw), await timed(draw, { seed: 8 })];
    expect(b.value).toEqual(a.value);
    expect(a.value.filter((x, i) => JSON.stringify(x) === JSON.stringify(c.value[i]))).toEqual([]);
    expect(a.value[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(() => randomInt(3, 1)).toThrow(RangeError);
  });

  it('what one ask draws shifts no other, and jitter shifts no id', async () => {
    const drawnBy = async (ask: number, extra: () => void) => {
      const { world } = open();
      return world.run(async () => {
        world.enter({ ask: 1, task: 't', tenant: 'a' }, extra);
        return world.enter({ ask, task: 't', tenant: 'a' }, randomUUID);
      });
    };
    expect(await drawnBy(2, () => void randomUUID())).toBe(await drawnBy(2, () => {}));
    expect(await drawnBy(1, () => void Math.random())).toBe(await drawnBy(1, () => {}));
    expect(await drawnBy(1, () => {})).not.toBe(await drawnBy(2, () => {}));
  });
});

describe('what leaves the world', () => {
  it('a socket is refused before it opens, and named', async () => {
    let visits = 0;
    const server = createServer((_, reply) => reply.end(`${++visits}`)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { value, io, at } = await timed(async () => {
      const failed = (error: NodeJS.ErrnoException) => error.code;
      return [
        await talkToRedis(port).catch(failed),
        await getPage(`http://127.0.0.1:${port}/`).catch(failed),
        await find('example.com').catch(failed),
      ];
    });
    server.close();
    expect(value).toEqual(['ECONNREFUSED', 'ECONNREFUSED', 'ENOTFOUND']);
    expect(visits).toBe(0);
    const by = 'fixtures/habits/opens-a-socket.ts';
    expect(io).toEqual([
      { what: `net.connect 127.0.0.1:${port}`, by, fatal: true, scope: undefined },
      { what: 'dns.lookup example.com', by, fatal: true, scope: undefined },
    ]);
    expect(at).toBe(0);
  });

  it('outside a world sockets open as ever', async () => {
    const server = createServer((_, reply) => reply.end('ok')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
    expect(await getPage(url)).toBe('200');
    expect(await (await fetch(url)).text()).toBe('ok');
    server.close();
    server.closeAllConnections();
  });

  it("fetch is the world's own", async () => {
    expect((await timed(async () => (await fetch('https://api.openai.com')).text())).value).toBe('from the world');
  });

  it('work that lost its place is reported', async () => {
    void serve();
    const { world, io } = open();
    // The world cannot know that something will come of it.
    await expect(world.run(() => rest(HANG_GUARD_MS))).rejects.toThrow('deadlock');
    const by = 'fixtures/habits/module-pool.ts';
    expect(io).toMatchObject([{ what: expect.stringMatching(/^setTimeout outside the task/), by, fatal: true }]);
  });

  it('a timer kept from before the routes is reported', async () => {
    // As a module does that was imported too early.
    const { world, io } = open();
    await expect(world.run(() => waitForReal(HANG_GUARD_MS))).rejects.toThrow('deadlock');
    const by = 'fixtures/habits/keeps-a-timer.ts';
    expect(io).toEqual([{ what: 'a timer taken before the drill began', by, fatal: true, scope: undefined }]);
  });

  it('writing to the console is nobody’s real work', async () => {
    const { io } = await timed(async () => {
      process.stderr.write('');
      console.debug('');
      await sleep(1);
    });
    expect(io).toEqual([]);
  });
});

describe('how a run ends', () => {
  it('with what it returned or threw, timers left over or not', async () => {
    const { world } = open();
    let late = 0;
    expect(await world.run(async () => void setTimeout(() => late++, 100))).toBeUndefined();
    await expect(world.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(
      world.run(() => {
        throw new Error('at once');
      }),
    ).rejects.toThrow('at once');
    expect(late).toBe(0);
    await world.run(() => sleep(200));
    expect([late, world.clock.now()]).toEqual([1, 200]);
  });

  it('a deadlock names who waits', async () => {
    const { world } = open();
    const run = world.run(async () => {
      await world.enter({ ask: 1, task: 'over', tenant: 'a' }, () => sleep(10));
      await world.enter({ ask: 2, task: 'refund', tenant: 'a' }, () => world.clock.never());
    });
    await expect(run).rejects.toMatchObject({
      name: 'DeadlockError',
      message: 'deadlock at 10 ms: no timer is left, no work is in flight, and ask 2 (refund) still waits',
      waiting: [{ ask: 2 }],
    });
  });

  it('a livelock is not waited for', async () => {
    const spin = async () => {
      for (;;) await new Promise((resolve) => setImmediate(resolve));
    };
    await expect(timed(spin, { stepCap: 500 })).rejects.toMatchObject({ name: 'LivelockError' });
  });

  it('of immediates in a row a thousand take no time, however many are set in one turn, and ten more a millisecond', async () => {
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const { at } = await timed(async () => {
      await Promise.all(Array.from({ length: 5000 }, turn));
      for (let i = 0; i < 900; i++) await turn();
      expect(performance.now()).toBe(0);
      for (let i = 0; i < 1100; i++) await turn();
      expect(performance.now()).toBe(101);
      await sleep(10);
      const before = performance.now();
      for (let i = 0; i < 900; i++) await turn();
      expect(performance.now()).toBe(before);
    });
    expect(at).toBe(111);
  });

  it('what a timer callback throws is told of with its ask', async () => {
    const crashes: unknown[] = [];
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (error) => crashes.push(error, currentScope()?.task));
    const { world } = open();
    await world.run(async () => {
      world.enter({ ask: 1, task: 'refund', tenant: 'a' }, () => {
        setTimeout(() => {
          throw new Error('stray');
        }, 5);
      });
      await sleep(10);
    });
    process.removeAllListeners('unhandledRejection');
    for (const other of others) process.on('unhandledRejection', other);
    expect(crashes).toEqual([new Error('stray'), 'refund']);
  });

  it('signals get their turn while it runs', async () => {
    let turns = 0;
    const count = () => {
      turns++;
      next = originals.setImmediate(count);
    };
    let next = originals.setImmediate(count);
    const { at } = await timed(async () => {
      for (let i = 0; i < 60_000; i++) await sleep(1);
    });
    clearImmediate(next);
    expect(at).toBe(60_000);
    expect(turns).toBeGreaterThanOrEqual(3);
    expect(turns).toBeLessThan(1000);
  });
});

it('the wall clock counts whole real milliseconds', async () => {
  const clock = createWallClock();
  await clock.sleep(12.7);
  expect(clock.now()).toBeGreaterThanOrEqual(11);
  expect(Number.isInteger(clock.now())).toBe(true);
  const stop = new AbortController();
  const sleeping = clock.sleep(60_000, stop.signal);
  stop.abort('enough');
  await expect(sleeping).rejects.toBe('enough');
});
