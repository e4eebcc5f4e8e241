import { isDeepStrictEqual } from 'node:util';
import { EPOCH_MS } from '../core/clock.ts';
import { asKnown } from '../core/declaration.ts';
import { type FaultUse, placeOf, WrittenDrill } from '../core/drill.ts';
import type { Effect } from '../core/effect.ts';
import { type ArmedAt, type DrillFacts, eventsOf, firstOf, type TaskEvidence } from '../core/evidence.ts';
import { type GoldenTask, sourcesFor } from '../core/golden-task.ts';
import type { Need } from '../core/need.ts';
import { once } from '../core/once.ts';
import type { DrillCheck, Fold } from '../core/plugin.ts';
import type { CellReport, DrillReport, JudgedDrill, TaskReport } from '../core/report.ts';
import { seenIn } from '../core/seen.ts';
import type { Way } from '../core/sockets.ts';
import { BASELINE, type EventOf, type TraceEvent } from '../core/trace.ts';
import type { Severity, VerdictWord } from '../core/verdict.ts';
import { BothPaths } from './both-paths.ts';
import { type FaultTally, isIdle, missed, missedReason, openTally, whyMissed } from './fault-tally.ts';
import { type Asked, askedOf, cell, hasFinding, judgeAsk, severityIn } from './judge-ask.ts';
import { Kept, TASKS } from './kept.ts';
import { PhaseEvents } from './phase-events.ts';
import type { JudgePlan } from './plan.ts';
import { type Reason, Reasons, silent } from './reasons.ts';
import { asShown, chainSeen, orderNote, settled, strangersNote } from './settle-chain.ts';
import { leastStart, startIn, startNote } from './start-of-process.ts';
import { skipped } from './summary.ts';
import { type Baseline, baselineFault, lostIn, reportTask } from './task-report.ts';
import { Totals } from './totals.ts';

/** Judges one drill from its events alone, as they happen or as they were stored; memory grows little with its asks. */
export interface DrillJudge {
  see(event: TraceEvent): void;
  /** What came of the asks of the phase that ended last. */
  justJudged(): readonly Pick<TaskReport, 'ask' | 'task' | 'verdict' | 'score'>[];
  faults(): readonly FaultTally[];
  report(): JudgedDrill;
  /** Whether nothing can come of the phases; known when the baseline has ended. */
  hopeless(): boolean;
  /** The roles in the order in which the target tries them; known when the baseline has ended. */
  chain(): string[];
}

/** The one way from the events of a drill to its report, whether they happen now or were stored. */
export function reportOf(plan: JudgePlan, events: Iterable<TraceEvent>): JudgedDrill {
  const known = skipped(plan);
  if (known !== undefined) return known;
  const judge = createDrillJudge(plan);
  for (const event of events) judge.see(event);
  return judge.report();
}

