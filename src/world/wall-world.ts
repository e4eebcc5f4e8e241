import type { Clock } from '../core/clock.ts';
import { createRandom, type Random } from '../core/random.ts';
import type { Scope } from '../core/stand.ts';
import { createWallClock } from './wall-clock.ts';

/** The asks of a world whose target is a process of its own. */
export interface Asks {
  /** Those under way, in the order in which they began. */
  readonly open: readonly Scope[];
  /** All there were, those under way as well, in the order in which they began. */
  readonly all: readonly Scope[];
  /** The one that ended last. */
  readonly last: Scope | undefined;
}

export interface WallWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly asks: Asks;
  run<T>(fn: () => Promise<T>): Promise<T>;
  enter<T>(scope: Scope, fn: () => T): T;
  /** What an ask waits for that does not end. */
  waitedFor(): string;
}

/** A world in the machine's own time: what is asked in it runs in processes of its own, and nothing of ours is in its way. */
export function createWallWorld(seed: number): WallWorld {
  const open: Scope[] = [];
  const all: Scope[] = [];
  let last: Scope | undefined;
  return {
    clock: createWallClock(),
    random: createRandom(seed),
    asks: {
      open,
      all,
      get last() {
        return last;
      },
    },
    run: (fn) => fn(),
    enter(scope, fn) {
      // Whoever asks wants to be told apart from its first call on.
      open.push(scope);
      all.push(scope);
      const over = () => {
        open.splice(open.indexOf(scope), 1);
        last = scope;
      };
      const result = fn();
      if (result instanceof Promise) result.then(over, over);
      else over();
      return result;
    },
    waitedFor: () => 'its answer',
  };
}
