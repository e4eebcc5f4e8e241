import type { OpenReporter, Output, Reporter } from '../core/plugin.ts';
import type { DrillReport, RunReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import { runInOrder } from './in-order.ts';
import { EPOCH_MS, judgePlanOf, type Plan, type StoredInputs } from './plan.ts';
import type { RunFolder } from './run-folder.ts';
import { type RunFacts, summarise } from './summary.ts';

export interface RunJob {
  plans: readonly Plan[];
  reporters: readonly Reporter[];
  folder: RunFolder;
  /** Which reporter speaks to the user directly. */
  terminal: { output: Output; reporter: string; look: { color: boolean; columns: number } };
  seed: number;
  target: RunReport['target'];
  reproduce: string;
  /** What may differ between two runs of one seed; the run adds how long it took. */
  about: Omit<RunReport['about'], 'id' | 'wall_ms'>;
  /** Real milliseconds since the run began. */
  elapsedMs(): number;
  /** How many drills run at once; the bytes do not depend on it. */
  jobs: number;
  /** Stop after the first drill that failed. */
  bail: boolean;
  signal: AbortSignal;
}

/** Runs the plans, streaming the trace in their order, and writes every report. A cancelled run keeps what it has. */
export async function runPlans(job: RunJob): Promise<RunReport> {
  const trace = job.folder.append('trace.jsonl');
  const open = openReporters(job);
  const drills: DrillReport[] = [];
  const sink = (event: TraceEvent) => {
    trace.write(`${JSON.stringify(event)}\n`);
    for (const { reporter } of open) reporter.onEvent?.(event);
  };
  try {
    job.folder.writeWhole('inputs.json', `${JSON.stringify(inputsOf(job.plans), null, 2)}\n`);
    sink(headerOf(job));
    for await (const report of runInOrder(job, sink)) {
      drills.push(report);
      for (const { reporter } of open) reporter.onDrill?.(report);
    }
  } finally {
    trace.close();
  }
  const summary = summarise(factsOf(job), job.signal.aborted ? 'cancelled' : 'completed', drills);
  for (const { reporter } of open) reporter.onEnd(summary);
  for (const { file, text } of open) if (file !== undefined) job.folder.writeWhole(file, text());
  const failure = job.folder.failure();
  if (failure !== undefined) throw failure;
  const { about, ...rest } = summary;
  return { ...rest, drills, about };
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
  file: string | undefined;
  text(): string;
}

/** Each reporter with a file writes there; the one the user chose speaks to the terminal as well. */
function openReporters({ reporters, terminal, folder }: RunJob): Opened[] {
  const toFiles = reporters.flatMap((reporter): Opened[] => {
    const { file } = reporter;
    if (file === undefined) return [];
    const written: string[] = [];
    const output = { write: (text: string) => void written.push(text) };
    return [
      {
        reporter: reporter.open(output, { color: false, columns: 100, folder: folder.name }),
        file,
        text: () => written.join(''),
      },
    ];
  });
  const chosen = reporters.find((r) => r.name === terminal.reporter);
  if (chosen === undefined) return toFiles;
  const reporter = chosen.open(terminal.output, { ...terminal.look, folder: folder.name });
  return [{ reporter, file: undefined, text: () => '' }, ...toFiles];
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
    roles: Object.fromEntries(
      Object.entries(roles).map(([name, { provider, protocol, model }]) => [name, { provider, protocol, model }]),
    ),
  };
}

/** What a stored run is judged by again: definitions, tasks, contract and sources, redacted. */
function inputsOf(plans: readonly Plan[]): StoredInputs[] {
  return plans.map((plan) => {
    const { checks, ...inputs } = judgePlanOf(plan);
    return inputs;
  });
}
