import { entryOf } from '../core/once.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { Scope } from '../core/stand.ts';
import { type Drain, drive } from './driver.ts';
import { OwnMap, OwnSet } from './originals.ts';
import { at, hasTimers, Place, type RealIo, type Surroundings } from './place.ts';
import { routesInstalled } from './routes.ts';
import { VirtualClock } from './virtual-clock.ts';
import { tellOpen } from './watch.ts';

export interface World {
  readonly clock: VirtualClock;
  readonly random: Random;
  /**
   * Runs `fn` with the routed globals in this world and drives its clock until what `fn` returns has settled.
   * One run at a time; timers left over wait for the next. Rejects with a `DeadlockError` or a `LivelockError`
   * where nothing, or nothing new, can happen any more.
   */
  run<T>(fn: () => Promise<T>): Promise<T>;
  /** Attributes everything done inside to one ask: its calls, its draws, its real work. */
  enter<T>(scope: Scope, fn: () => T): T;
  /** What an ask hangs at, as far as it can be seen; the world is told of what may come to it from outside. */
  waitedFor(scope: Scope): string;
}

export interface WorldOptions {
  /** As users know it. */
  name?: string;
  seed: number;
  /** Milliseconds since the Unix epoch at which the world begins. */
  epochMs: number;
  /** What `fetch` does inside; `currentScope()` tells it whose call it is. */
  fetch: typeof globalThis.fetch;
  /** Told once per ask, kind and module; see RealIo. */
  onRealIo(io: RealIo): void;
  /** Gets what code inside prints; without it nobody does. */
  onOutput?(text: string): void;
  /** Steps at one and the same instant after which the world counts as livelocked. */
  stepCap?: number;
  /** How microtasks are drained between steps; the order of events is the same. For tests. */
  drain?: Drain;
}

export function createVirtualWorld(options: WorldOptions): World {
  const random = createRandom(options.seed);
  const clock = new VirtualClock(options.epochMs);
  const told = new OwnSet<string>();
  const surroundings: Surroundings = {
    name: options.name,
    clock,
    random,
    fetch: options.fetch,
    timersById: new OwnMap(),
    realWork: 0,
    realTurns: 0,
    wake: undefined,
    say: (text) => at(undefined, () => options.onOutput?.(text)),
    report(io) {
      const kind = `${io.scope?.ask} ${io.what}`;
      // Of the later steps of one piece of work nobody knows who began it.
      if (told.has(`${kind} ${io.by}`) || (io.by === 'unknown' && told.has(kind))) return;
      told.add(kind).add(`${kind} ${io.by}`);
      options.onRealIo(io);
    },
  };
  const nobody = new Place(surroundings, undefined);
  const places = new OwnMap<number, Place>();
  const waiting = new OwnMap<number, Scope>();
  let busy = false;

  const placeOf = (scope: Scope) => entryOf(places, scope.ask, () => new Place(surroundings, scope));

  return {
    clock,
    random,
    async run(fn) {
      if (!routesInstalled()) throw new Error('installRoutes() must run before a virtual world does');
      if (busy) throw new Error('this world runs already');
      busy = true;
      try {
        return await drive({
          world: surroundings,
          begin: () => at(nobody, fn),
          waiting: () => [...waiting.values()],
          stepCap: options.stepCap ?? 100_000,
          drain: options.drain ?? 'fast',
        });
      } finally {
        busy = false;
      }
    },
    enter(scope, fn) {
      const result = at(placeOf(scope), fn);
      if (result instanceof Promise) {
        waiting.set(scope.ask, scope);
        const over = () => {
          waiting.delete(scope.ask);
          // Of a long run there are more than memory should hold.
          places.delete(scope.ask);
        };
        result.then(over, over);
      }
      return result;
    },
    waitedFor: (scope) => at(placeOf(scope), waitedForHere),
  };
}

const OWN_TIMER = 'a timer of its own';
const UNSETTLED = 'a promise that nothing will settle';

function waitedForHere(): string {
  const outside = tellOpen();
  if (outside.length > 0) return `${outside.join(', ')}, outside of the virtual world`;
  return hasTimers() ? OWN_TIMER : UNSETTLED;
}
