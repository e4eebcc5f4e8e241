import { asyncWrapProviders, createHook } from 'node:async_hooks';
import { entryOf } from '../core/once.ts';
import { callOf, closeAll, keepOpen, openIn, watchHandle } from './open-handles.ts';
import { bare, OwnMap } from './originals.ts';
import { currentPlace, type Place, type Surroundings } from './place.ts';
import { filesOnStack, whoCalled } from './who.ts';

/**
 * How real work shows in async_hooks. `request`: begun and done once. `job`: a request only if somebody waits for
 * it (synchronous crypto makes the same resource). `stream`: each write is a request. `process`: a request once it is
 * started. `seen`: reported, not waited for. `handle`: reported once something comes of it, or an ask hangs that may wait for it.
 */
type How = 'request' | 'job' | 'stream' | 'process' | 'seen' | 'thread' | 'timer' | 'handle' | 'turn';
interface Kind {
  how: How;
  what: string;
  fatal: boolean;
}

const kinds = new OwnMap<string, Kind>();
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
kind('process', 'child process', true, 'PROCESSWRAP');
kind('seen', 'socket', true, 'TCPWRAP', 'TCPSERVERWRAP', 'PIPESERVERWRAP');
kind('thread', 'worker thread', true, 'WORKER');
kind('handle', 'fs.watch', true, 'FSEVENTWRAP');
kind('handle', 'fs.watchFile', true, 'STATWATCHER');
kind('handle', 'a UDP socket', true, 'UDPWRAP');
kind('timer', 'a timer taken before the drill began', true, 'Timeout');
kind('turn', '', false, 'Immediate');

/** Work in flight, by its async id. A stream may begin its next write before the end of the last is told: they are counted. */
const inFlight = new OwnMap<number, { world: Surroundings; count: number; what: string }>();

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
    track(id, place.world, what);
  };
  // A synchronous job gives its result at once, as an array.
  if (how === 'job') whenCalled(resource, 'run', (result) => Array.isArray(result) || working());
  if (how === 'stream') whenCalled(resource, 'write', working);
  if (how === 'process') whenCalled(resource, 'spawn', working);
  if (how === 'request') working();
  if (how === 'seen') report(what, fatal, place);
  if (how === 'thread' && !byLoader()) report(what, fatal, place);
  if (how === 'timer') reportTimer(what, place, resource);
  if (how === 'handle') watchHandle(what, place, resource);
  if (how === 'turn') track(id, place.world, 'a turn of the event loop');
}

/**
 * What the current ask may wait for that comes from outside of its world; the world is told of it. Nothing that is still
 * open there can be told apart from what the ask waits for.
 */
export function tellOpen(): string[] {
  const place = currentPlace();
  if (place === undefined) return [];
  const { world, scope } = place;
  const works = [...inFlight.values()].filter((work) => work.world === world).map(({ what }) => what);
  const all = [...openIn(world), ...works.map((what) => ({ what: `${what} that does not end`, by: 'unknown' }))];
  for (const { what, by } of all) world.report({ what, by, fatal: true, scope });
  return [...new Set(all.map(({ what }) => what))];
}

export function report(what: string, fatal: boolean, place: Place): void {
  place.world.report({ what, by: whoCalled(), fatal, scope: place.scope });
}

/** A real timer inside a world: somebody kept the original. Node's own timers, and a console's, are not meant. */
function reportTimer(what: string, place: Place, timer: object): void {
  const files = filesOnStack();
  const caller = callerIn(files, /^node:(internal\/)?timers/);
  // Where the target keeps its stack to itself, it is not known to be Node's own.
  if (files.length > 0 && (caller === undefined || caller.startsWith('node:'))) return;
  if (files.some((file) => file.startsWith('node:internal/console'))) return;
  const by = whoCalled(files);
  place.world.report({ what, by, fatal: true, scope: place.scope });
  const isOpen = () => Reflect.get(timer, '_destroyed') === false && callOf(timer, 'hasRef') === true;
  keepOpen(place.world, timer, { what, by, isOpen });
}

/** The nearest file on the stack that is neither async_hooks nor `inside`; undefined where the stack says nothing. */
function callerIn(files: readonly string[], inside: RegExp): string | undefined {
  return files.find((file) => file !== 'node:internal/async_hooks' && !inside.test(file));
}

/** Node's own loader, which has a thread for the hooks of `module.register`. */
export const byLoader = () =>
  callerIn(filesOnStack(), /^node:internal\/worker/)?.startsWith('node:internal/modules/') === true;

export function track(id: number, world: Surroundings, what: string): void {
  if (inFlight.size === 0) endings.enable();
  entryOf(inFlight, id, () => ({ world, count: 0, what })).count++;
  world.realWork++;
}

export function done(id: number, count = 1): void {
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
  closeAll(world);
  for (const [id, work] of inFlight) if (work.world === world) gone(id);
}

/** Tells what a method of one object returned, and of what. */
export function whenCalled(
  object: object,
  name: string,
  then: (result: unknown, args: readonly unknown[]) => void,
): void {
  function call(this: object, ...args: unknown[]): unknown {
    const result: unknown = Reflect.apply(Reflect.get(Object.getPrototypeOf(object), name), this, args);
    then(result, args);
    return result;
  }
  Reflect.defineProperty(object, name, bare({ configurable: true, value: call }));
}
