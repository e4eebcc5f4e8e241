import type { Phase } from '../core/drill.ts';
import { type DrillFacts, eventsOf, firstOf, type TaskEvidence } from '../core/evidence.ts';
import type { GoldenTask } from '../core/golden-task.ts';
import type { CellReport, DrillReport, TaskReport } from '../core/report.ts';
import type { ArmedFault } from '../core/stand.ts';
import { BASELINE, type TraceEvent } from '../core/trace.ts';
import { ask } from './ask.ts';
import { inWorld, type WorldContext } from './in-world.ts';
import { cell, hasFinding, judgeAsk, score, severityIn } from './judge.ts';
import type { Plan, RunContext } from './plan.ts';
import { type Baseline, baselineFault, reportTask } from './task-report.ts';

/** Runs one drill: the tasks without faults on a fresh target, then the phases on another, judged from their events alone. */
export async function runDrill(plan: Plan, context: RunContext): Promise<DrillReport> {
  const trouble = new Trouble();
  const baselines = await runBaseline(plan, context, trouble);
  const { tasks, drillCells, faults } = await runPhases(plan, context, baselines, trouble);
  for (const reason of missedFaults(faults)) trouble.add(reason);
  for (const reason of emptyClaims(plan, tasks, drillCells)) trouble.add(reason);
  for (const reason of failedBaselines(baselines)) trouble.add(reason);
  return {
    name: plan.drill.drill,
    title: plan.drill.title,
    hypothesis: plan.drill.hypothesis,
    verdict: verdictOf(tasks, drillCells, trouble),
    score: score([...drillCells, ...tasks.flatMap((t) => t.checks)]),
    reasons: trouble.reasons,
    definition: plan.definition,
    reproduce: plan.reproduce,
    faults: faults.map(({ waitsFor: _, seen: __, ...f }) => f),
    checks: drillCells,
    tasks,
  };
}

type Reason = DrillReport['reasons'][number];

/** What keeps a drill from being conclusive. `untrusted`: the world leaked, so that not even a finding can be believed. */
class Trouble {
  readonly reasons: Reason[] = [];
  untrusted = false;

  add(reason: Reason): void {
    if (!this.reasons.some((r) => r.reason === reason.reason)) this.reasons.push(reason);
  }

  see(event: TraceEvent, plan: Plan): void {
    if (event.kind === 'real-io' && event.fatal) {
      this.untrusted = true;
      this.add({
        reason: `${event.by} left the virtual world: ${event.what}`,
        fix: 'Let the target reach models through fetch or the habitat only, or run it as a command over sockets.',
      });
    }
    if (event.kind === 'unknown-call') {
      this.untrusted = true;
      this.add(unknownCall(event, plan));
    }
  }
}

function unknownCall(event: Extract<TraceEvent, { kind: 'unknown-call' }>, plan: Plan): Reason {
  const known = Object.values(plan.roles).some((role) => new URL(role.base_url).origin === event.origin);
  const protocol = event.path.endsWith('/messages') ? 'anthropic-messages' : 'openai-chat';
  const base = event.origin + event.path.replace(/\/(chat\/completions|v1\/messages|responses)$/, '');
  const line = `backup-2: { provider: ${new URL(event.origin).hostname}, protocol: ${protocol}, base_url: ${base}, model: ${event.model ?? '…'} }`;
  return {
    reason: known
      ? `a call to ${event.origin} asked for the model ${event.model ?? '(none)'}, which is no role's`
      : `a call went to ${event.origin}${event.path} (model ${event.model ?? 'not named'}), which is no role's host`,
    fix: `Name its role: in the target's \`roles\` or in drill.config.yaml under roles: paste  ${line}`,
  };
}

async function runBaseline(plan: Plan, context: RunContext, trouble: Trouble): Promise<Map<string, Baseline>> {
  const baselines = new Map<string, Baseline>();
  const asks = new AskEvents();
  const sink = (event: TraceEvent) => {
    context.sink(event);
    trouble.see(event, plan);
    asks.add(event);
  };
  await inWorld(plan, 'baseline', { ...context, sink }, async (world) => {
    beginPhase(world, BASELINE, []);
    for (const [i, task] of tasksOf(plan).entries()) {
      await ask(world, i + 1, task);
      const events = asks.take(i + 1);
      const cells = judgeAsk(plan, evidenceOf(plan, task, events, events, []), logOf(events));
      baselines.set(task.name, { events: withoutLog(events), cells });
    }
    endPhase(world, []);
  });
  return baselines;
}

/** The golden tasks that the phases will ask at least once. */
function tasksOf(plan: Plan): GoldenTask[] {
  const most = Math.max(...plan.drill.phases.map((p) => p.tasks));
  return plan.tasks.slice(0, most);
}

interface FaultTally {
  fault: string;
  role: string;
  phase: string;
  waitsFor: string;
  seen: number;
  fired: number;
  spared: number;
}

