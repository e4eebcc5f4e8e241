import { EPOCH_MS } from '../core/clock.ts';
import { type DrillFacts, eventsOf, firstOf } from '../core/evidence.ts';
import type { DrillCheck, Fold } from '../core/plugin.ts';
import type { CellReport, DrillReport, JudgedDrill, TaskReport } from '../core/report.ts';
import { seenIn } from '../core/seen.ts';
import { BASELINE, type EventOf, type TraceEvent } from '../core/trace.ts';
import type { Severity, VerdictWord } from '../core/verdict.ts';
import { BothPaths } from './both-paths.ts';
import { type AskEvents, EndedAsks } from './ended-asks.ts';
import { type FaultTally, isIdle, missed, missedReason, openTally } from './fault-tally.ts';
import { type Asked, askedOf, cell, hasFinding, severityIn } from './judge-ask.ts';
import { armedIn, factsOf, judgeBaseline, judgeTask, taskNamed, withoutLog } from './judge-task.ts';
import { Kept, TASKS } from './kept.ts';
import { notApplicableNote, OwnFailures, recordingNotes, unpricedNote, unscriptedNote, waysNote } from './notes.ts';
import { PhaseEvents } from './phase-events.ts';
import type { JudgePlan } from './plan.ts';
import { Reasons, silent } from './reasons.ts';
import { asShown, chainSeen, orderNote, routed, routeNote, settled, strangersNote } from './settle-chain.ts';
import { leastStart, startNote } from './start-of-process.ts';
import type { Baseline } from './task-report.ts';
import { Totals } from './totals.ts';
import { allIdle, cutShort, emptyClaims, failedBaselines, idleReasons, lackingOf, NOTHING_JUDGED } from './why-open.ts';

/** Judges one drill from its events alone; memory grows little with its asks. */
export interface DrillJudge {
  see(event: TraceEvent): void;
  /** What came of the asks of the phase that ended last. */
  justJudged(): readonly Pick<TaskReport, 'ask' | 'task' | 'verdict' | 'score'>[];
  faults(): readonly FaultTally[];
  report(): JudgedDrill;
  /** Its report is not wanted: what waits in files is removed. */
  drop(): void;
  /** Whether nothing can come of the phases; known when the baseline has ended. */
  hopeless(): boolean;
  /** The roles in the order in which the target tries them; known when the baseline has ended. */
  chain(): string[];
}

type PhasedEvent = Exclude<TraceEvent, EventOf<'run-header'>>;

/** One that judges each ask as it ends. */
export interface HastyJudge extends DrillJudge {
  /** Whether that was too early: something came of an ask later on, or its phase was not over. */
  tooEarly(): boolean;
}

