import { EPOCH_MS } from '../core/clock.ts';
import { asKnown } from '../core/declaration.ts';
import type { JudgedDrill, RunReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { JudgePlan, StoredInputs } from '../judge/plan.ts';
import { type DrillResult, type RunFacts, summarise } from '../judge/summary.ts';
import { runInOrder } from './in-order.ts';
import { judgePlanOf, type Plan, type Players } from './plan.ts';
import { openReporters, type Reports } from './reports.ts';

export interface RunJob extends Omit<Reports, 'several'> {
  plans: readonly Plan[];
  players: Players;
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
  /** Gets every drill that was judged. */
  onDrill?(drill: JudgedDrill): void;
  /** How many drills run at once; the bytes do not depend on it. */
  jobs: number;
  /** Stop after the first drill that failed. */
  bail: boolean;
  signal: AbortSignal;
}

/**
 * Runs the plans, streaming the trace in their order, and writes every report; nothing is kept of a drill that was
 * reported. A cancelled run keeps what it has.
 */
export async function runPlans(job: RunJob): Promise<Omit<RunReport, 'drills'>> {
  const trace = job.folder.append('trace.jsonl');
  const open = openReporters({ ...job, several: job.plans.length > 1 });
  const results: DrillResult[] = [];
  const unfinished = job.plans.map((plan) => plan.drill.drill);
  const sink = (event: TraceEvent) => {
    trace.write(`${JSON.stringify(event)}\n`);
    for (const { reporter } of open) reporter.onEvent?.(event);
  };
  try {
    try {
      job.folder.writeWhole('inputs.json', inputsJson(job.plans));
      sink(headerOf(job));
      for await (const report of runInOrder(job, sink)) {
        results.push({ verdict: report.verdict, score: report.score, words: report.words });
        unfinished.splice(unfinished.indexOf(report.name), 1);
        for (const { reporter } of open) reporter.onDrill?.(report);
        job.onDrill?.(report);
        report.tasks.close?.();
      }
    } finally {
      trace.close();
    }
    const summary = summarise(factsOf(job), job.signal.aborted ? 'cancelled' : 'completed', results, unfinished);
    for (const { reporter, finish } of open) finish(reporter.onEnd(summary) ?? '');
    const failure = job.folder.failure();
    if (failure !== undefined) throw failure;
    return summary;
  } finally {
    for (const { close } of open) close();
  }
}

function factsOf({ seed, time, mode, target, reproduce, about, folder, elapsedMs }: RunJob): RunFacts {
  return {
    schema: 'drill.run/1',
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
