import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { whenAborted } from './abort.ts';
import { originals, web } from './originals.ts';
import { at, currentPlace, type Place } from './place.ts';
import { placeOf, route } from './route.ts';
import { VirtualImmediate, VirtualTimeout } from './virtual-timers.ts';

type Callback = (...args: unknown[]) => void;
type Options = { signal?: AbortSignal; ref?: boolean } | undefined;

export function routeTimers(): void {
  for (const owner of [globalThis, timers]) {
    route(owner, 'setTimeout', setTimeout);
    route(owner, 'setInterval', setInterval);
    route(owner, 'setImmediate', setImmediate);
    route(owner, 'clearTimeout', clear(originals.clearTimeout));
    route(owner, 'clearInterval', clear(originals.clearInterval));
    route(owner, 'clearImmediate', clear(originals.clearImmediate));
  }
  routePromises();
  routeAbortTimeout();
}

function setTimeout(callback: Callback, ms?: number, ...args: unknown[]) {
  const place = placeOf('setTimeout');
  // Node itself says what is wrong with a callback that is none.
  if (place === undefined || typeof callback !== 'function') return originals.setTimeout(callback, ms, ...args);
  return new VirtualTimeout(place, args.length === 0 ? callback : () => callback(...args), ms, false);
}

function setInterval(callback: Callback, ms?: number, ...args: unknown[]) {
  const place = placeOf('setInterval');
  if (place === undefined || typeof callback !== 'function') return originals.setInterval(callback, ms, ...args);
  return new VirtualTimeout(place, () => callback(...args), ms, true);
}

function setImmediate(callback: Callback, ...args: unknown[]) {
  const place = placeOf('setImmediate');
  if (place === undefined || typeof callback !== 'function') return originals.setImmediate(callback, ...args);
  return new VirtualImmediate(place, () => callback(...args));
}

function clear<T>(original: (timer: T) => void): (timer: T) => void {
  return (timer) => {
    if (timer instanceof VirtualTimeout || timer instanceof VirtualImmediate) timer.close();
    else if (!closeById(timer)) original(timer);
  };
}

function closeById(id: unknown): boolean {
  if (typeof id !== 'number' && typeof id !== 'string') return false;
  const timer = currentPlace()?.world.timersById.get(Number(id));
  timer?.close();
  return timer !== undefined;
}

function routePromises(): void {
  const { setTimeout, setImmediate, setInterval, scheduler } = timersPromises;
  const wait = scheduler.wait.bind(scheduler);
  const turn = scheduler.yield.bind(scheduler);
  route(timersPromises, 'setTimeout', (ms?: number, value?: unknown, options?: Options) => {
    const place = placeOf('setTimeout');
    return place === undefined ? setTimeout(ms, value, options) : sleep(place, Math.max(1, ms ?? 1), value, options);
  });
  route(timersPromises, 'setImmediate', (value?: unknown, options?: Options) => {
    const place = placeOf('setImmediate');
    return place === undefined ? setImmediate(value, options) : nextTurn(place, value, options);
  });
  route(timersPromises, 'setInterval', (ms?: number, value?: unknown, options?: Options) => {
    const place = placeOf('setInterval');
    return place === undefined ? setInterval(ms, value, options) : ticks(place, ms, value, options);
  });
  route(scheduler, 'wait', (ms: number, options?: Options) => {
    const place = placeOf('scheduler.wait');
    return place === undefined ? wait(ms, options) : sleep(place, Math.max(1, ms), undefined, options);
  });
  route(scheduler, 'yield', () => {
    const place = placeOf('scheduler.yield');
    return place === undefined ? turn() : nextTurn(place, undefined, undefined);
  });
}

async function sleep<T>(place: Place, ms: number, value: T, options: Options): Promise<T> {
  try {
    await place.world.clock.sleep(ms, options?.signal);
  } catch (reason) {
    throw abortError(reason);
  }
  return value;
}

function nextTurn<T>(place: Place, value: T, options: Options): Promise<T> {
  return new Promise((resolve, reject) => {
    const signal = options?.signal;
    if (signal?.aborted) return reject(abortError(signal.reason));
    const immediate = new VirtualImmediate(place, () => {
      forget();
      resolve(value);
    });
    const forget = whenAborted(signal, (reason) => {
      immediate.close();
      reject(abortError(reason));
    });
  });
}

/** A tick that nobody awaited yet is kept, as Node keeps it. */
async function* ticks<T>(place: Place, ms: number | undefined, value: T, options: Options): AsyncGenerator<T> {
  let due = 0;
  let notify: (() => void) | undefined;
  const timer = new VirtualTimeout(
    place,
    () => {
      due++;
      notify?.();
    },
    ms,
    true,
  );
  const forget = whenAborted(options?.signal, () => notify?.());
  try {
    for (;;) {
      if (options?.signal?.aborted) throw abortError(options.signal.reason);
      if (due === 0)
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      for (; due > 0; due--) yield value;
    }
  } finally {
    forget();
    timer.close();
  }
}

/** What `node:timers/promises` rejects with, whatever the signal's own reason. */
function abortError(cause: unknown): Error {
  const error = new Error('The operation was aborted', { cause });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

function routeAbortTimeout(): void {
  route(AbortSignal, 'timeout', (ms: number): AbortSignal => {
    const place = placeOf('AbortSignal.timeout');
    if (place === undefined || !(ms >= 0)) return originals.abortTimeout(ms);
    const controller = new originals.AbortController();
    const abort = () =>
      controller.abort(new web.DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    place.world.clock.schedule(Math.max(1, ms), () => at(place, abort));
    return controller.signal;
  });
}