async function runPhases(plan: Plan, context: RunContext, baselines: Map<string, Baseline>, trouble: Trouble) {
  const asks = new AskEvents();
  const folds = drillFolds(plan);
  const tasks: TaskReport[] = [];
  const faults: FaultTally[] = [];
  const sink = (event: TraceEvent) => {
    context.sink(event);
    trouble.see(event, plan);
    asks.add(event);
    for (const { fold } of folds) fold.step(event);
  };
  await inWorld(plan, 'drill', { ...context, sink }, async (world) => {
    let number = baselines.size;
    for (const [i, phase] of plan.drill.phases.entries()) {
      const armed = plan.faults[i] ?? [];
      await world.clock.sleep(phase.after_ms);
      beginPhase(world, phase.name, armed);
      const began = world.clock.now();
      const numbered = Array.from({ length: phase.tasks }, (_, k) => taskAt(plan, k)).map((task) => ({
        task,
        n: ++number,
      }));
      await arrive(world, phase, numbered);
      await world.clock.sleep(Math.max(0, (phase.for_ms ?? 0) - (world.clock.now() - began)));
      endPhase(world, armed);
      const judged = numbered.map(({ task, n }) => judgeOne(plan, task, asks.take(n), baselines, armed));
      for (const report of judged) world.recorder.emit(verdictEvent(report));
      tasks.push(...judged);
      faults.push(...tallyOf(world, phase, judged));
    }
    for (const miss of missed(faults)) {
      world.recorder.emit({ kind: 'trigger-missed', fault: miss.fault, role: miss.role, why: whyMissed(miss) });
    }
  });
  const drillCells = folds.map(({ check, severity, fold }) => cell(plan, check, severity, () => fold.verdict()));
  return { tasks, drillCells, faults };
}

function taskAt(plan: Plan, index: number): GoldenTask {
  const task = plan.tasks[index % plan.tasks.length];
  if (task === undefined) throw new Error('a plan without tasks');
  return task;
}

function beginPhase(world: WorldContext, name: string, armed: readonly ArmedFault[]): void {
  world.recorder.enter(name);
  world.stand.begin(armed);
  world.recorder.emit({ kind: 'phase', state: 'began', faults: armed.map(placeOf) });
}

function endPhase(world: WorldContext, armed: readonly ArmedFault[]): void {
  world.recorder.emit({ kind: 'phase', state: 'ended', faults: armed.map(placeOf) });
}

const placeOf = ({ fault, role }: ArmedFault) => ({ fault, role });

/** Lets the asks of a phase arrive as its load says; resolves when each has an outcome. */
async function arrive(world: WorldContext, phase: Phase, asks: { task: GoldenTask; n: number }[]): Promise<void> {
  if ('arrive' in phase.load && phase.load.arrive === 'in_turn') {
    for (const { task, n } of asks) await ask(world, n, task);
    return;
  }
  const gap = 'every_ms' in phase.load ? phase.load.every_ms : 0;
  await Promise.all(
    asks.map(async ({ task, n }, i) => {
      if (gap > 0) await world.clock.sleep(i * gap);
      await ask(world, n, task);
    }),
  );
}

function judgeOne(
  plan: Plan,
  task: GoldenTask,
  events: TraceEvent[],
  baselines: Map<string, Baseline>,
  armed: readonly ArmedFault[],
): TaskReport {
  const baseline = baselines.get(task.name);
  if (baseline === undefined) throw new Error(`no baseline of ${task.name}`);
  const here = armed.filter(
    (f) => f.tenants?.includes(task.tenant) !== false && f.tasks?.includes(task.name) !== false,
  );
  const evidence = evidenceOf(plan, task, events, baseline.events, here.map(placeOf));
  const cells = withBaseline(judgeAsk(plan, evidence, logOf(events), baseline.cells), baseline);
  return reportTask(
    events,
    cells,
    baseline,
    plan.declares.chain,
    here.map((f) => f.role),
  );
}

/** A target that does not even answer without faults has shown nothing about its failover. */
function withBaseline(cells: CellReport[], baseline: Baseline): CellReport[] {
  if (baselineFault(baseline) === undefined || hasFinding(baseline.cells)) return cells;
  return cells.map((c) =>
    c.verdict === 'failed' ? { ...c, verdict: 'inconclusive', reason: `the baseline failed; ${c.reason}` } : c,
  );
}

function evidenceOf(
  plan: Plan,
  task: GoldenTask,
  events: readonly TraceEvent[],
  baseline: readonly TraceEvent[],
  armed: { fault: string; role: string }[],
): TaskEvidence {
  return {
    ...factsOf(plan),
    task,
    contract: plan.workflow.contract,
    sources: plan.workflow.sources.filter((s) => task.fixtures.includes(s.id)),
    canaries: plan.workflow.canaries,
    events: withoutLog(events),
    baseline: withoutLog(baseline),
    armed,
  };
}