export function createDrillJudge(given: JudgePlan): DrillJudge {
  let plan = given;
  const reasons = new Reasons();
  let folds: OpenFold[] = [];
  let notes: string[] = [];
  const baselines = new Map<string, Baseline>();
  const tasks = new Kept<TaskReport>(TASKS);
  const totals = new Totals();
  const paths = new BothPaths();
  const verdicts = new Set<VerdictWord>();
  const faults: FaultTally[] = [];
  /** Asks whose user may leave. */
  const leaving = new Set<number>();
  const ended = new Set<string>();
  /** Roles of any ask's chain. */
  const shown = new Set<string>();
  /** Roles whose calls cost what nobody knows. */
  const unpriced = new Set<string>();
  let phase = new PhaseEvents();
  /** When the world began whose events are being seen. */
  let epoch_ms = EPOCH_MS;
  /** What the start of a process took at least, in milliseconds; undefined where none was waited for. */
  let start: number | undefined;
  let judged: ReturnType<DrillJudge['justJudged']> = [];

  /** The baseline shows in which order roles are tried, if the target does not say so; only then can anything be judged. */
  function settle(events: readonly TraceEvent[]): void {
    const chain = chainSeen(given.declares, events);
    notes = [...orderNote(given, chain), ...waysNote(events)];
    plan = settled(given, chain);
    folds = openFolds(plan, {
      ...factsOf(plan),
      // They are opened before the world begins in which the phases are played.
      get epoch_ms() {
        return epoch_ms;
      },
    });
    for (const event of events) stepAll(event);
  }

  function stepAll(event: TraceEvent): void {
    // What the target says of itself never reaches a check of drill scope.
    if (event.kind === 'log') return;
    if (event.kind === 'ask' && event.leaves_after_ms !== undefined) leaving.add(event.ask);
    // How such an ask goes on, and how its calls end, is its user's doing: only what was done is judged of it.
    const left = 'ask' in event && event.ask !== undefined && leaving.has(event.ask);
    for (const { check, fold, phase: only } of folds)
      if (left && !check.nobody_waits) continue;
      else if (only === undefined || !('phase' in event) || [only, BASELINE].includes(event.phase)) fold.step(event);
  }

  function endBaseline(): void {
    const events: TraceEvent[] = [];
    const asks = [...phase.asks((event) => events.push(event))];
    settle(events);
    for (const { events } of asks) notePrices(events);
    start = leastStart(asks.map((one) => one.events));
    notes.push(...startNote(start));
    for (const { task, events } of asks)
      baselines.set(task, judgeBaseline(plan, taskNamed(plan, task), events, { epoch_ms, start }));
    if (given.wall !== true || reasons.untrusted || eventsOf(events, 'call').length > 0) return;
    for (const reason of [...failedBaselines(baselines), silent(given)]) reasons.add(reason);
    reasons.hopeless = true;
  }

  function notePrices(events: readonly TraceEvent[]): void {
    for (const role of seenIn(events, plan.declares.chain).spent.unpriced) unpriced.add(role);
  }

  function endPhase(name: string): void {
    const tallies = armedIn(plan, name).map((use) => openTally(use, name));
    const asks = phase.asks((event) => {
      for (const tally of tallies) tally.see(event);
    });
    judged = Array.from(asks, ({ task, events }) => {
      for (const role of asShown(plan, events).declares.chain) shown.add(role);
      notePrices(events);
      const report = judgeTask(plan, taskNamed(plan, task), events, baselines, name, { epoch_ms, start });
      tasks.push(report);
      totals.add(report.checks, plan, name);
      if (firstOf(events, 'left') === undefined) paths.add(report, baselines.get(task)?.cells ?? []);
      verdicts.add(report.verdict);
      return { ask: report.ask, task, verdict: report.verdict, score: report.score };
    });
    const numbers = judged.map(({ ask }) => ask);
    faults.push(...tallies.map((tally) => tally.close(numbers)));
  }

  return {
    see(event) {
      reasons.see(event, plan);
      if (event.kind === 'run-header') return;
      if (event.kind === 'phase') epoch_ms = event.epoch_ms ?? epoch_ms;
      phase.add(event);
      if (event.phase !== BASELINE) stepAll(event);
      if (event.kind !== 'phase' || event.state !== 'ended') return;
      ended.add(event.phase);
      if (event.phase === BASELINE) endBaseline();
      else endPhase(event.phase);
      phase.close();
      phase = new PhaseEvents();
    },
    justJudged: () => judged,
    faults: () => faults,
    hopeless: () => reasons.hopeless,
    chain: () => plan.declares.chain,
    report() {
      const cells = folds.map(({ check, asked, severity, fold }) =>
        cell(plan, check, asked, severity, () => fold.verdict()),
      );
      totals.add(cells, plan);
      const idle = missed(faults).filter((fault) => isIdle(fault, plan.drill));
      if (!reasons.hopeless) {
        for (const reason of cutShort(plan, ended)) reasons.add(reason);
        for (const reason of failedBaselines(baselines)) reasons.add(reason);
        for (const fault of missed(faults)) if (!idle.includes(fault)) reasons.add(missedReason(fault));
        for (const reason of idle.length > 0 ? [] : emptyClaims(plan, totals)) reasons.add(reason);
        if (totals.empty) reasons.add(NOTHING_JUDGED);
      }
      const judgedAs = verdictOf(verdicts, cells, reasons);
      const pointless = judgedAs !== 'failed' && reasons.all.length === 0 && idle.length > 0 && allIdle(plan, idle);
      const verdict = pointless ? 'not_applicable' : judgedAs;
      return {
        name: plan.drill.drill,
        title: plan.drill.title,
        hypothesis: plan.drill.hypothesis,
        verdict,
        score: totals.score(verdict),
        words: totals.words(),
        reasons: pointless ? idleReasons(idle) : reasons.all,
        notes: [
          ...notes,
          ...strangersNote(plan, [...shown]),
          ...[...unpriced].map((role) => unpricedNote(role, plan.roles[role]?.model)),
          ...[...plan.lacking, ...(pointless ? [] : idle.map(lackingOf))].map(notApplicableNote),
        ],
        advice: adviceOf(plan, totals),
        definition: plan.definition,
        source: plan.source,
        reproduce: plan.reproduce,
        faults: faults.map(({ fault, role, phase: name, fired, spared }) => ({
          fault,
          role,
          phase: name,
          fired,
          spared,
        })),
        checks: cells,
        paths: paths.report(faults.some(({ effect, fired }) => fired > 0 && effect === 'cheapens')),
        tasks,
      };
    },
  };
}