/** Judges the asks of a phase as they end, or all of them when it is over. */
export function judgeOf(given: JudgePlan, when: 'as they end' | 'when it is over'): HastyJudge {
  let plan = given;
  const reasons = new Reasons();
  let folds: OpenFold[] = [];
  let notes: string[] = [];
  const baselines = new Map<string, Baseline>();
  const tasks = new Kept<TaskReport>(TASKS, 'checks');
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
  /** What to change in this target, by the check that failed. */
  const advice = new Map<string, string>();
  /** Recordings that replied. */
  const replayed = new Set<string>();
  const ownFailures = given.unscripted ? new OwnFailures() : undefined;
  let phase = new PhaseEvents();
  /** The phase whose asks are judged as they end. */
  let current: ReturnType<typeof openPhase> | undefined;
  /** Something came of an ask while no phase was under way. */
  let between = false;
  let tooEarly = false;
  /** When the world began whose events are being seen. */
  let epoch_ms = EPOCH_MS;
  /** What the start of a process took at least, in milliseconds; undefined where none was waited for. */
  let start: number | undefined;
  let judged: Pick<TaskReport, 'ask' | 'task' | 'verdict' | 'score'>[] = [];

  /** The baseline shows in which order roles are tried, if the target does not say so; only then can anything be judged. */
  function settle(events: readonly TraceEvent[], asks: readonly (readonly TraceEvent[])[]): void {
    const chain = chainSeen(given.declares, events);
    plan = routed(settled(given, chain), asks);
    notes = [
      ...orderNote(given, chain),
      ...routeNote(plan.declares, asks),
      ...waysNote(events),
      ...unscriptedNote(given, events),
    ];
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
    const each = asks.map((one) => one.events);
    settle(events, each);
    for (const events of each) notePrices(events);
    start = leastStart(each);
    notes.push(...startNote(start));
    for (const { task, events } of asks)
      baselines.set(task, judgeBaseline(plan, taskNamed(plan, task), events, { epoch_ms, start }));
    if (given.wall !== true || reasons.untrusted || eventsOf(events, 'call').length > 0) return;
    for (const reason of [...failedBaselines(baselines), silent(given)]) reasons.add(reason);
    reasons.hopeless = true;
  }

  function notePrices(events: readonly TraceEvent[]): void {
    for (const role of seenIn(withoutLog(events), plan.declares.chain).spent.unpriced) unpriced.add(role);
  }

  function noteAdvice(report: TaskReport): void {
    for (const { check: name, verdict } of report.checks) {
      if (verdict !== 'failed' || advice.has(name)) continue;
      const text = plan.checks.find((check) => check.name === name)?.adviceFor?.(report);
      if (text !== undefined) advice.set(name, text);
    }
  }

  function judgeOne({ ask, task, events }: AskEvents, name: string): void {
    for (const role of asShown(plan, events, baselines.get(task)?.events ?? []).declares.chain) shown.add(role);
    notePrices(events);
    const report = judgeTask(plan, taskNamed(plan, task), events, baselines, name, { epoch_ms, start });
    tasks.push(report);
    totals.add(report.checks, plan, name);
    noteAdvice(report);
    if (firstOf(events, 'left') === undefined) paths.add(report, baselines.get(task)?.cells ?? []);
    verdicts.add(report.verdict);
    judged.push({ ask, task, verdict: report.verdict, score: report.score });
  }

  function openPhase(name: string) {
    judged = [];
    const tallies = armedIn(plan, name).map((use) => openTally(use, name));
    return {
      name,
      asks: new EndedAsks((ask) => judgeOne(ask, name)),
      count(event: TraceEvent): void {
        for (const tally of tallies) tally.see(event);
      },
      close(): void {
        const numbers = judged.map(({ ask }) => ask);
        faults.push(...tallies.map((tally) => tally.close(numbers)));
      },
    };
  }

  function seeHastily(event: PhasedEvent): void {
    tooEarly ||= !ended.has(BASELINE);
    // It tells of what was judged before.
    if (event.kind === 'verdict') return;
    hastily(() => {
      if (event.kind === 'phase' && event.state === 'began') {
        // What came before it counts in it, whatever stands between.
        tooEarly ||= between || current !== undefined;
        current = openPhase(event.phase);
      }
      between = current === undefined && (between || 'ask' in event);
      current?.count(event);
      current?.asks.add(event);
    });
  }

  function endHastily(name: string): void {
    tooEarly ||= current?.name !== name;
    hastily(() => current?.asks.end());
    tooEarly ||= current?.asks.late !== false;
    current?.close();
    current = undefined;
  }

  /** Whatever cannot be judged is told of when the phase is over. */
  function hastily(act: () => void): void {
    try {
      act();
    } catch {
      tooEarly = true;
    }
  }

  function endPhase(name: string): void {
    const over = openPhase(name);
    for (const ask of phase.asks(over.count)) judgeOne(ask, name);
    over.close();
  }

  return {
    see(event) {
      reasons.see(event, plan);
      ownFailures?.see(event);
      if (event.kind === 'replayed') replayed.add(event.recording);
      if (event.kind === 'run-header') return;
      if (event.kind === 'phase') epoch_ms = event.epoch_ms ?? epoch_ms;
      const hastily = when === 'as they end' && event.phase !== BASELINE;
      if (hastily) seeHastily(event);
      else phase.add(event);
      tooEarly ||= event.phase === BASELINE && ended.has(BASELINE);
      if (event.phase !== BASELINE) stepAll(event);
      if (event.kind !== 'phase' || event.state !== 'ended') return;
      ended.add(event.phase);
      if (hastily) endHastily(event.phase);
      else if (event.phase === BASELINE) endBaseline();
      else endPhase(event.phase);
      phase.close();
      phase = new PhaseEvents();
    },
    tooEarly: () => tooEarly || current !== undefined,
    drop() {
      tasks.close();
      phase.close();
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
      for (const reason of reasons.hopeless ? [] : cutShort(plan, ended)) reasons.add(reason);
      // What comes of a world that leaked is mended with it.
      if (!reasons.hopeless && !reasons.untrusted) {
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
          ...(ownFailures?.notes ?? []),
          ...strangersNote(plan, [...shown]),
          ...recordingNotes(plan, replayed, !reasons.hopeless && cutShort(plan, ended).length === 0),
          ...[...unpriced].map((role) => unpricedNote(role, plan.roles[role]?.model)),
          ...[...plan.lacking, ...(pointless ? [] : idle.map(lackingOf))].map(notApplicableNote),
        ],
        advice: { ...adviceOf(plan, totals), ...Object.fromEntries(advice) },
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

function verdictOf(
  tasks: ReadonlySet<VerdictWord>,
  cells: readonly CellReport[],
  reasons: Reasons,
): DrillReport['verdict'] {
  if (reasons.untrusted) return 'inconclusive';
  if (tasks.has('failed') || hasFinding(cells)) return 'failed';
  return reasons.all.length > 0 || tasks.has('inconclusive') ? 'inconclusive' : 'passed';
}
