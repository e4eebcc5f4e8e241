import { setImmediate as turn } from 'node:timers/promises';
import { VirtualClock } from '../world/virtual-clock.ts';

/** A clock that stands still until a test drives it. */
export class HandClock extends VirtualClock {
  constructor() {
    super(1_790_000_000_000);
  }

  /** Fires timers one at a time, with all that follows from each, until `work` is over. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const watched = work.finally(() => {
      over = true;
    });
    // A rejection is met by whoever awaits the result, perhaps some turns later.
    watched.catch(() => {});
    for (;;) {
      await turn();
      if (over) return watched;
      if (!this.step()) throw new Error('nothing is left that could end it');
    }
  }
}
