import { entryOf } from '../core/once.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { AskEvents } from './ended-asks.ts';
import { EVENTS, Kept } from './kept.ts';

/** The events of a phase, which can only be judged when it is over: what an ask left behind may come late. */
export class PhaseEvents {
  readonly #events = new Kept<TraceEvent>(EVENTS);
  readonly #tasks = new Map<number, string>();
  /** Where the last event of each ask stands. */
  readonly #last = new Map<number, number>();

  add(event: TraceEvent): void {
    if (event.kind === 'ask') this.#tasks.set(event.ask, event.task);
    if ('ask' in event && event.ask !== undefined) this.#last.set(event.ask, this.#events.length);
    this.#events.push(event);
  }

  close(): void {
    this.#events.close();
  }

  /** The events of each ask, in the order of the asks; `see` gets every event. What belongs to no ask goes to none. */
  *asks(see: (event: TraceEvent) => void): Generator<AskEvents, void> {
    const order = [...this.#tasks.keys()].sort((a, b) => a - b);
    const open = new Map<number, TraceEvent[]>();
    const whole = new Set<number>();
    let next = 0;
    let at = 0;
    for (const event of this.#events) {
      see(event);
      if ('ask' in event && event.ask !== undefined && this.#tasks.has(event.ask)) {
        entryOf(open, event.ask, () => []).push(event);
        if (this.#last.get(event.ask) === at) whole.add(event.ask);
      }
      at += 1;
      for (let ask = order[next]; ask !== undefined && whole.has(ask); ask = order[++next]) {
        yield { ask, task: this.#tasks.get(ask) ?? '', events: open.get(ask) ?? [] };
        open.delete(ask);
      }
    }
  }
}
