/** What is said about computing here are ratios inside one run, of which a slow or busy machine changes both sides. */

const FACTOR = 16;
/** In the middle between linear time, where the ratio is 1, and quadratic time, where it is `FACTOR`. */
const MOST = 4;
const ROUNDS = 9;

/** Milliseconds that this process computes, whatever else the machine does meanwhile. */
export async function computing(work: () => unknown): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

/**
 * Whether the time of some work grows with its size alone: a piece of size `n` is hardly dearer than sixteen pieces of
 * a sixteenth. What disturbs a measurement passes, and quadratic time does not, so one good round of several is enough.
 * `i` tells pieces of work apart, for work that remembers.
 */
export async function isLinear(work: (n: number, i: number) => unknown, n: number): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round++) {
    const parts = await computing(async () => {
      for (let i = 0; i < FACTOR; i++) await work(n / FACTOR, round * FACTOR + i);
    });
    const whole = await computing(() => work(n, round));
    if (whole < MOST * parts) return true;
  }
  return false;
}
