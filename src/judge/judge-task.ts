import { asKnown } from '../core/declaration.ts';
import { type FaultUse, placeOf } from '../core/drill.ts';
import type { Effect } from '../core/effect.ts';
import { type ArmedAt, type DrillFacts, eventsOf, firstOf, type TaskEvidence } from '../core/evidence.ts';
import { type GoldenTask, sourcesFor } from '../core/golden-task.ts';
import type { Need } from '../core/need.ts';
import { once } from '../core/once.ts';
import type { CellReport, TaskReport } from '../core/report.ts';
import { BASELINE, type EventOf, type TraceEvent } from '../core/trace.ts';
import { hasFinding, judgeAsk } from './judge-ask.ts';
import type { JudgePlan } from './plan.ts';
import { asShown } from './settle-chain.ts';
import { startIn } from './start-of-process.ts';
import { type Baseline, baselineFault, lostIn, reportTask } from './task-report.ts';

export function taskNamed(plan: JudgePlan, name: string): GoldenTask {
  const task = plan.workflow.tasks.find((t) => t.name === name);
  if (task === undefined) throw new Error(`the trace asks ${name}, which is no golden task of ${plan.workflow.name}`);
  return task;
}

/** When a world began, and what the start of a process takes there at least, in milliseconds. */
interface Times {
  epoch_ms: number;
  start: number | undefined;
}

export function judgeBaseline(given: JudgePlan, task: GoldenTask, events: TraceEvent[], times: Times): Baseline {
  const seen = withoutLog(events);
  const plan = asShown(given, seen, seen);
  const evidence = evidenceOf(plan, task, seen, seen, [], times);
  return { events: seen, cells: judgeAsk(plan, BASELINE, evidence, logOf(events)) };
}

export function judgeTask(
  given: JudgePlan,
  task: GoldenTask,
  events: TraceEvent[],
  baselines: ReadonlyMap<string, Baseline>,
  phase: string,
  times: Times,
): TaskReport {
  const baseline = baselines.get(task.name);
  if (baseline === undefined) throw new Error(`no baseline of ${task.name}`);
  const armed = armedIn(given, phase)
    .filter((f) => f.tenants?.includes(task.tenant) !== false && f.tasks?.includes(task.name) !== false)
    .map(asArmed);
  const plan = asShown(given, events, baseline.events);
  const evidence = evidenceOf(plan, task, withoutLog(events), baseline.events, armed, times);
  const judged = trusting(plan, judgeAsk(plan, phase, evidence, logOf(events), baseline.cells), baseline);
  const lost = lostIn(events);
  const cells = lost === undefined ? believed(plan, judged, events) : judged.map((cell) => unjudged(cell, lost));
  return reportTask(
    evidence,
    cells,
    baseline,
    plan.declares.chain,
    armed.map((f) => f.role),
  );
}

/** What failed after something real came between may have failed by that. */
function believed(plan: JudgePlan, cells: CellReport[], events: readonly TraceEvent[]): CellReport[] {
  const real = eventsOf(events, 'real-io').find((event) => event.fatal);
  return real === undefined ? cells : doubted(plan, cells, `it left the virtual world (${real.what})`);
}

/** What a process that ended left behind shows nothing. */
const unjudged = (cell: CellReport, why: string): CellReport =>
  cell.verdict === 'not_applicable' ? cell : { ...cell, verdict: 'inconclusive', reason: why };

/** A target that does not even answer without faults has shown nothing about its failover. */
function trusting(plan: JudgePlan, cells: CellReport[], baseline: Baseline): CellReport[] {
  if (baselineFault(baseline) === undefined || hasFinding(baseline.cells)) return cells;
  return doubted(plan, cells, 'the baseline failed');
}

/** What may never happen is a finding wherever it happens; what else failed is not, for a reason. */
function doubted({ checks }: JudgePlan, cells: CellReport[], why: string): CellReport[] {
  const always = (name: string) => checks.some((check) => check.name === name && check.always);
  return cells.map((c) =>
    c.verdict === 'failed' && !always(c.check) ? { ...c, verdict: 'inconclusive', reason: `${why}; ${c.reason}` } : c,
  );
}

function evidenceOf(
  plan: JudgePlan,
  task: GoldenTask,
  events: readonly TraceEvent[],
  baseline: readonly TraceEvent[],
  armed: TaskEvidence['armed'],
  { epoch_ms, start }: Times,
): TaskEvidence {
  return {
    task,
    sources: sourcesOf(plan)(task),
    canaries: plan.workflow.canaries,
    concepts: plan.workflow.concepts,
    notices: plan.workflow.notices,
    events,
    baseline,
    armed,
    start_ms: startIn(events, start),
    ...factsOf(plan),
    epoch_ms,
  };
}

/** One list a task, so that what is found out about it is found once. */
const sourcesOf = once((plan: JudgePlan) => once((task: GoldenTask) => sourcesFor(task, plan.workflow.sources)));

export const factsOf = once((plan: JudgePlan): Omit<DrillFacts, 'epoch_ms'> => {
  return {
    drill: plan.drill.drill,
    declares: plan.declares,
    contract: plan.workflow.contract,
    roles: asKnown(plan.roles),
    phases: plan.drill.phases.map(({ name }) => ({
      name,
      faults: armedIn(plan, name).map(asArmed),
    })),
  };
});

type Armed = FaultUse & { effect: Effect; needs: Need | undefined };

export function armedIn({ drill, effects, needs }: JudgePlan, phase: string): Armed[] {
  const at = drill.phases.findIndex((p) => p.name === phase);
  const uses = drill.phases[at]?.faults ?? [];
  return uses.flatMap((use, i) => {
    const effect = effects[at]?.[i];
    return effect === undefined ? [] : [{ ...use, effect, needs: needs?.[at]?.[i] ?? undefined }];
  });
}

const asArmed = (use: Armed): ArmedAt => ({ fault: use.fault, role: placeOf(use), effect: use.effect });
/** One list an ask, so that what is found in it is found once. */
export const withoutLog = once((events: readonly TraceEvent[]) => events.filter((e) => e.kind !== 'log'));
const logOf = (events: readonly TraceEvent[]): EventOf<'log'> | undefined => firstOf(events, 'log');
