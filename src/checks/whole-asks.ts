import { BASELINE, type EventOf, type TraceEvent } from '../core/trace.ts';

/** One ask of a phase, when it has ended. */
export interface WholeAsk {
  ask: EventOf<'ask'>;
  ending: EventOf<'outcome'> | EventOf<'hung'>;
  /** In order; what an abandoned call did later is not among them. */
  events: TraceEvent[];
}

/** Follows the asks of a drill one by one; memory holds those in flight. */
export interface Asks {
  /** Where each phase began: what every finding of the drill rests on, however many asks there were. */
  phases: number[];
  phase: string | undefined;
  open: Map<number, { ask: EventOf<'ask'>; events: TraceEvent[] }>;
}

export const noAsks = (): Asks => ({ phases: [], phase: undefined, open: new Map() });

/** Takes the next event of the drill; gives the ask that ended with it. The baseline is passed over. */
export function follow(asks: Asks, event: TraceEvent): WholeAsk | undefined {
  if (event.kind === 'run-header' || event.phase === BASELINE) return undefined;
  if (event.kind === 'phase' && event.state === 'began') {
    asks.phase = event.phase;
    asks.phases.push(event.seq);
    asks.open.clear();
  }
  if (event.phase !== asks.phase) return undefined;
  if (event.kind === 'ask') asks.open.set(event.ask, { ask: event, events: [] });
  const open = 'ask' in event && event.ask !== undefined ? asks.open.get(event.ask) : undefined;
  open?.events.push(event);
  if (open === undefined || (event.kind !== 'outcome' && event.kind !== 'hung')) return undefined;
  asks.open.delete(event.ask);
  return { ending: event, ...open };
}

const ENOUGH = 24;

/** Adds to a list of proofs as long as it is short: a drill may have ten thousand asks. */
export function note(proofs: number[], ...seqs: number[]): void {
  if (proofs.length < ENOUGH) proofs.push(...seqs.slice(0, ENOUGH));
}
