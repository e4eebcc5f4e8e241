import type { Concepts } from './concept.ts';
import type { Contract } from './contract.ts';
import type { KnownRole, ResolvedDeclaration } from './declaration.ts';
import type { GoldenTask, Source } from './golden-task.ts';
import type { Reading } from './notices.ts';
import type { FailureMode } from './taxonomy.ts';
import type { EventKind, EventOf, FaultAt, TraceEvent } from './trace.ts';

export type ArmedAt = FaultAt;

/** What every check knows of the drill. */
export interface DrillFacts {
  drill: string;
  declares: ResolvedDeclaration;
  contract: Contract | undefined;
  /**
   * The millisecond 0 of the world whose events are seen, counted from the Unix epoch: what dates in headers are read by.
   * Worlds of wall time begin one after the other, so a check of drill scope reads it with each event.
   */
  epoch_ms: number;
  /** Every role of the run, with the model name it is known by. */
  roles: Record<string, KnownRole>;
  /** Phases in order; a phase without faults after one with them is where a role is healed. */
  phases: { name: string; faults: ArmedAt[] }[];
}

/** What a task check judges: one ask's events as stored, without what the target says of itself. */
export interface TaskEvidence extends DrillFacts {
  task: GoldenTask;
  /** The documents and records the task may cite. */
  sources: Source[];
  /** Canary per tenant. */
  canaries: Record<string, string>;
  concepts: Concepts;
  /** What texts mean, as somebody read them. */
  notices: readonly Reading[];
  /** Events of this ask, by `seq`. */
  events: readonly TraceEvent[];
  /** Events of the same golden task without faults; the same list as `events` while the baseline itself is judged. */
  baseline: readonly TraceEvent[];
  /** The faults armed in this ask's phase. */
  armed: ArmedAt[];
  /** So much of its time it waited for the start of a process, in milliseconds: latencies are judged less these. */
  start_ms: number;
}

/** One model call, put together from its events. */
export interface CallView {
  call: EventOf<'call'>;
  fired: EventOf<'fault-fired'>[];
  head: EventOf<'call-head'> | undefined;
  end: EventOf<'call-end'> | undefined;
  abort: EventOf<'call-abort'> | undefined;
  /** Why a provider would not take the request; undefined where it was taken. */
  refused: string | undefined;
  /** When it was over for the caller; undefined while it still hangs. */
  endedAt: number | undefined;
  /** Its user left, and it was cut: nothing went wrong with it. */
  cut: boolean;
  /** A whole good reply. */
  ok: boolean;
  /** What went wrong, as the wire shows it: a caller that left is a `timeout`, or was refused. Null where nothing did. */
  failureMode: FailureMode | null;
  /** Where it is in the trace. */
  seqs: number[];
}

export function eventsOf<K extends EventKind>(events: readonly TraceEvent[], kind: K): EventOf<K>[] {
  return events.filter((e): e is EventOf<K> => e.kind === kind);
}

export function firstOf<K extends EventKind>(events: readonly TraceEvent[], kind: K): EventOf<K> | undefined {
  return events.find((e): e is EventOf<K> => e.kind === kind);
}

/** Who hangs up has waited long enough, or has read a refusal. */
export const modeOfAbort = ({ refused }: EventOf<'call-abort'>): FailureMode => (refused ? 'safety_block' : 'timeout');

/** The model calls among some events, in order of their beginning. */
export function callsOf(events: readonly TraceEvent[]): CallView[] {
  const views = new Map<string, CallView>();
  const left = firstOf(events, 'left')?.seq ?? Number.POSITIVE_INFINITY;
  for (const e of events) {
    if (e.kind === 'call') {
      views.set(e.call, {
        call: e,
        fired: [],
        head: undefined,
        end: undefined,
        abort: undefined,
        refused: undefined,
        endedAt: undefined,
        cut: false,
        ok: false,
        failureMode: null,
        seqs: [e.seq],
      });
      continue;
    }
    if (!('call' in e)) continue;
    const view = views.get(e.call);
    if (view === undefined) continue;
    view.seqs.push(e.seq);
    if (e.kind === 'fault-fired') view.fired.push(e);
    if (e.kind === 'unscripted-call') view.refused = e.why;
    if (e.kind === 'call-head') view.head = e;
    if (e.kind === 'call-end') {
      view.end = e;
      view.endedAt = e.at;
      view.failureMode = e.failure_mode;
      view.ok = e.failure_mode === null;
    }
    if (e.kind === 'call-abort') {
      view.abort = e;
      view.endedAt = e.at;
      view.cut = e.seq > left;
      view.failureMode = view.cut ? null : modeOfAbort(e);
    }
  }
  return [...views.values()];
}

/** How an ask ended: its outcome or that it hung; undefined where the trace stops before. */
export function endingOf(events: readonly TraceEvent[]): EventOf<'outcome'> | EventOf<'hung'> | undefined {
  return events.find((e): e is EventOf<'outcome'> | EventOf<'hung'> => e.kind === 'outcome' || e.kind === 'hung');
}

/** Whether its role is asked because that call failed; a reply that came back whole is mended, not retried. */
export const isTriedAgain = (before: CallView, { call }: CallView) =>
  before.call.role === call.role &&
  before.failureMode !== null &&
  !(before.end?.how === 'complete' && (before.end.status ?? 0) < 400) &&
  (before.endedAt ?? Number.POSITIVE_INFINITY) <= call.at;
