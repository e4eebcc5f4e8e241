import type { StoppedBy } from '../core/stop.ts';
import type { Wanted } from '../plans.ts';
import type { Seeds } from '../seeds.ts';

/** The run of which it is a share. */
export interface Start extends Omit<Wanted, 'mode'> {
  seeds?: Seeds | undefined;
  bodies?: boolean | undefined;
}

/** What to play next; or that the run is stopped. What is told of a drill is appended to the file `into`. */
export type Order = { seed: number } | { drill: string; into: string | undefined } | { stop: StoppedBy };

/**
 * Orders come in by standard input. What is told goes out by this descriptor, where it does not go to a file: a line is a word
 * and its JSON, or a number: so many bytes of the file can be read.
 */
export const MESSAGES = 3;
