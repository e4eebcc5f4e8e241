import type { EventEmitter } from 'node:events';
import type { Clock } from '../core/clock.ts';
import { entryOf } from '../core/once.ts';
import type { Scope } from '../core/stand.ts';
import { OwnEmitter, OwnMap, OwnSet, originals } from './originals.ts';
import { currentPlace, isOurs, running, type Surroundings } from './place.ts';
import { route } from './route.ts';

/** Code of a target did what ends a process of its own, or sets timers without end. */
export interface Crash {
  kind: 'died' | 'spins';
  /** e.g. `the target called process.exit(1)`. */
  what: string;
  /** What was thrown. */
  error?: unknown;
  /** Whose work it was; undefined where it could not be told. */
  scope: Scope | undefined;
  /** The clock of the world it happened in; undefined outside of one, or where it could not be told. */
  clock: Clock | undefined;
}

/** Says whether the crash was its own to deal with. */
type Listener = (crash: Crash) => boolean;

/** Each with the world in which it was begun. */
const listeners = new OwnMap<Listener, Surroundings | undefined>();
/** What listened to the process before us; it does again when the last of ours has gone. */
let before: Listening[] = [];
/** The command's own listeners for its signals. */
let signals: Listening[] = [];

interface Listening {
  event: string;
  those: readonly unknown[];
}

/**
 * While anybody listens, `process.exit`, uncaught exceptions and unhandled rejections do not end this process: the
 * newest listener that says the crash is its own deals with it. Returns the way back.
 */
export function onCrash(listener: Listener): () => void {
  if (listeners.size === 0) takeOver();
  listeners.set(listener, currentPlace()?.world);
  return () => forget(listener);
}

function forget(listener: Listener): void {
  if (listeners.delete(listener) && listeners.size === 0) handBack();
}

/** What was begun in a world is over with it, though it may wait for ever for what the world's code never did. */
export function forgetIn(world: Surroundings): void {
  for (const [listener, where] of listeners) if (where === world) forget(listener);
  theirs.delete(world);
}

/** Stops the current ask, which goes round without end: whatever it waits for from now on never comes. */
export function giveUp(why: string): void {
  if (currentPlace()?.giveUp()) tellCrash({ kind: 'spins', what: `the target goes round without end (${why})` });
}

/** What was thrown, in words. A target may throw anything, also what throws when it is looked at, or a page of HTML. */
export function sayThrown(error: unknown): string {
  try {
    const whole = error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error);
    const more = whole.length - LONGEST_SAID;
    return more > 0 ? `${whole.slice(0, LONGEST_SAID)} … and ${more} characters more` : whole;
  } catch {
    return 'something that cannot be told in words';
  }
}

/** So many characters of what was thrown are told: no provider's error page has more. */
const LONGEST_SAID = 65_536;

function tellCrash(crash: Pick<Crash, 'kind' | 'what' | 'error'>): void {
  const place = currentPlace();
  const whole = { ...crash, scope: place?.scope, clock: place?.world.clock };
  for (const listener of [...listeners.keys()].reverse()) if (listener(whole)) return;
}

/** Thrown by `process.exit`, which never returns. It was told before. */
class Exit extends Error {}

const UNCAUGHT = 'uncaughtException';
const UNHANDLED = 'unhandledRejection';
type CrashEvent = typeof UNCAUGHT | typeof UNHANDLED;
const isCrash = (event: unknown): event is CrashEvent => event === UNCAUGHT || event === UNHANDLED;

/** A target's own listeners for its crashes. The process never has them: what one of them throws would end it. */
const theirs = new OwnMap<Surroundings, EventEmitter>();
/** Rejections of ours, each for what was thrown in a callback. */
const thrown = new OwnSet<Promise<never>>();

/** Throws `error` where nobody catches it, as whoever runs a callback does. */
export function throwUncaught(error: unknown): void {
  // Of an exception nobody can tell whose it was; of a rejection one can.
  thrown.add(Promise.reject(error));
}

/** So many crashes at one instant are heard: a listener whose own promise rejects would hear of that for ever. */
const MOST_HEARD = 100;
let heard = { at: 0, times: 0 };

