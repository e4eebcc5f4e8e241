import type { StoppedBy } from '../core/stop.ts';
import type { Wanted } from '../plans.ts';
import type { Seeds } from '../seeds.ts';

/** The run of which it is a share. */
export interface Start extends Omit<Wanted, 'mode'> {
  seeds?: Seeds | undefined;
  bodies?: boolean | undefined;
}

/** What to play next; or that the run is stopped. */
export type Order = { seed: number } | { drill: string } | { stop: StoppedBy };

/** Orders come in by standard input. What is told goes out by this descriptor: a line is a word and its JSON. */
export const MESSAGES = 3;
