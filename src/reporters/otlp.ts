import { defineReporter, type Output } from '../core/plugin.ts';
import type { JudgedDrill, RunReport } from '../core/report.ts';
import { BASELINE, type ByKind, byKind, type EventOf, type TraceEvent } from '../core/trace.ts';
import { GEN_AI } from './otel-names.ts';
import { attributesOf, Double, type Span, spanOf, type Values } from './otlp-json.ts';
import {
  askEnd,
  askSpan,
  callAbort,
  callEnd,
  callSpan,
  drillSpan,
  type End,
  judged,
  noteOf,
  toolEnd,
  toolSpan,
} from './otlp-spans.ts';
import { plain } from './words.ts';

/**
 * traces.otlp.json: one trace an ask, with a span for the ask, for each model call and for each use of a tool, and one for each
 * drill. It is one line
 * of OTLP/JSON, as a collector takes it at /v1/traces and reads it from a file. In virtual time the times are those of the
 * trace, from its epoch on; baseline and drill both begin there.
 */
export const otlp = defineReporter({
  name: 'otlp',
  summary:
    'The run as OpenTelemetry traces (OTLP/JSON): a span an ask, a model call and a use of a tool, with faults and findings.',
  file: 'traces.otlp.json',
  optional: true,
  open(output, { run = '' }) {
    const spans = new Spans(output, run);
    return {
      onEvent: (event) => spans.see(event),
      onDrill: (drill) => spans.end(drill),
      onEnd(report) {
        // What did not come to its end was judged by nobody.
        spans.end(undefined);
        output.write(']}]}]}\n');
        return headOf(report);
      },
    };
  },
});

/** All above the spans; what it says of the run is known last. */
function headOf({ about, target, seed, status, verdict, score, time, mode }: Omit<RunReport, 'drills'>): string {
  const attributes = attributesOf({
    'service.name': target.name,
    'service.instance.id': about.id,
    'drill.run.id': about.id,
    'drill.run.started_at': about.started_at,
    'drill.run.status': status,
    'drill.run.verdict': verdict,
    'drill.run.score': score === null ? undefined : new Double(score),
    'drill.seed': seed,
    'drill.time': time,
    'drill.mode': mode,
  });
  const scope = { name: 'failover-drill', version: plain(about.versions['drill'] ?? '') };
  return `{"resourceSpans":[{"resource":${JSON.stringify({ attributes })},"scopeSpans":[{"scope":${JSON.stringify(scope)},"spans":[`;
}

// --- spans ------------------------------------------------------------------------

type Ended = EventOf<'call-end' | 'call-abort' | 'tool-result'>;

/** Writes a span as soon as nothing more can be said of it. */
class Spans {
  readonly #output: Output;
  readonly #run: string;
  #epoch = 0;
  /** When the first world of the drill began. */
  #began = 0;
  #agent = '';
  #drill = '';
  /** The last time that was seen in this world. */
  #latest = 0;
  #drills = 0;
  #written = 0;
  /** Those of asks wait for what is found in them. */
  readonly #asks = new Map<number, Span>();
  /** Asks whose user had left: what is cut from then on failed nobody. */
  readonly #left = new Set<number>();
  /** Of calls and uses of tools that are under way, by ask and id. */
  readonly #under = new Map<string, Span>();

