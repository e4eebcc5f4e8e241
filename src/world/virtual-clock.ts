import type { Clock } from '../core/clock.ts';
import { whenAborted } from './abort.ts';
import { giveUp } from './crash.ts';
import { originals } from './originals.ts';
import { currentPlace, MOST_TIMERS } from './place.ts';
import type { DrivenClock, Timer } from './timer.ts';

/**
 * Time that moves only when it is stepped: an indexed heap keyed by due time, then by order of scheduling,
 * so that ties never depend on the heap. It knows nothing of microtasks; its driver does.
 */
export class VirtualClock implements DrivenClock {
  readonly kind = 'virtual';
  readonly epochMs: number;
  #now = 0;
  #seq = 0;
  readonly #heap: Timer[] = [];

  constructor(epochMs: number) {
    this.epochMs = Math.trunc(epochMs);
  }

  now(): number {
    return this.#now;
  }

  /** How many timers wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** Whether code at this place has set a timer that still waits. */
  holds(place: object): boolean {
    return this.#heap.some((timer) => timer.place === place);
  }

  /** Fires `fn` after `ms` milliseconds, cut to a whole number; less than 0 counts as 0. Never for an ask that spins. */
  schedule(ms: number, fn: () => void): Timer {
    const place = currentPlace();
    const timer = { at: this.#now + Math.max(0, Math.trunc(ms) || 0), seq: this.#seq++, index: -1, place, fn };
    if (place !== undefined && !place.countTimer()) {
      giveUp(`it set ${MOST_TIMERS} timers in one task`);
      return timer;
    }
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1, timer);
    return timer;
  }

  /** Does nothing to a timer that fired or was cancelled before. */
  cancel(timer: Timer): void {
    if (timer.index >= 0) this.#remove(timer);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let forget: (() => void) | undefined;
      if (signal?.aborted) return reject(signal.reason);
      const timer = this.schedule(ms, () => {
        forget?.();
        resolve();
      });
      forget = whenAborted(signal, (reason) => {
        this.cancel(timer);
        reject(reason);
      });
    });
  }

  never(signal?: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      whenAborted(signal, reject);
    });
  }

  /** When the next timer is due; undefined where none waits. */
  peek(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** Moves to the next timer and fires it; false where none waits. */
  step(): boolean {
    const timer = this.#heap[0];
    if (timer === undefined) return false;
    this.#remove(timer);
    this.#now = timer.at;
    timer.fn();
    return true;
  }

  #remove(timer: Timer): void {
    const index = timer.index;
    timer.index = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === timer) return;
    const parent = this.#heap[(index - 1) >> 1];
    if (index > 0 && parent !== undefined && before(last, parent)) this.#rise(index, last);
    else this.#sink(index, last);
  }

  #rise(from: number, timer: Timer): void {
    let index = from;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = this.#heap[up];
      if (parent === undefined || !before(timer, parent)) break;
      this.#put(index, parent);
      index = up;
    }
    this.#put(index, timer);
  }

  #sink(from: number, timer: Timer): void {
    let index = from;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = left !== undefined && right !== undefined && before(right, left) ? right : left;
      if (child === undefined || !before(child, timer)) break;
      const down = child.index;
      this.#put(index, child);
      index = down;
    }
    this.#put(index, timer);
  }

  #put(index: number, timer: Timer): void {
    this.#heap[index] = timer;
    timer.index = index;
  }
}

/** Calls `fn` after so many milliseconds, unless what comes back is called before: on a virtual clock without a promise. */
export function alarm(clock: Clock, ms: number, fn: () => void): () => void {
  if (clock instanceof VirtualClock) {
    const timer = clock.schedule(ms, fn);
    return () => clock.cancel(timer);
  }
  const off = new originals.AbortController();
  clock.sleep(ms, off.signal).then(fn, () => {});
  return () => off.abort();
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}
