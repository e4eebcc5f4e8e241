import type { TraceEvent } from '../core/trace.ts';

export interface AskEvents {
  ask: number;
  task: string;
  events: TraceEvent[];
}

/** So many are judged one after the other: that costs a third less than each of them between two asks of the target. */
const TOGETHER = 128;

/**
 * Hands on the asks of a phase in their order, some time after their end, so that none is kept until the phase is over. What an
 * ask leaves behind may come still later, though: then what was handed on was not all of it.
 */
export class EndedAsks {
  readonly #open = new Map<number, AskEvents & { ended: boolean }>();
  readonly #handOn: (ask: AskEvents) => void;
  #ended = 0;
  #newest = 0;
  #now = 0;
  #late = false;

  constructor(handOn: (ask: AskEvents) => void) {
    this.#handOn = handOn;
  }

  /** Whether something came of an ask that was not open. */
  get late(): boolean {
    return this.#late;
  }

  add(event: TraceEvent): void {
    if (!('ask' in event) || event.ask === undefined) return;
    // What comes in the same moment as an ending may still belong to it.
    if (this.#ended >= TOGETHER && event.at > this.#now) this.#handOnEnded();
    this.#now = event.at;
    if (event.kind === 'ask') this.#begin(event.ask, event.task);
    const asked = this.#open.get(event.ask);
    this.#late ||= asked === undefined;
    if (asked === undefined) return;
    asked.events.push(event);
    if (asked.ended || (event.kind !== 'outcome' && event.kind !== 'hung')) return;
    asked.ended = true;
    this.#ended += 1;
  }

  /** The phase is over: those that never ended are handed on as well. */
  end(): void {
    for (const asked of this.#open.values()) this.#handOn(asked);
    this.#open.clear();
  }

  #begin(ask: number, task: string): void {
    // In a stored run they may begin in any order, and twice.
    this.#late ||= ask <= this.#newest;
    this.#newest = Math.max(this.#newest, ask);
    this.#open.set(ask, { ask, task, events: [], ended: false });
  }

  #handOnEnded(): void {
    for (const asked of this.#open.values()) {
      if (!asked.ended) return;
      this.#open.delete(asked.ask);
      this.#ended -= 1;
      this.#handOn(asked);
    }
  }
}