  readonly #tell: ByKind<unknown> = {
    phase: ({ epoch_ms }) => {
      this.#epoch = epoch_ms ?? this.#epoch;
    },
    ask: (event) => this.#asks.set(event.ask, askSpan(event, this.#agent, this.#epoch)),
    call: (event) => this.#begin(event, event.call, callSpan(event)),
    'tool-use': (event) => this.#begin(event, event.use, toolSpan(event)),
    'call-head': (event) => this.#say(event, { [GEN_AI.status]: event.status }),
    'first-token': (event) => {
      const { from = event.at } = this.#under.get(keyOf(event.ask, event.call)) ?? {};
      this.#say(event, { [GEN_AI.firstChunk]: new Double((event.at - from) / 1000) });
    },
    'call-end': (event) => this.#finish(event, event.call, callEnd(event)),
    'call-abort': (event) => this.#finish(event, event.call, callAbort(event, this.#left.has(event.ask))),
    'tool-result': (event) => this.#finish(event, event.use, toolEnd(event)),
    'fault-fired': (event) => this.#note(event),
    approval: (event) => this.#note(event),
    left: (event) => this.#note(event),
    outcome: (event) => askEnd(this.#asks.get(event.ask), event),
    hung: (event) => askEnd(this.#asks.get(event.ask), event),
    'given-up': (event) => askEnd(this.#asks.get(event.ask), event),
  };

  constructor(output: Output, run: string) {
    this.#output = output;
    this.#run = run;
  }

  see(event: TraceEvent): void {
    if (event.kind === 'run-header') {
      [this.#epoch, this.#began, this.#agent] = [event.epoch_ms, event.epoch_ms, event.target.name];
      return;
    }
    if (event.drill !== this.#drill && this.#asks.size > 0) this.end(undefined);
    if (event.kind === 'phase' && event.phase === BASELINE && event.state === 'began')
      this.#began = event.epoch_ms ?? this.#epoch;
    [this.#drill, this.#latest] = [event.drill, event.at];
    byKind(this.#tell, event);
  }

  /** A drill is over. What had begun in it and never ended is told as such, until the last that was seen. */
  end(drill: JudgedDrill | undefined): void {
    const open = (span: Span) =>
      this.#write({
        ...span,
        to: Math.max(span.from, this.#latest),
        attributes: { ...span.attributes, 'drill.open': true },
      });
    for (const span of this.#under.values()) open(span);
    for (const task of drill?.tasks ?? []) judged(this.#asks.get(task.ask), task, drill);
    for (const span of this.#asks.values()) {
      if (span.to === undefined) open(span);
      else this.#write(span);
    }
    if (drill !== undefined) this.#write(drillSpan(drill, this.#began, this.#epoch - this.#began + this.#latest));
    for (const all of [this.#under, this.#asks, this.#left]) all.clear();
    this.#drills += 1;
  }

  #write(span: Span): void {
    const text = JSON.stringify(spanOf(span, `${this.#run}/${this.#drills}/${span.ask}`));
    this.#output.write(`${this.#written === 0 ? '' : ','}${text}`);
    this.#written += 1;
  }

  #begin(
    { ask, at }: EventOf<'call' | 'tool-use'>,
    part: string,
    span: Pick<Span, 'name' | 'kind' | 'attributes'>,
  ): void {
    const { epoch = this.#epoch } = this.#asks.get(ask) ?? {};
    this.#under.set(keyOf(ask, part), { ...span, ask, part, from: at, epoch, events: [] });
  }

  #say({ ask, call }: EventOf<'call-head' | 'first-token'>, more: Values): void {
    Object.assign(this.#under.get(keyOf(ask, call))?.attributes ?? {}, more);
  }

  #finish({ ask, at }: Ended, part: string, { failed, more }: End): void {
    const key = keyOf(ask, part);
    const span = this.#under.get(key);
    if (span === undefined) return;
    this.#under.delete(key);
    this.#write({
      ...span,
      to: at,
      ...(failed !== undefined && { failed }),
      attributes: { ...span.attributes, ...more },
    });
  }

  /** With the call or the use it is about, or else with the ask. */
  #note(event: EventOf<'fault-fired' | 'approval' | 'left'>): void {
    if (event.kind === 'left') this.#left.add(event.ask);
    const part = event.kind === 'fault-fired' ? event.call : '';
    const span = this.#under.get(keyOf(event.ask, part)) ?? this.#asks.get(event.ask);
    span?.events.push({ at: event.at, ...noteOf(event) });
  }
}

const keyOf = (ask: number, part: string): string => `${ask}/${part}`;
