import type { Clock } from '../core/clock.ts';

export const TIME_IS_UP = Symbol('time is up');
/** Made once: an error per call would be dear, and nobody is left to read it. */
const OVER = new DOMException('It is over', 'AbortError');

/**
 * Races work against the clock; whichever loses is told to stop, so that nothing lives on behind the result.
 * Rejects with the signal's reason, when the caller leaves.
 */
export async function inTime<T>(
  clock: Clock,
  ms: number,
  work: (leave: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof TIME_IS_UP> {
  signal?.throwIfAborted();
  const race = new AbortController();
  const leave = () => race.abort(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    const timeout = clock.sleep(ms, race.signal).then((): typeof TIME_IS_UP => TIME_IS_UP);
    return await Promise.race([timeout, work(race.signal)]);
  } finally {
    signal?.removeEventListener('abort', leave);
    race.abort(OVER);
  }
}
