import type { OpenReporter, Output, Reporter } from '../core/plugin.ts';
import type { DrillReport, RunReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { VerdictWord } from '../core/verdict.ts';
import { EPOCH_MS, type Plan, type StoredInputs } from './plan.ts';
import { createSequence } from './recorder.ts';
import { redact } from './redact.ts';
import { runDrill } from './run-drill.ts';
import type { RunFolder } from './run-folder.ts';

export interface RunJob {
  plans: readonly Plan[];
  reporters: readonly Reporter[];
  folder: RunFolder;
  /** Which reporter speaks to the user directly. */
  terminal: { output: Output; reporter: string; look: { color: boolean; columns: number } };
  seed: number;
  target: RunReport['target'];
  reproduce: string;
  /** What may differ between two runs of one seed; the run adds when it began and how long it took. */
  about: Omit<RunReport['about'], 'id' | 'started_at' | 'wall_ms'>;
  /** When it began, and a way to say how many real milliseconds have gone by since. */
  started: { iso: string; elapsedMs(): number };
  signal: AbortSignal;
}

/** Runs the plans in order, streaming the trace, and writes every report. A cancelled run keeps what it has. */
export async function runPlans(job: RunJob): Promise<RunReport> {
  const trace = job.folder.append('trace.jsonl');
  const open = openReporters(job);
  const drills: DrillReport[] = [];
  const sequence = createSequence();
  const sink = (event: TraceEvent) => {
    trace.write(`${JSON.stringify(event)}\n`);
    for (const { reporter } of open) reporter.onEvent?.(event);
  };
  let status: RunReport['status'] = 'completed';
  try {
    job.folder.writeWhole('inputs.json', `${JSON.stringify(inputsOf(job.plans), null, 2)}\n`);
    sink(headerOf(job, sequence.next()));
    for (const plan of job.plans) {
      if (job.signal.aborted) break;
      const report = skipped(plan) ?? (await runDrill(plan, { sequence, sink, signal: job.signal }));
      if (job.signal.aborted) break;
      drills.push(report);
      for (const { reporter } of open) reporter.onDrill?.(report);
    }
    if (job.signal.aborted) status = 'cancelled';
  } finally {
    trace.close();
  }
  const summary = summarise(job, status, drills);
  for (const { reporter } of open) reporter.onEnd(summary);
  for (const { file, text } of open) if (file !== undefined) job.folder.writeWhole(file, text());
  const { about, ...rest } = summary;
  return { ...rest, drills, about };
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

function headerOf(job: RunJob, seq: number): TraceEvent {
  const roles = job.plans[0]?.roles ?? {};
  return {
    seq,
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
  return plans.map(({ drill, definition, workflow, declares, roles, reproduce }) =>
    redact({ drill, definition, workflow, declares, roles, reproduce }),
  );
}

/** A drill that requires a feature the target does not claim is no test of it. */
function skipped(plan: Plan): DrillReport | undefined {
  const required = plan.drill.require ?? [];
  const claims: readonly string[] = plan.declares.features;
  if (required.length === 0 || required.some((feature) => claims.includes(feature))) return undefined;
  const { drill, title, hypothesis } = plan.drill;
  return {
    name: drill,
    title,
    hypothesis,
    verdict: 'not_applicable',
    score: 100,
    reasons: [
      { reason: `the target claims none of: ${required.join(', ')}`, fix: 'Declare the feature if the target has it.' },
    ],
    definition: plan.definition,
    reproduce: plan.reproduce,
    faults: [],
    checks: [],
    tasks: [],
  };
}

function summarise(
  job: RunJob,
  status: RunReport['status'],
  drills: readonly DrillReport[],
): Omit<RunReport, 'drills'> {
  const judged = drills.filter((d) => d.verdict !== 'not_applicable');
  const score =
    judged.length === 0 ? 0 : Math.round((10 * judged.reduce((sum, d) => sum + d.score, 0)) / judged.length) / 10;
  return {
    schema: 'drill.run/1',
    status,
    verdict: status === 'completed' ? worst(judged.map((d) => d.verdict)) : 'inconclusive',
    score,
    seed: job.seed,
    time: 'virtual',
    mode: 'mock',
    target: job.target,
    reproduce: job.reproduce,
    about: {
      id: job.folder.id,
      started_at: job.started.iso,
      wall_ms: job.started.elapsedMs(),
      ...job.about,
    },
  };
}

/** Failed over inconclusive over passed; a run in which every drill was skipped is inconclusive. */
function worst(verdicts: readonly VerdictWord[]): VerdictWord {
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'passed';
}