function factsOf(plan: Plan): DrillFacts {
  return {
    drill: plan.drill.drill,
    declares: plan.declares,
    roles: Object.fromEntries(
      Object.entries(plan.roles).map(([name, { provider, protocol, model }]) => [name, { provider, protocol, model }]),
    ),
    phases: plan.drill.phases.map((p, i) => ({ name: p.name, faults: (plan.faults[i] ?? []).map(placeOf) })),
  };
}

const withoutLog = (events: readonly TraceEvent[]) => events.filter((e) => e.kind !== 'log');
const logOf = (events: readonly TraceEvent[]): TraceEvent[] => eventsOf(events, 'log');

/** The checks of drill scope, opened; what the target says of itself never reaches them. */
function drillFolds(plan: Plan) {
  return plan.checks.flatMap((check) => {
    const params = plan.drill.expect[check.name];
    if (check.scope !== 'drill' || params === undefined) return [];
    const fold = check.arm(params)(factsOf(plan));
    const step = (event: TraceEvent) => {
      if (event.kind !== 'log') fold.step(event);
    };
    return [{ check, severity: severityIn(plan, check.severity), fold: { step, verdict: () => fold.verdict() } }];
  });
}

function verdictEvent(report: TaskReport) {
  const { ask: n, task, verdict, score: points } = report;
  return { kind: 'verdict', ask: n, task, verdict, score: points } as const;
}

function tallyOf(world: WorldContext, phase: Phase, judged: readonly TaskReport[]): FaultTally[] {
  return world.stand.tally().map((t) => ({
    ...t,
    phase: phase.name,
    spared: judged.filter((report) => !report.calls.some((c) => c.role === t.role)).length,
  }));
}

/** Faults that fired on a role in no phase at all. */
function missed(faults: readonly FaultTally[]): FaultTally[] {
  const fired = (f: FaultTally) => faults.some((g) => g.fault === f.fault && g.role === f.role && g.fired > 0);
  return faults.filter((f, i) => !fired(f) && faults.findIndex((g) => g.fault === f.fault && g.role === f.role) === i);
}

function whyMissed({ role, waitsFor, seen }: FaultTally): string {
  if (seen === 0) return `no call reached ${role}`;
  return `it waits for ${waitsFor}, and none of the ${seen} calls to ${role} was that`;
}

function missedFaults(faults: readonly FaultTally[]): Reason[] {
  return missed(faults).map((f) => ({
    reason: `${f.fault} on ${f.role} never fired in phase ${f.phase}: ${whyMissed(f)}`,
    fix:
      f.seen === 0
        ? `Break a role that the target calls, or check that its calls to ${f.role} go through fetch.`
        : "Widen the fault's `when`, or ask more tasks in the phase.",
  }));
}

/** Checks the drill claims which judged nothing in any task. */
function emptyClaims(plan: Plan, tasks: readonly TaskReport[], drillCells: readonly CellReport[]): Reason[] {
  const cells = [...drillCells, ...tasks.flatMap((t) => t.checks)];
  return Object.keys(plan.drill.expect).flatMap((name) => {
    const own = cells.filter((c) => c.check === name);
    if (own.length === 0 || own.some((c) => c.verdict === 'passed' || c.verdict === 'failed')) return [];
    const empty = own.find((c) => c.verdict === 'inconclusive');
    if (empty === undefined) return [];
    return [
      {
        reason: `${name} judged nothing: ${empty.reason}`,
        fix: 'Change the drill so that the chance exists, or drop the claim.',
      },
    ];
  });
}

function failedBaselines(baselines: Map<string, Baseline>): Reason[] {
  return [...baselines].flatMap(([task, baseline]) => {
    const fault = baselineFault(baseline);
    if (fault === undefined) return [];
    return [
      {
        reason: `the baseline of ${task} failed, without any fault: ${fault}`,
        fix: 'Make the task pass without faults first: mend the target, or what the golden task demands.',
      },
    ];
  });
}

function verdictOf(
  tasks: readonly TaskReport[],
  drillCells: readonly CellReport[],
  trouble: Trouble,
): DrillReport['verdict'] {
  if (trouble.untrusted) return 'inconclusive';
  if (tasks.some((t) => t.verdict === 'failed') || hasFinding(drillCells)) return 'failed';
  return trouble.reasons.length > 0 || tasks.some((t) => t.verdict === 'inconclusive') ? 'inconclusive' : 'passed';
}

/** Events by ask, kept until the ask is judged. */
class AskEvents {
  private readonly byAsk = new Map<number, TraceEvent[]>();

  add(event: TraceEvent): void {
    if (!('ask' in event) || event.ask === undefined) return;
    const list = this.byAsk.get(event.ask);
    if (list === undefined) this.byAsk.set(event.ask, [event]);
    else list.push(event);
  }

  take(number: number): TraceEvent[] {
    const list = this.byAsk.get(number) ?? [];
    this.byAsk.delete(number);
    if (firstOf(list, 'ask') === undefined) throw new Error(`ask ${number} left no event`);
    return list;
  }
}
