import type { Clock } from '../core/clock.ts';

export const TIME_IS_UP = Symbol('time is up');
/** Made once: an error per call would be dear, and nobody is left to read it. */
const OVER = new DOMException('It is over', 'AbortError');

/**
 * Races work against the clock; whichever loses is told to stop, so that nothing lives on behind the result.
 * Rejects with the signal's reason, when the caller leaves.
 */
export const inTime = <T>(
  clock: Clock,
  ms: number,
  work: (leave: AbortSignal) => Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof TIME_IS_UP> => race((leave) => clock.sleep(ms, leave), work, signal);

/** The same with `ms` for each step of the work, which tells of it by `goesOn`, and `mostMs` for all of them. */
export function whileItGoesOn<T>(
  clock: Clock,
  { ms, mostMs }: { ms: number; mostMs: number },
  work: (leave: AbortSignal, goesOn: () => void) => Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof TIME_IS_UP> {
  const most = clock.now() + mostMs;
  const next = () => Math.min(most, clock.now() + ms);
  let until = next();
  const stops = async (leave: AbortSignal) => {
    // A step only moves the end: a timer for each would be dear.
    while (clock.now() < until) await clock.sleep(until - clock.now(), leave);
  };
  const goesOn = () => {
    until = next();
  };
  return race(stops, (leave) => work(leave, goesOn), signal);
}

async function race<T>(
  timeIsUp: (leave: AbortSignal) => Promise<void>,
  work: (leave: AbortSignal) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | typeof TIME_IS_UP> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const leave = () => over.abort(signal?.reason);
  signal?.addEventListener('abort', leave, { once: true });
  try {
    const timeout = timeIsUp(over.signal).then((): typeof TIME_IS_UP => TIME_IS_UP);
    return await Promise.race([timeout, work(over.signal)]);
  } finally {
    signal?.removeEventListener('abort', leave);
    over.abort(OVER);
  }
}
