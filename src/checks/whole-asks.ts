import type { OutcomeKind } from '../core/outcome-kind.ts';
import { BASELINE, type EventOf, type TraceEvent } from '../core/trace.ts';

/** One ask of a phase, when it has ended. */
export interface WholeAsk {
  ask: EventOf<'ask'>;
  ending: EventOf<'outcome'> | EventOf<'hung'>;
  kind: OutcomeKind | 'hung';
  /** In order; what an abandoned call did later is not among them. */
  events: TraceEvent[];
}

/** Follows the asks of a drill one by one; memory holds those in flight. */
export class Asks {
  /** Where each phase began: what every finding of the drill rests on, however many asks there were. */
  readonly seqs: number[] = [];
  private phase: string | undefined;
  private readonly open = new Map<number, { ask: EventOf<'ask'>; events: TraceEvent[] }>();

  /** Takes the next event of the drill; gives the ask that ended with it. The baseline is passed over. */
  follow(event: TraceEvent): WholeAsk | undefined {
    if (event.kind === 'run-header' || event.phase === BASELINE) return undefined;
    if (event.kind === 'phase' && event.state === 'began') {
      this.phase = event.phase;
      this.seqs.push(event.seq);
      this.open.clear();
    }
    if (!this.isInPhase(event)) return undefined;
    if (event.kind === 'ask') this.open.set(event.ask, { ask: event, events: [] });
    const open = 'ask' in event && event.ask !== undefined ? this.open.get(event.ask) : undefined;
    open?.events.push(event);
    if (open === undefined || (event.kind !== 'outcome' && event.kind !== 'hung')) return undefined;
    this.open.delete(event.ask);
    return { ending: event, kind: event.kind === 'hung' ? 'hung' : event.outcome.kind, ...open };
  }

  isInPhase = (event: TraceEvent): boolean => event.kind !== 'run-header' && event.phase === this.phase;

  /** An ask in flight, by its number. */
  inFlight = (ask: number): EventOf<'ask'> | undefined => this.open.get(ask)?.ask;
}

const PROOFS = 24;
const EXAMPLES = 5;

/** How often something was seen, with a few examples and proofs: a drill may have ten thousand asks. */
export class Tally {
  count = 0;
  readonly examples: string[] = [];
  readonly seqs: number[] = [];

  add(examples: string[], ...seqs: number[]): void {
    this.count += 1;
    if (this.examples.length < EXAMPLES) this.examples.push(...examples);
    this.note(seqs);
  }

  addAll({ count, examples, seqs }: Tally): void {
    this.count += count;
    this.examples.push(...examples);
    this.note(seqs);
  }

  private note(seqs: number[]): void {
    if (this.seqs.length < PROOFS) this.seqs.push(...seqs.slice(0, PROOFS));
  }
}
