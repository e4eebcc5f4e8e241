import type { BodyLine } from '../core/bodies.ts';
import type { Source } from '../core/golden-task.ts';
import { remembering } from '../core/once.ts';
import type { Recording } from '../core/stand.ts';
import type { Held, NewEvent, TraceEvent } from '../core/trace.ts';
import type { Redaction } from '../redaction/redact.ts';
import { createBodies } from './bodies.ts';
import { digest } from './digest.ts';
import { createForeignSearch } from './foreign.ts';
import { createCallReader, type TaskWords } from './given.ts';
import { createMarkerSearch, type Markers } from './markers.ts';
import { createReplyBook, type ReplyBook } from './reply-book.ts';

/** Numbers a run's events in the order they happen; one for the whole run. */
export interface Sequence {
  next(): number;
}

/** Counts from `first`. */
export function createSequence(first: number): Sequence {
  let seq = first;
  return { next: () => seq++ };
}

export interface RecorderOptions {
  drill: string;
  sequence: Sequence;
  now(): number;
  markers: Markers;
  tasks: readonly TaskWords[];
  /** Those of all tenants. */
  sources: readonly Source[];
  redaction: Redaction;
  sink(event: TraceEvent): void;
  /** Gets what was said; without it, nothing of that is looked at. */
  keep?: ((line: BodyLine) => void) | undefined;
}

export interface Recorder extends Recording {
  /** What an outcome holds of the replies of this world. */
  keptIn: ReplyBook['keptIn'];
  /** Where a text that was shown is put together from two of them: asked before `keptIn`, which ends the ask. */
  splicedIn: ReplyBook['splicedIn'];
  errorsQuotedIn: ReplyBook['errorsQuotedIn'];
  /** What a text holds of other tenants than the task's. */
  foreignIn: ReturnType<typeof createForeignSearch>;
  /** Markers of what a target gives back. */
  heldVerbatim(text: string): Held;
  /** Events from now on belong to this phase. */
  enter(phase: string): void;
}

/** Stamps, redacts and hands on each event at once: nothing is kept here, so memory does not grow with the run. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { drill, redaction, keep } = options;
  let phase = '';
  const sources = new Map(options.tasks.map((task) => [task.name, task.sources]));
  const book = createReplyBook((task) => sources.get(task) ?? []);
  const search = createMarkerSearch(options.markers);
  return {
    replied: book.enter,
    rereads: book.rereads,
    keptIn: book.keptIn,
    splicedIn: book.splicedIn,
    errorsQuotedIn: book.errorsQuotedIn,
    enter(name) {
      phase = name;
    },
    emit(event: NewEvent) {
      if (event.kind === 'ask') book.begin(event.ask, event.task);
      if (event.kind === 'outcome' || event.kind === 'hung' || event.kind === 'given-up') book.end(event.ask);
      // The stamp stands first so that a line of the trace can be read from the left; written out, because on Node 20
      // an object that begins with a spread and goes on takes twenty times as long. The union of event shapes
      // is closed under adding the stamp, which TypeScript cannot follow through the spread.
      options.sink({
        seq: options.sequence.next(),
        at: options.now(),
        drill,
        phase,
        ...redaction.value(event),
      } as TraceEvent);
    },
    held: remembering((text) => search(text)),
    heldVerbatim: remembering((text) => search(text, 'verbatim')),
    foreignIn: createForeignSearch(options.tasks, options.sources),
    facts: createCallReader(options.tasks),
    digest: remembering(digest),
    bodies: keep && createBodies({ drill, redaction, keep, phase: () => phase }),
  };
}
