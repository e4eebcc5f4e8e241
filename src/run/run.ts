import { appendFileSync } from 'node:fs';
import { EPOCH_MS } from '../core/clock.ts';
import { asKnown } from '../core/declaration.ts';
import type { Look, OpenReporter, Output, Reporter } from '../core/plugin.ts';
import type { JudgedDrill, RunReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { JudgePlan, StoredInputs } from '../judge/plan.ts';
import type { Spool } from '../judge/spool.ts';
import { type DrillResult, type RunFacts, summarise } from '../judge/summary.ts';
import { runInOrder } from './in-order.ts';
import { judgePlanOf, type Plan, type Players } from './plan.ts';
import type { RunFolder } from './run-folder.ts';

export interface RunJob {
  plans: readonly Plan[];
  players: Players;
  reporters: readonly Reporter[];
  folder: RunFolder;
  /** Which reporter speaks to the user directly. */
  terminal: { output: Output; reporter: string; look: Pick<Look, 'color' | 'columns' | 'guard'> };
  /** A file that others write to as well, and which reporter's words go to its end. */
  appended?: { file: string; reporter: string } | undefined;
  seed: number;
  target: RunReport['target'];
  reproduce: string;
  /** What may differ between two runs of one seed; the run adds how long it took. */
  about: Omit<RunReport['about'], 'id' | 'wall_ms'>;
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
  const open = openReporters(job);
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

function factsOf({ seed, target, reproduce, about, folder, elapsedMs }: RunJob): RunFacts {
  return {
    schema: 'drill.run/1',
    seed,
    time: 'virtual',
    mode: 'mock',
    target,
    reproduce,
    about: { id: folder.id, wall_ms: elapsedMs(), ...about },
  };
}

interface Opened {
  reporter: OpenReporter;
  /** Puts what was written where it belongs, below its head. */
  finish(head: string): void;
  close(): void;
}

/** Each reporter with a file writes there; the one the user chose speaks to the terminal as well. */
function openReporters(job: RunJob): Opened[] {
  const { reporters, terminal, folder, plans } = job;
  const look = { ...terminal.look, brief: plans.length > 1, folder: folder.name };
  const chosen = reporters.flatMap((reporter): Opened[] => {
    if (reporter.name !== terminal.reporter) return [];
    const { output } = terminal;
    if (reporter.file === undefined) return [{ reporter: reporter.open(output, look), finish() {}, close() {} }];
    return [
      spooled(reporter, folder.spool('terminal'), look, (pieces) => {
        for (const piece of pieces) output.write(piece);
      }),
    ];
  });
  const plain = { color: false, columns: 100, folder: folder.name };
  const toFiles = reporters.flatMap((reporter) => {
    const { file } = reporter;
    if (file === undefined) return [];
    return [spooled(reporter, folder.spool(file), plain, (pieces) => folder.writeWhole(file, pieces))];
  });
  return [...chosen, ...toFiles, ...appending(job, plain)];
}

function appending({ reporters, appended, folder }: RunJob, look: Look): Opened[] {
  const reporter = reporters.find(({ name }) => name === appended?.reporter);
  if (reporter === undefined || appended === undefined) return [];
  const append = (pieces: Iterable<string>) => {
    for (const piece of pieces) appendFileSync(appended.file, piece);
  };
  return [spooled(reporter, folder.spool(reporter.name), look, append)];
}

/** What a reporter writes waits until its head is known. */
function spooled(reporter: Reporter, spool: Spool, look: Look, deliver: (pieces: Iterable<string>) => void): Opened {
  return {
    reporter: reporter.open(spool, look),
    finish: (head) => deliver(below(head, spool)),
    close: () => spool.close(),
  };
}

function* below(head: string, spool: Spool): Iterable<string> {
  yield head;
  yield* spool.pieces();
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
    time: 'virtual',
    mode: 'mock',
    epoch_ms: EPOCH_MS,
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