/** A check of drill scope at work; one that a phase claims sees that phase and the baseline alone. */
interface OpenFold {
  check: DrillCheck;
  asked: Asked;
  severity: Severity;
  fold: Fold;
  phase: string | undefined;
}

function openFolds(plan: JudgePlan, facts: DrillFacts): OpenFold[] {
  const [task] = plan.workflow.tasks;
  const open = (check: DrillCheck, phase: string | undefined, asked: Asked | undefined): OpenFold[] =>
    asked === undefined
      ? []
      : [{ check, asked, phase, severity: severityIn(plan, check), fold: check.arm(asked.params)(facts) }];
  return plan.checks.flatMap((check) => {
    if (check.scope !== 'drill') return [];
    const ofPhases = plan.drill.phases.flatMap(({ name, expect }) =>
      expect?.[check.name] === undefined ? [] : open(check, name, askedOf(plan, check, undefined, expect[check.name])),
    );
    return [...open(check, undefined, askedOf(plan, check, task, plan.drill.expect[check.name])), ...ofPhases];
  });
}

/** What to change in the target, for each check that failed. */
function adviceOf({ checks }: JudgePlan, totals: Totals): Record<string, string> {
  return Object.fromEntries(
    checks.flatMap(({ name, advice }) => (advice === undefined || !totals.failed(name) ? [] : [[name, advice]])),
  );
}

function taskNamed(plan: JudgePlan, name: string): GoldenTask {
  const task = plan.workflow.tasks.find((t) => t.name === name);
  if (task === undefined) throw new Error(`the trace asks ${name}, which is no golden task of ${plan.workflow.name}`);
  return task;
}

/** When a world began, and what the start of a process takes there at least, in milliseconds. */
interface Times {
  epoch_ms: number;
  start: number | undefined;
}

function judgeBaseline(given: JudgePlan, task: GoldenTask, events: TraceEvent[], times: Times): Baseline {
  const seen = withoutLog(events);
  const plan = asShown(given, seen);
  const evidence = evidenceOf(plan, task, seen, seen, [], times);
  return { events: seen, cells: judgeAsk(plan, BASELINE, evidence, logOf(events)) };
}

