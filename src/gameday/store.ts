import { type FaultUse, placeOf } from '../core/drill.ts';
import { entryOf } from '../core/once.ts';
import { type By, type Entry, endedAs, type Happened, type Switched } from '../stand/sockets/journal.ts';

/** What has been seen of a role or a tool. */
export interface Place {
  calls: number;
  underWay: number;
  /** How the last calls ended, and how long they took; the latest last. */
  last: { as: string; well: boolean; ms: number }[];
  /** Calls whose callers did not wait, and calls that were broken off here. */
  left: number;
  brokenOff: number;
}

/** A fault from when it was armed until it was taken away, and how the calls ended that its place had meanwhile. */
export interface Span {
  id: string;
  use: FaultUse;
  from: string;
  by: By;
  to?: string;
  toBy?: By;
  ended: Record<string, number>;
}

const MOST_LAST = 100;
const MOST_SPANS = 200;

/** What a game day has shown so far, for whoever looks at it now and then. Nothing in it grows with it. */
export class Store {
  /** By the names of roles and tools. */
  readonly places = new Map<string, Place>();
  /** The latest ones. */
  readonly spans: Span[] = [];
  /** How many faults were armed, those no longer kept among them. */
  switched = 0;

  /** A role or a tool of that name. */
  at(name: string): Place {
    return entryOf(this.places, name, () => ({ calls: 0, underWay: 0, last: [], left: 0, brokenOff: 0 }));
  }

  /** What is armed there now. */
  armedAt(place: string): Span[] {
    return this.spans.filter(({ use, to }) => to === undefined && placeOf(use) === place);
  }

  see(happened: Happened): void {
    if (happened.event === 'came') this.at(happened.role).underWay += 1;
    else if (happened.event === 'call') this.#end(happened);
    else this.#switch(happened);
  }

  #end(entry: Entry): void {
    const place = this.at(entry.role);
    const as = endedAs(entry);
    place.calls += 1;
    place.underWay -= 1;
    if (entry.how === 'left') place.left += 1;
    else if (entry.how !== 'complete') place.brokenOff += 1;
    place.last.push({ as, well: entry.how === 'complete' && entry.failure === null, ms: entry.ms });
    if (place.last.length > MOST_LAST) place.last.shift();
    // A call that hangs may end long after what holds it up was taken away.
    const had = this.spans.filter(({ use, to }) => placeOf(use) === entry.role && (to === undefined || to >= entry.at));
    for (const { ended } of had) ended[as] = (ended[as] ?? 0) + 1;
  }

  #switch({ event, id, use, at, by }: Switched): void {
    if (event === 'on') {
      this.switched += 1;
      this.spans.push({ id, use, from: at, by, ended: {} });
      const over = this.spans.findIndex(({ to }) => to !== undefined);
      if (this.spans.length > MOST_SPANS && over >= 0) this.spans.splice(over, 1);
      return;
    }
    const span = this.spans.find((one) => one.id === id && one.to === undefined);
    if (span !== undefined) Object.assign(span, { to: at, toBy: by });
  }
}
