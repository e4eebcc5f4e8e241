import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Garbage is collected once in so many events, so that weakly held things vanish at other moments than in the first run. */
export const EVENTS_PER_COLLECTION = 20;

/** Collects all garbage at each call. */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return () => {
    if (typeof gc === 'function') gc();
  };
}

/** Lets new space grow, at once to what long runs need: each step there copies what lives. */
export function letHeapGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=8');
}
