import type { Clock } from '../core/clock.ts';

/** One entry of the clock. `index` is its place in the heap, -1 once it fired or was cancelled. */
export interface Timer {
  readonly at: number;
  readonly seq: number;
  index: number;
  /** The place whose code set it. */
  readonly place: object | undefined;
  fn: () => void;
}

/** A clock whose time passes only when it is told to. */
export interface DrivenClock extends Clock {
  /** Timers that have not fired. */
  readonly size: number;
  /** Fires `fn` after `ms` milliseconds, cut to a whole number; less than 0 counts as 0. Never for an ask that spins. */
  schedule(ms: number, fn: () => void): Timer;
  cancel(timer: Timer): void;
  /** When the next timer is due; undefined where none waits. */
  peek(): number | undefined;
  /** Moves time to the next timer and fires it; false where none waits. */
  step(): boolean;
  /** Whether code at this place has set a timer that still waits. */
  holds(place: object): boolean;
}
