import type { BodyLine } from '../core/bodies.ts';
import { EPOCH_MS } from '../core/clock.ts';
import { asKnown } from '../core/declaration.ts';
import { DrillError } from '../core/errors.ts';
import type { JudgedDrill, RunReport } from '../core/report.ts';
import { RUN_SCHEMA } from '../core/run-schema.ts';
import { endStatus, stopOf } from '../core/stop.ts';
import { lineOf, type TraceEvent } from '../core/trace.ts';
import type { JudgePlan, StoredInputs } from '../judge/plan.ts';
import { type DrillResult, type RunFacts, summarise } from '../judge/summary.ts';
import { openBodies } from './bodies.ts';
import { runInOrder } from './in-order.ts';
import { judgePlanOf, type Plan, type Players, type RunApart, type RunWatch } from './plan.ts';
import { openReporters, type Reports } from './reports.ts';

export interface RunJob extends Omit<Reports, 'several'> {
  plans: readonly Plan[];
  players: Players;
  apart?: RunApart | undefined;
  seed: number;
  target: RunReport['target'];
  time: RunReport['time'];
  mode: RunReport['mode'];
  reproduce: string;
  /** What may differ between two runs of one seed; the run adds how long it took. */
  about: Omit<RunReport['about'], 'id' | 'wall_ms'>;
  /** When it began, in milliseconds since the Unix epoch. */
  epochMs: number;
  /** Real milliseconds since the run began. */
  elapsedMs(): number;
  /** Gets every event. */
  onEvent?: ((event: TraceEvent) => void) | undefined;
  /** Gets every drill that was judged. */
  onDrill?(drill: JudgedDrill): void;
  /** How many drills run at once; the bytes do not depend on it. */
  jobs: number;
  /** Stop after the first drill that failed. */
  bail: boolean;
  /** What was said is kept; it is told where there was more than is kept. */
  bodies?: { full(): void } | undefined;
  /** Aborts with a `Stop`, or where somebody interrupts the run. */
  signal: AbortSignal;
  watch?: RunWatch | undefined;
}

/**
 * Runs the plans, streaming the trace in their order, and writes every report; nothing is kept of a drill that was
 * reported. A run that is cut short keeps what it has.
 */
export async function runPlans(job: RunJob): Promise<Omit<RunReport, 'drills'>> {
  const trace = job.folder.append('trace.jsonl');
  const open = openReporters({ ...job, several: job.plans.length > 1 });
  const { signal, folder } = job;
  const bodies =
    job.bodies &&
    openBodies(job.folder, (line) => {
      job.bodies?.full();
      tellBody(line);
    });
  const tellBody = (line: BodyLine) => {
    for (const { reporter } of open) reporter.onBody?.(line);
  };
  const keep = bodies && ((line: BodyLine) => bodies.take(line) && tellBody(line));
  const results: DrillResult[] = [];
  const unfinished = job.plans.map((plan) => plan.drill.drill);
  const state = stateOf(job);
  const sink = (event: TraceEvent) => {
    trace.write(`${lineOf(event)}\n`);
    state.see(event);
    for (const { reporter } of open) reporter.onEvent?.(event);
    job.onEvent?.(event);
  };
  const end = (status: RunReport['status']) => {
    // What a person or a file has said may hold a secret.
    const by = job.plans[0]?.redaction.value(stopOf(signal)?.by) ?? stopOf(signal)?.by;
    const how = { status, stopped_by: by ?? null };
    const summary = summarise(factsOf(job), how, results, unfinished);
    for (const { reporter, finish } of open) finish(reporter.onEnd(summary) ?? '');
    const failure = folder.failure();
    if (failure !== undefined) throw failure;
    state.end();
    return summary;
  };
  try {
    try {
      folder.writeWhole('inputs.json', inputsJson(job.plans));
      sink(headerOf(job));
      for await (const report of runInOrder({ ...job, keep }, sink)) {
        results.push({ verdict: report.verdict, score: report.score, words: report.words });
        unfinished.splice(unfinished.indexOf(report.name), 1);
        for (const { reporter } of open) reporter.onDrill?.(report);
        job.onDrill?.(report);
        report.tasks.close?.();
      }
    } finally {
      trace.close();
      bodies?.close();
    }
    return end(endStatus(signal));
  } catch (error) {
    folder.tell('errored');
    // What the user can mend was no run yet.
    if (!(error instanceof DrillError)) orElse(() => end('errored'));
    throw error;
  } finally {
    state.close();
    for (const { close } of open) close();
  }
}

/** Tells in the run's folder how far it is, for whoever looks from outside: no task asked, under way, stopping. */
function stateOf({ folder, signal }: RunJob) {
  let asked = false;
  const stopping = () => stopOf(signal) && folder.tell('stopping');
  signal.addEventListener('abort', stopping);
  folder.tell('pending');
  return {
    see({ kind }: TraceEvent): void {
      if (asked || kind !== 'ask') return;
      asked = true;
      if (!signal.aborted) folder.tell('running');
    },
    /** From now on `run.json` says it. */
    end: () => folder.tell(undefined),
    close: () => signal.removeEventListener('abort', stopping),
  };
}

/** The error that is under way is the one to be told. */
function orElse(act: () => void): void {
  try {
    act();
  } catch {
    // A report of it could not be written either.
  }
}

function factsOf({ seed, time, mode, target, reproduce, about, folder, elapsedMs }: RunJob): RunFacts {
  return {
    schema: RUN_SCHEMA,
    seed,
    time,
    mode,
    target,
    reproduce,
    about: { id: folder.id, wall_ms: elapsedMs(), ...about },
  };
}

function headerOf(job: RunJob): TraceEvent {
  const [plan] = job.plans;
  const roles = plan?.redaction.value(plan.roles) ?? {};
  return {
    seq: 0,
    at: 0,
    kind: 'run-header',
    schema: 'drill.trace/1',
    seed: job.seed,
    time: job.time,
    mode: job.mode,
    epoch_ms: job.time === 'virtual' ? EPOCH_MS : job.epochMs,
    target: job.target,
    roles: asKnown(roles),
  };
}

/** What a stored run is judged by again: definitions, tasks, contract and sources, redacted; one list, plan by plan. */
function* inputsJson(plans: readonly Plan[]): Iterable<string> {
  for (const [i, plan] of plans.entries()) {
    const { checks, ...inputs }: JudgePlan = judgePlanOf(plan);
    const stored: StoredInputs = inputs;
    yield `${i === 0 ? '[' : ','}\n${JSON.stringify(stored)}`;
  }
  yield '\n]\n';
}