function judgeTask(
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
  const plan = asShown(given, events);
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

/** How the baseline's calls were told apart, where they came over sockets; of asks that come together it may not be enough. */
function waysNote(events: readonly TraceEvent[]): string[] {
  const ways = eventsOf(events, 'attributed').map(({ way }) => WORDS_OF[way]);
  return ways.length === 0
    ? []
    : [
        `which ask a call belongs to was told by ${ways.join(', ')}`,
        'what a process sent elsewhere without heeding the proxy variables was not observed',
      ];
}
const WORDS_OF: Readonly<Record<Way, string>> = {
  url: 'a URL of its own',
  header: 'a header that was handed on',
  body: 'the body’s user or metadata',
  marker: 'a mark in its text',
  alone: 'no other ask being under way',
};

const unpricedNote = (role: string, model = 'its model') =>
  `price unknown: ${model}, so what ${role} was asked counts for no budget; to say it:  price: { input: …, output: … }`;

/** One list a task, so that what is found out about it is found once. */
const sourcesOf = once((plan: JudgePlan) => once((task: GoldenTask) => sourcesFor(task, plan.workflow.sources)));

const factsOf = once((plan: JudgePlan): Omit<DrillFacts, 'epoch_ms'> => {
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

function armedIn({ drill, effects, needs }: JudgePlan, phase: string): Armed[] {
  const at = drill.phases.findIndex((p) => p.name === phase);
  const uses = drill.phases[at]?.faults ?? [];
  return uses.flatMap((use, i) => {
    const effect = effects[at]?.[i];
    return effect === undefined ? [] : [{ ...use, effect, needs: needs?.[at]?.[i] ?? undefined }];
  });
}

const asArmed = (use: Armed): ArmedAt => ({ fault: use.fault, role: placeOf(use), effect: use.effect });
const withoutLog = (events: readonly TraceEvent[]) => events.filter((e) => e.kind !== 'log');
const logOf = (events: readonly TraceEvent[]): EventOf<'log'> | undefined => firstOf(events, 'log');

/** Whether nothing that the drill breaks was there to be broken. */
const allIdle = ({ drill }: JudgePlan, idle: readonly FaultTally[]): boolean =>
  drill.phases.every(({ faults }) =>
    faults.every((use) => idle.some(({ fault, role }) => fault === use.fault && role === placeOf(use))),
  );

/** In the same words whatever the faults are called: many drills have them in common. */
const idleReasons = (idle: readonly FaultTally[]): Reason[] =>
  [...new Set(idle.map(whyMissed))].map((reason) => ({
    reason,
    fix: 'Nothing is wrong: it is about calls that this target does not make.',
  }));

const lackingOf = (idle: FaultTally) => ({ what: `${idle.fault} on ${idle.role}`, why: whyMissed(idle) });
const notApplicableNote = ({ what, why }: JudgePlan['lacking'][number]) => `${what}: ${why}, so it is not applicable`;

/** Checks that the drill, or a phase of it, claims and which judged nothing in any task. */
function emptyClaims(plan: JudgePlan, totals: Totals): Reason[] {
  // What this run lacks leaves a claim without its chance.
  if (plan.lacking.length > 0 || plan.drill.may_idle) return [];
  const { expect, phases } = plan.drill;
  const claims: [check: string, phase?: string][] = [
    ...Object.keys(expect).map((check): [string] => [check]),
    ...phases.flatMap(({ name, expect: own = {} }) => Object.keys(own).map((check): [string, string] => [check, name])),
  ];
  return claims.flatMap(([check, phase]) => {
    const why = totals.openClaim(check, phase);
    if (why === undefined) return [];
    const reason = `${check} judged nothing: ${why}`;
    if (!replaced(plan)) return [{ reason, fix: 'Change the drill so that the chance exists, or drop the claim.' }];
    const fix = 'Run it without --fault, or name faults there that give the claim its chance.';
    return [{ reason: `${reason}; --fault took the place of the faults that the drill claims it under`, fix }];
  });
}

/** Whether the faults that were armed are others than the drill's own. */
function replaced({ drill, definition }: JudgePlan): boolean {
  const own = WrittenDrill.shape.phases.safeParse(definition['phases']);
  return own.success && !isDeepStrictEqual(own.data, drill.phases);
}

/** What did not come to its end may have failed. */
function cutShort({ drill }: JudgePlan, ended: ReadonlySet<string>): Reason[] {
  const open = [BASELINE, ...drill.phases.map(({ name }) => name)].find((name) => !ended.has(name));
  if (open === undefined) return [];
  return [{ reason: `${open} did not come to its end`, fix: 'Run the drill again.' }];
}

/** A run in which nothing was judged shows nothing. */
const NOTHING_JUDGED: Reason = {
  reason: 'nothing was judged in this drill',
  fix: 'Name checks in `expect`, or golden tasks that demand something.',
};

function failedBaselines(baselines: ReadonlyMap<string, Baseline>): Reason[] {
  const tasks = new Map<string, string[]>();
  for (const [task, baseline] of baselines) {
    const fault = baselineFault(baseline);
    if (fault !== undefined) tasks.set(fault, [...(tasks.get(fault) ?? []), task]);
  }
  const fix = 'Make the task pass without faults first: mend the target, or what the golden task demands.';
  return [...tasks].map(([fault, names]) => ({
    reason: `the baseline of ${several(names)} failed, without any fault: ${fault}`,
    fix,
  }));
}

/** The first three of them, and how many more. */
const several = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;

function verdictOf(
  tasks: ReadonlySet<VerdictWord>,
  cells: readonly CellReport[],
  reasons: Reasons,
): DrillReport['verdict'] {
  if (reasons.untrusted) return 'inconclusive';
  if (tasks.has('failed') || hasFinding(cells)) return 'failed';
  return reasons.all.length > 0 || tasks.has('inconclusive') ? 'inconclusive' : 'passed';
}
