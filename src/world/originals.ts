import { EventEmitter } from 'node:events';

const exit = process.exit.bind(process);

/**
 * The machine's own time and chance, and what else our code needs while a target runs, taken before anything is routed or
 * patched. Own code that must stay real (the driver, the wall clock) uses these, so that it works the same inside and
 * outside a world.
 */
export const originals = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  fetch: globalThis.fetch,
  abortTimeout: AbortSignal.timeout.bind(AbortSignal),
  AbortController,
  dateNow: Date.now.bind(Date),
  performanceNow: performance.now.bind(performance),
  hrtime: process.hrtime.bind(process),
  hrtimeBigint: process.hrtime.bigint.bind(process.hrtime),
  uptime: process.uptime.bind(process),
  random: Math.random,
  queueMicrotask: globalThis.queueMicrotask,
  nextTick: process.nextTick.bind(process),
  bufferFrom: Buffer.from.bind(Buffer),
  bufferAlloc: Buffer.alloc.bind(Buffer),
  /** Ends this process, whatever listens; Node's own `exit` calls `reallyExit`, which is routed. */
  exit(...code: Parameters<typeof process.exit>): never {
    originals.leaving = true;
    return exit(...code);
  },
  leaving: false,
  abort: process.abort.bind(process),
  on: EventEmitter.prototype.on.bind(process),
  rawListeners: EventEmitter.prototype.rawListeners.bind(process),
  removeListener: EventEmitter.prototype.removeListener.bind(process),
};

/** Copies the methods of `kind` to a subclass of it, which keeps them when those of `kind` are patched. */
function kept<T extends new (...args: never[]) => object>(own: T, kind: object): T {
  for (const key of Reflect.ownKeys(kind)) {
    const property = Reflect.getOwnPropertyDescriptor(kind, key);
    if (key !== 'constructor' && property !== undefined) Reflect.defineProperty(own.prototype, key, property);
  }
  return own;
}

/** A target may patch the maps, sets and emitters that everybody shares; these stay whole. */
export const OwnMap = kept(class OwnMap<K, V> extends Map<K, V> {}, Map.prototype);
export const OwnSet = kept(class OwnSet<T> extends Set<T> {}, Set.prototype);
export const OwnEmitter: new () => EventEmitter = kept(class extends EventEmitter {}, EventEmitter.prototype);

/** A descriptor that inherits nothing: a target may have put a `get` on every object. */
export function bare<T extends PropertyDescriptor>(descriptor: T & ThisType<unknown>): T {
  return Object.setPrototypeOf(descriptor, null);
}

type Web = Pick<
  typeof globalThis,
  'Headers' | 'Request' | 'Response' | 'ReadableStream' | 'TextEncoder' | 'URL' | 'DOMException' | 'queueMicrotask'
>;

/** Classes that Node loads on first use, and what they look up among the globals; taken when the routes are installed. */
export let web: Web = globalThis;

export function takeWeb(): void {
  const { Headers, Request, Response, ReadableStream, TextEncoder, URL, DOMException, queueMicrotask } = globalThis;
  web = { Headers, Request, Response, ReadableStream, TextEncoder, URL, DOMException, queueMicrotask };
}
