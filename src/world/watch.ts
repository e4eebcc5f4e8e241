import { asyncWrapProviders, createHook } from 'node:async_hooks';
import { currentPlace, type Place, type Surroundings } from './place.ts';
import { route } from './route.ts';
import { filesOnStack, whoCalled } from './who.ts';

/**
 * How real work shows in async_hooks. `request`: begun and done once. `job`: a request only if somebody waits for
 * it (synchronous crypto makes the same resource). `stream`: each write is a request. `seen`: reported, not waited for.
 */
type How = 'request' | 'job' | 'stream' | 'seen' | 'timer' | 'turn';
interface Kind {
  how: How;
  what: string;
  fatal: boolean;
}

const kinds = new Map<string, Kind>();
const kind = (how: How, what: string, fatal: boolean, ...types: string[]) => {
  for (const type of types) kinds.set(type, { how, what, fatal });
};
kind('request', 'fs', false, 'FSREQCALLBACK', 'FSREQPROMISE', 'FILEHANDLECLOSEREQ');
for (const type of Object.keys(asyncWrapProviders)) {
  if (type.endsWith('REQUEST') && !type.startsWith('HTTP')) kind('job', 'crypto', false, type);
}
kind('stream', 'zlib', false, 'ZLIB');
kind('request', 'dns', true, 'GETADDRINFOREQWRAP', 'GETNAMEINFOREQWRAP', 'QUERYWRAP');
kind('request', 'udp', true, 'UDPSENDWRAP');
kind('request', 'child process', true, 'PROCESSWRAP');
kind('seen', 'socket', true, 'TCPWRAP', 'TCPSERVERWRAP', 'PIPESERVERWRAP');
kind('seen', 'worker thread', true, 'WORKER');
kind('timer', 'a timer taken before the drill began', true, 'Timeout');
kind('turn', '', false, 'Immediate');

/** Work in flight, by its async id. A stream may begin its next write before the end of the last is told: they are counted. */
const inFlight = new Map<number, { world: Surroundings; count: number }>();

// Hooks without promises where Node can leave them out (24): they are the bulk, and none of our business.
const beginnings = createHook(
  withoutPromises({
    init(id: number, type: string, _trigger: number, resource: object) {
      if (type === 'PROMISE') return;
      const kind = kinds.get(type);
      const place = kind && currentPlace();
      if (place) begun(id, kind, place, resource);
    },
  }),
);
// Costs something per promise, so it is on only while there is work whose end matters.
const endings = createHook(withoutPromises({ after: done, destroy: gone }));

let watching = 0;

/** Sees real work done inside virtual worlds until it is called off. */
export function watch(): () => void {
  if (watching++ === 0) beginnings.enable();
  return () => {
    if (--watching === 0) beginnings.disable();
  };
}

function withoutPromises<T extends object>(callbacks: T): T {
  return { ...callbacks, trackPromises: false };
}

function begun(id: number, { how, what, fatal }: Kind, place: Place, resource: object): void {
  const working = () => {
    report(what, fatal, place);
    track(id, place.world);
  };
  // A synchronous job gives its result at once, as an array.
  if (how === 'job') whenCalled(resource, 'run', (result) => Array.isArray(result) || working());
  if (how === 'stream') whenCalled(resource, 'write', working);
  if (how === 'request') working();
  if (how === 'seen') report(what, fatal, place);
  if (how === 'timer') reportTimer(what, place);
  if (how === 'turn') track(id, place.world);
}

function report(what: string, fatal: boolean, place: Place): void {
  place.world.report({ what, by: whoCalled(), fatal, scope: place.scope });
}

/** A real timer inside a world: somebody kept the original. Node's own timers, and a console's, are not meant. */
function reportTimer(what: string, place: Place): void {
  const files = filesOnStack();
  const caller = files.find((file) => file !== 'node:internal/async_hooks' && !/^node:(internal\/)?timers/.test(file));
  if (caller === undefined || caller.startsWith('node:') || files.some((f) => f.startsWith('node:internal/console')))
    return;
  place.world.report({ what, by: whoCalled(files), fatal: true, scope: place.scope });
}

function track(id: number, world: Surroundings): void {
  if (inFlight.size === 0) endings.enable();
  const work = inFlight.get(id) ?? { world, count: 0 };
  work.count++;
  inFlight.set(id, work);
  world.realWork++;
}

function done(id: number, count = 1): void {
  const work = inFlight.get(id);
  if (work === undefined) return;
  work.count -= count;
  if (work.count === 0) inFlight.delete(id);
  if (inFlight.size === 0) endings.disable();
  work.world.realWork -= count;
  if (work.world.realWork === 0) work.world.wake?.();
}

function gone(id: number): void {
  done(id, inFlight.get(id)?.count);
}

/** Stops waiting for what a world still has in flight. */
export function abandon(world: Surroundings): void {
  for (const [id, work] of inFlight) if (work.world === world) gone(id);
}

/** Tells what a method of one object returned. */
function whenCalled(object: object, name: string, then: (result: unknown) => void): void {
  Reflect.defineProperty(object, name, {
    configurable: true,
    value(this: object, ...args: unknown[]): unknown {
      const result: unknown = Reflect.apply(Reflect.get(Object.getPrototypeOf(object), name), this, args);
      then(result);
      return result;
    },
  });
}

/** Work that shows in no hook: messages between ports, and WebAssembly compiled on V8's own threads. */
export function routeUnseen(): void {
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
      track(id, place.world);
      const over = () => done(id);
      result.then(over, over);
    });
  }
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
