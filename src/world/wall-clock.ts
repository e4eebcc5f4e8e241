import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { whenAborted } from './abort.ts';
import { originals } from './originals.ts';

/** The machine's time, starting now. */
export function createWallClock(): Clock {
  const began = originals.performanceNow();
  return {
    kind: 'wall',
    epochMs: originals.dateNow(),
    now: () => Math.trunc(originals.performanceNow() - began),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        let forget: (() => void) | undefined;
        if (signal?.aborted) return reject(signal.reason);
        const timer = originals.setTimeout(() => {
          forget?.();
          resolve();
        }, Math.trunc(ms));
        forget = whenAborted(signal, (reason) => {
          originals.clearTimeout(timer);
          reject(reason);
        });
      }),
    never: (signal) =>
      new Promise((_, reject) => {
        whenAborted(signal, reject);
      }),
  };
}

/** The machine's date, which may jump: for what is due at a time of day, over months and through sleep. */
export function createDateClock(): Clock {
  return { ...createWallClock(), epochMs: 0, now: () => originals.dateNow() };
}

/** A moment as ISO 8601 in UTC, for people. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The other way round; NaN where the text is no moment. */
export const momentOf = (iso: string): number => Date.parse(iso);

/** The day in UTC, e.g. 2026-12-31. */
export const today = (): string => isoTime(originals.dateNow()).slice(0, 'yyyy-mm-dd'.length);

/** A word that nobody can guess, outside of every world: no two runs have the same. */
export const unguessable = (): string => randomUUID();
