/**
 * The only limit of real time in the tests, in milliseconds: what takes longer hangs. It is generous, so that a slow
 * machine that is busy with something else as well breaks no test; of what tests prove, nothing rests on it.
 */
export const HANG_GUARD_MS = 300_000;
