import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '../core/random.ts';
import type { Scope } from '../core/stand.ts';
import { OwnSet } from './originals.ts';
import type { DrivenClock } from './timer.ts';

/** Something done outside the virtual world by code inside it. */
export interface RealIo {
  /** e.g. `net.connect 127.0.0.1:6379`, `fs`, `crypto`. */
  what: string;
  /** The package, or the file relative to the working folder, that did it. */
  by: string;
  /** Nothing can vouch for the run any more. What is not fatal was waited for. */
  fatal: boolean;
  /** Whose work it was; undefined where it could not be told. */
  scope: Scope | undefined;
}

/** A virtual world as the routes, the guard and the watch see it. */
export interface Surroundings {
  /** As users know it, e.g. the drill that runs in it. */
  readonly name: string | undefined;
  readonly clock: DrivenClock;
  readonly random: Random;
  readonly fetch: typeof globalThis.fetch;
  /** Timers whose numeric id was asked for. */
  readonly timersById: Map<number, { close(): void }>;
  /** Pieces of real work the clock must wait for. */
  realWork: number;
  /** Turns of the real event loop the clock must wait for: a message between ports is delivered within two. */
  realTurns: number;
  /** Set while the driver waits: called when the last piece of real work is done. */
  wake: (() => void) | undefined;
  report(io: RealIo): void;
  /** What code inside prints. */
  say(text: string): void;
}

/** So many timers and waits of one ask: more than any client sets in an hour, and few enough to be soon over. */
export const MOST_TIMERS = 50_000;

/** So many turns of the event loop in a row take no time. Of more, several take a millisecond together, or a poll would never end. */
const FREE_TURNS = 1000;
const TURNS_A_MS = 10;

/** Counts turns of the event loop in a row. */
class Turns {
  /** The number of the turn that immediates are set for. */
  next = 0;
  #inRow = 0;
  #at = 0;

  /** Milliseconds until the next turn: none, or one at the end of as many as take it. */
  msAt(now: number): number {
    return this.#isPaid(now) && this.#inRow % TURNS_A_MS === 0 ? 1 : 0;
  }

  /** Whether the next turn is one of several that take a millisecond together, and not the last of them. */
  isPart(now: number): boolean {
    return this.#isPaid(now) && this.#inRow % TURNS_A_MS !== 0;
  }

  /** An immediate fires that was set for this turn. */
  begin(turn: number, now: number): void {
    if (turn !== this.next) return;
    this.next += 1;
    this.#inRow = now - this.#at <= 1 ? this.#inRow + 1 : 0;
    this.#at = now;
  }

  #isPaid = (now: number) => this.#inRow >= FREE_TURNS && now - this.#at <= 1;
}

/** Where some code runs: in which world, and for whom. It travels along promises and callbacks. */
export class Place {
  readonly world: Surroundings;
  readonly scope: Scope | undefined;
  #chance: Random | undefined;
  #ids: Random | undefined;
  #timersLeft = MOST_TIMERS;
  #turns: Turns | undefined;
  #gaveUp = false;

  constructor(world: Surroundings, scope: Scope | undefined) {
    this.world = world;
    this.scope = scope;
  }

  /** Whether one more timer may be set. */
  countTimer(): boolean {
    return this.scope === undefined || this.#timersLeft-- > 0;
  }

  /** The next timer that is set does not count. */
  spareTimer(): void {
    if (!this.#gaveUp) this.#timersLeft += 1;
  }

  /** From now on no timer fires that is set here; false where that was so before. */
  giveUp(): boolean {
    if (this.#gaveUp) return false;
    this.#gaveUp = true;
    this.#timersLeft = 0;
    return true;
  }

  /** Turns of the event loop that its immediates make. */
  get turns(): Turns {
    this.#turns ??= new Turns();
    return this.#turns;
  }

  /** What `Math.random` draws from. Each ask has its own, so that one ask never shifts another's draws. */
  get chance(): Random {
    this.#chance ??= this.world.random.fork(`${this.scope?.ask ?? 0}/Math.random`);
    return this.#chance;
  }

  /** What `crypto` draws from, apart from `chance`: a retry's jitter does not change the next id. */
  get ids(): Random {
    this.#ids ??= this.world.random.fork(`${this.scope?.ask ?? 0}/crypto`);
    return this.#ids;
  }
}

/** Where the command's own work is done that goes on beside a running world, and uses packages that know of no world. */
const OURS = Symbol('ours');

const storage = new AsyncLocalStorage<Place | typeof OURS | undefined>();

/** Worlds whose clock is being driven right now. */
export const running = new OwnSet<Surroundings>();

export function currentPlace(): Place | undefined {
  const place = storage.getStore();
  return place === OURS ? undefined : place;
}

/** Whether the current code is known to be the command's own. */
export const isOurs = (): boolean => storage.getStore() === OURS;

/** Runs `fn`, and all that comes of it, outside of every world and in real time. */
export function asOurs<T>(fn: () => T): T {
  return storage.run(OURS, fn);
}

/** Whose work the current code does; undefined outside an ask. */
export function currentScope(): Scope | undefined {
  return currentPlace()?.scope;
}

/** Whether the current code has timers that are yet to fire. */
export function hasTimers(): boolean {
  const place = currentPlace();
  return place?.world.clock.holds(place) ?? false;
}

/** Runs `fn` at a place, or outside every world. */
export function at<T>(place: Place | undefined, fn: () => T): T {
  return storage.run(place, fn);
}
