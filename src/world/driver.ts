import type { Scope } from '../core/stand.ts';
import { forgetIn } from './crash.ts';
import { openIn } from './open-handles.ts';
import { originals } from './originals.ts';
import { at, running, type Surroundings } from './place.ts';
import { loaderIsBusy } from './route-unseen.ts';
import { abandon, watch } from './watch.ts';

/** `fast`: inside one macrotask, where this Node can; `portable`: one macrotask a step. */
export type Drain = 'fast' | 'portable';

/** Nothing can happen any more, and somebody still waits. */
export class DeadlockError extends Error {
  /** The asks that wait. */
  readonly waiting: readonly Scope[];
  constructor(atMs: number, waiting: readonly Scope[], open: readonly string[]) {
    const outside = open.length === 0 ? '' : `, perhaps for ${open.join(', ')}, outside of the virtual world`;
    super(
      `deadlock at ${atMs} ms: no timer is left, no work is in flight, and ${named(waiting)} still waits${outside}`,
    );
    this.name = 'DeadlockError';
    this.waiting = waiting;
  }
}

/** Things happen without end, and no time passes. */
export class LivelockError extends Error {
  readonly waiting: readonly Scope[];
  constructor(atMs: number, steps: number, waiting: readonly Scope[]) {
    super(`livelock at ${atMs} ms: ${steps} steps and no time passed, while ${named(waiting)} waits`);
    this.name = 'LivelockError';
    this.waiting = waiting;
  }
}

function named(waiting: readonly Scope[]): string {
  return waiting.map((scope) => `ask ${scope.ask} (${scope.task})`).join(', ') || 'the run';
}

/** So many steps, or so many real milliseconds, until signals and the terminal get their turn. */
const SLICE_STEPS = 20_000;
const SLICE_MS = 50;
/** Real milliseconds that real work may take before the clock goes on without it. */
const PATIENCE_MS = 10_000;
/** The same where no timer waits, so that there is nothing to go on to, and the work goes on from piece to piece. */
const LONG_PATIENCE_MS = 120_000;
const SLOW = `real work that took more than ${PATIENCE_MS / 1000} s`;

interface Drive<T> {
  world: Surroundings;
  begin(): Promise<T>;
  waiting(): readonly Scope[];
  stepCap: number;
  drain: Drain;
}

/**
 * Fires one timer, drains all microtasks, then the next, until `begin`'s promise has settled. Before a step it holds
 * while the world does real work, so that no deadline passes because of a disk.
 */
export function drive<T>({ world, begin, waiting, stepCap, drain: wish }: Drive<T>): Promise<T> {
  const { clock } = world;
  return new Promise((resolve, reject) => {
    let settled: (() => void) | undefined;
    let drain: (() => void) | undefined;
    let stepsAtOnce = 0;
    /**
     * Since when real work keeps a timer waiting, or, where none waits, is waited for all the same, and since when that is
     * for the piece that is under way.
     */
    let since: { timer?: number; work?: number; piece?: number } = {};
    /** Whether the clock has lost patience: then it waits no more. */
    let tired = false;
    let stopWatching: (() => void) | undefined;

    // The driver itself is nowhere, so that its own macrotasks are not taken for the world's.
    const later = (fn: () => void) => at(undefined, () => originals.setImmediate(fn));

    const end = (finish: () => void) => {
      running.delete(world);
      stopWatching?.();
      abandon(world);
      forgetIn(world);
      finish();
    };

    const step = (): boolean => {
      const before = clock.now();
      since = {};
      if (!clock.step()) {
        const open = openIn(world).map(({ what }) => what);
        end(() => reject(new DeadlockError(before, waiting(), tired ? [...open, SLOW] : open)));
        return false;
      }
      stepsAtOnce = clock.now() === before ? stepsAtOnce + 1 : 0;
      // Each ask that spins is stopped by its own count before it has used up its share.
      if (stepsAtOnce <= stepCap || stepsAtOnce <= stepCap * (1 + waiting().length)) return true;
      end(() => reject(new LivelockError(before, stepsAtOnce, waiting())));
      return false;
    };

    const turn = () => {
      const began = originals.performanceNow();
      for (let steps = 1; steps <= SLICE_STEPS; steps++) {
        if (drain !== undefined) surviving(drain);
        if (settled !== undefined) return end(settled);
        const works = world.realWork > 0 || loaderIsBusy;
        if ((works || world.realTurns > 0) && !tired) {
          if (patience() <= 0) tire();
          else if (works) return hold();
          else world.realTurns--;
          break;
        }
        if (!step()) return;
        if (drain === undefined || (steps % 64 === 0 && originals.performanceNow() - began > SLICE_MS)) break;
      }
      later(turn);
    };

    /** What a tick of the target throws is the process's to deal with; the driver goes on after it. */
    const surviving = (fn: () => void) => {
      let whole = false;
      try {
        fn();
        whole = true;
      } finally {
        if (!whole) later(turn);
      }
    };

    const patience = (): number => {
      const now = originals.performanceNow();
      if (clock.peek() !== undefined) {
        since.timer ??= now;
        return PATIENCE_MS - (now - since.timer);
      }
      // A busy machine takes its time to read all the files of a module, and no deadline passes meanwhile.
      since.work ??= now;
      since.piece ??= now;
      return Math.min(PATIENCE_MS - (now - since.piece), LONG_PATIENCE_MS - (now - since.work));
    };

    const tire = () => {
      tired = true;
      world.report({ what: SLOW, by: 'unknown', fatal: true, scope: undefined });
    };

    const hold = () => {
      const goOn = () => {
        world.wake = undefined;
        originals.clearTimeout(giveUp);
        later(turn);
      };
      const giveUp = at(undefined, () => originals.setTimeout(() => goOn(), patience()));
      world.wake = () => {
        delete since.piece;
        goOn();
      };
    };

    later(() => {
      drain = wish === 'fast' ? fastDrain() : undefined;
      running.add(world);
      stopWatching = watch();
      new Promise<T>((go) => go(begin())).then(
        (value) => {
          settled = () => resolve(value);
        },
        (error: unknown) => {
          settled = () => reject(error);
          // A run that was cancelled waits for nobody's disk.
          world.wake?.();
        },
      );
      later(turn);
    });
  });
}

/**
 * `process._tickCallback` runs ticks and microtasks until none is left. It is undocumented, so it is tried first;
 * it must be called from a macrotask.
 */
function fastDrain(): (() => void) | undefined {
  const tick: unknown = Reflect.get(process, '_tickCallback');
  if (typeof tick !== 'function') return undefined;
  const drain = () => void Reflect.apply(tick, process, []);
  let hops = 0;
  originals.queueMicrotask(() =>
    originals.nextTick(() =>
      originals.queueMicrotask(() => {
        hops++;
      }),
    ),
  );
  drain();
  return hops === 1 ? drain : undefined;
}