/** Whether the target listens for it itself: then it goes on, as under Node. */
function isHeard(event: CrashEvent, ...args: unknown[]): boolean {
  if (isOurs()) return false;
  const place = currentPlace();
  const own = place === undefined ? [...theirs.values()] : [theirs.get(place.world)];
  const those = own.flatMap((one) => one?.rawListeners(event) ?? []);
  if (those.length === 0) return false;
  const at = place?.world.clock.now() ?? 0;
  heard = { at, times: at === heard.at ? heard.times + 1 : 1 };
  if (heard.times > MOST_HEARD) {
    died(`the target's listener for '${event}' is called again and again by what it does itself`, args[0]);
    return true;
  }
  try {
    for (const one of those) Reflect.apply(one, process, args);
  } catch (error) {
    if (event === UNHANDLED) uncaught(error);
    else if (!(error instanceof Exit)) died(`the target's listener for '${event}' threw`, error);
  }
  return true;
}

const died = (how: string, error: unknown) => tellCrash({ kind: 'died', what: `${how}: ${sayThrown(error)}`, error });

function uncaught(error: unknown): void {
  if (error instanceof Exit || isHeard(UNCAUGHT, error, UNCAUGHT)) return;
  died('the target threw where nobody catches', error);
}

function unhandled(error: unknown, promise: Promise<never>): void {
  if (thrown.delete(promise)) uncaught(error);
  else if (!(error instanceof Exit || isHeard(UNHANDLED, error, promise) || isHeard(UNCAUGHT, error, UNHANDLED)))
    died('the target left a rejection unhandled', error);
}

const ours = { [UNCAUGHT]: uncaught, [UNHANDLED]: unhandled };

/** One by one: to remove all at once may call what is routed. */
function takeAway(event: string): readonly unknown[] {
  const those = originals.rawListeners(event);
  for (const one of those) Reflect.apply(originals.removeListener, undefined, [event, one]);
  return those;
}

function takeOver(): void {
  before = ([UNCAUGHT, UNHANDLED] as const).map((event) => {
    const those = takeAway(event);
    originals.on(event, ours[event]);
    return { event, those };
  });
  signals = ['SIGINT', 'SIGTERM'].map((event) => ({ event, those: originals.rawListeners(event) }));
}

function listenTo({ event, those }: Listening): void {
  const heard = originals.rawListeners(event);
  for (const one of those)
    if (!heard.some((other) => other === one)) Reflect.apply(originals.on, undefined, [event, one]);
}

const REMOVE = ['removeAllListeners', 'removeListener', 'off'] as const;
const ADD = ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener'] as const;
/** Not `emit`: by that Node itself tells of a crash. */
const ASK = ['listeners', 'rawListeners', 'listenerCount'] as const;

/** A target may stop its own listeners, not those that see to its crashes, nor from within a world those for Ctrl-C. */
function routeListeners(): void {
  for (const name of [...ADD, ...REMOVE, ...ASK]) {
    const original = process[name];
    route(process, name, (...args: unknown[]) => {
      const world = currentPlace()?.world;
      if (world !== undefined && running.has(world) && isCrash(args[0])) {
        const own = entryOf(theirs, world, () => new OwnEmitter());
        const given: unknown = Reflect.apply(own[name], own, args);
        return given === own ? process : given;
      }
      const given: unknown = Reflect.apply(original, process, args);
      if (listeners.size === 0 || !REMOVE.some((one) => one === name)) return given;
      for (const [event, one] of Object.entries(ours)) listenTo({ event, those: [one] });
      if (world !== undefined) {
        if (args.length === 0) theirs.delete(world);
        signals.forEach(listenTo);
      }
      return process;
    });
  }
}

/** Outside of a run the originals are what they were. */
export function routeExit(): void {
  routeListeners();
  const reallyExit: (code?: number | string | null) => never = Reflect.get(process, 'reallyExit');
  for (const name of ['exit', 'reallyExit']) {
    route(process, name, (...code: Parameters<typeof process.exit>) => {
      if (name === 'reallyExit' && (originals.leaving || listeners.size === 0))
        return Reflect.apply(reallyExit, process, code);
      if (listeners.size === 0) return originals.exit(...code);
      tellCrash({ kind: 'died', what: `the target called process.${name}(${code[0] ?? ''})` });
      throw new Exit(`process.${name}`);
    });
  }
  route(process, 'abort', () => {
    if (listeners.size === 0) return originals.abort();
    tellCrash({ kind: 'died', what: 'the target called process.abort()' });
    throw new Exit('process.abort');
  });
  route(globalThis, 'queueMicrotask', (callback: () => void) => {
    if (currentPlace() === undefined || typeof callback !== 'function') return originals.queueMicrotask(callback);
    originals.queueMicrotask(() => {
      try {
        callback();
      } catch (error) {
        throwUncaught(error);
      }
    });
  });
}

function handBack(): void {
  for (const { event, those } of before) {
    takeAway(event);
    listenTo({ event, those });
  }
}
