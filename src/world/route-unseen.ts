import type { Worker } from 'node:worker_threads';
import { keepOpen } from './open-handles.ts';
import { currentPlace, type Place, running } from './place.ts';
import { route } from './route.ts';
import { byLoader, done, report, track, whenCalled } from './watch.ts';
import { whoCalled } from './who.ts';

/**
 * Work that shows in no hook: messages between ports, WebAssembly compiled on V8's own threads, waits for shared memory,
 * requests to the thread that runs loader hooks, and what is read from a terminal.
 */
export function routeUnseen(): void {
  routeWaitAsync();
  routeLoader();
  routeStdin();
  for (const owner of [MessagePort.prototype, BroadcastChannel.prototype]) {
    called(owner, 'postMessage', (place) => {
      report('MessageChannel', false, place);
      place.world.realTurns = 2;
    });
  }
  const wasm: unknown = Reflect.get(globalThis, 'WebAssembly');
  if (typeof wasm !== 'object' || wasm === null) return;
  for (const name of ['compile', 'instantiate']) {
    called(wasm, name, (place, result) => {
      if (!(result instanceof Promise)) return;
      report('WebAssembly', false, place);
      const id = unseen--;
      track(id, place.world, 'WebAssembly');
      const over = () => done(id);
      result.then(over, over);
    });
  }
}

/** A wait with a limit ends by the world's clock; a notification arrives within two turns, as a message does. */
function routeWaitAsync(): void {
  const waitAsync: unknown = Reflect.get(Atomics, 'waitAsync');
  if (typeof waitAsync !== 'function') return;
  route(Atomics, 'waitAsync', (...args: unknown[]) => {
    const place = currentPlace();
    if (place === undefined) return Reflect.apply(waitAsync, Atomics, args);
    const [, , , ms = Number.NaN] = args;
    const limit = Number.isNaN(Number(ms)) ? Number.POSITIVE_INFINITY : Number(ms);
    const result = Reflect.apply(waitAsync, Atomics, limit > 0 ? args.slice(0, 3) : args);
    if (!result.async) return result;
    const { clock } = place.world;
    let waits = true;
    const value = new Promise((resolve) => {
      const over = (how: unknown) => {
        waits = false;
        resolve(how);
      };
      const late = limit === Number.POSITIVE_INFINITY ? undefined : clock.schedule(limit, () => over('timed-out'));
      result.value.then((how: unknown) => {
        if (late !== undefined) clock.cancel(late);
        over(how);
      });
    });
    keepOpen(place.world, value, { what: 'Atomics.waitAsync', by: whoCalled(), isOpen: () => waits });
    return { async: true, value };
  });
  called(Atomics, 'notify', (place) => {
    place.world.realTurns = 2;
  });
}

/** Whether an import is with the thread that runs loader hooks; Node holds on to that thread for as long. */
export let loaderIsBusy = false;

/** Whether modules are loaded with hooks of somebody's, from an option of Node's or by `module.register`. */
export let loaderIsHooked = /(?:^|\s)(?:--(?:experimental-)?loader|--import|--require|-r)\b/.test(
  [...process.execArgv, process.env.NODE_OPTIONS].join(' '),
);

function routeLoader(): void {
  const { prototype } = process.getBuiltinModule('node:worker_threads').Worker;
  for (const [name, busy] of [
    ['ref', true],
    ['unref', false],
  ] as const) {
    const original = prototype[name];
    route(prototype, name, function (this: Worker) {
      if (byLoader()) {
        [loaderIsBusy, loaderIsHooked] = [busy, true];
        if (!busy) for (const world of running) world.wake?.();
      }
      return Reflect.apply(original, this, []);
    });
  }
}

/**
 * Standard input is made on first use, and is one for all worlds. What comes from there comes in real time, and whether
 * it has ended is seen in real time: reading it is told, and may be what an ask waits for, whatever it is.
 */
function routeStdin(): void {
  const before = Reflect.getOwnPropertyDescriptor(process, 'stdin');
  const make = before?.get;
  if (make === undefined) return;
  let stdin: typeof process.stdin | undefined;
  const read = (stream: typeof process.stdin) => {
    const place = currentPlace();
    if (place === undefined) return;
    const told = { what: 'standard input', by: whoCalled() };
    place.world.report({ ...told, fatal: true, scope: place.scope });
    const isOpen = () => !stream.isPaused() || stream.listenerCount('readable') > 0;
    keepOpen(place.world, stream, { ...told, isOpen });
  };
  const get = () => {
    if (stdin !== undefined) return stdin;
    const made: typeof process.stdin = Reflect.apply(make, process, []);
    for (const name of ['resume', 'read']) whenCalled(made, name, () => read(made));
    for (const name of ['on', 'addListener'])
      whenCalled(made, name, (_, [event]) => (event === 'data' || event === 'readable') && read(made));
    stdin = made;
    return made;
  };
  Reflect.defineProperty(process, 'stdin', { ...before, get });
}

/** Ids of work that has no async id; those count upwards from 1. */
let unseen = -1;

function called(owner: object, name: string, tell: (place: Place, result: unknown) => void): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return;
  route(owner, name, function (this: unknown, ...args: unknown[]) {
    const result: unknown = Reflect.apply(original, this, args);
    const place = currentPlace();
    if (place !== undefined) tell(place, result);
    return result;
  });
}
