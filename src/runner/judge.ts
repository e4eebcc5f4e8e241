import { firstOf, type TaskEvidence } from '../core/evidence.ts';
import type { GoldenTask } from '../core/golden-task.ts';
import { isRecord } from '../core/json.ts';
import { once } from '../core/once.ts';
import { type LogCheck, notApplicable, type TaskCheck } from '../core/plugin.ts';
import type { CellReport, WordsReport } from '../core/report.ts';
import type { EventOf } from '../core/trace.ts';
import type { Severity, Verdict, VerdictWord } from '../core/verdict.ts';
import type { JudgePlan } from './plan.ts';

/** A check made ready for one golden task. */
interface Planned {
  check: TaskCheck | LogCheck;
  severity: Severity;
  judge(evidence: TaskEvidence, log: EventOf<'log'> | undefined): Verdict;
}

const WEIGHT: Record<Severity, number> = { critical: 8, major: 3, minor: 1 };

const isGate = ({ workflow }: JudgePlan, check: string) => workflow.contract?.gates.includes(check) === true;

/** High stakes make a major finding critical, and so does a gate where a wrong answer is worse than none; nothing is ever made lighter. */
export function severityIn(plan: JudgePlan, { name, severity }: { name: string; severity: Severity }): Severity {
  const { contract } = plan.workflow;
  if (contract?.wrong_is_worse_than_none && isGate(plan, name)) return 'critical';
  return contract?.stakes === 'high' && severity === 'major' ? 'critical' : severity;
}

/** Every ask of a task is judged by the same checks, so they are armed once. */
const armed = once((plan: JudgePlan) => ({
  baseline: once((task: GoldenTask) => armedFor(plan, task, true)),
  drill: once((task: GoldenTask) => armedFor(plan, task, false)),
}));

/** The checks a golden task, its contract or the drill's claims bring along. */
function armedFor(plan: JudgePlan, task: GoldenTask, baseline: boolean): Planned[] {
  return plan.checks.flatMap((check): Planned[] => {
    if (check.scope === 'drill') return [];
    const gate = isGate(plan, check.name);
    const implied = check.implies?.(task, plan.workflow.contract) ?? (gate ? {} : undefined);
    // What a drill claims is about its faults; without them only what the task itself asks is judged.
    const claimed = baseline ? undefined : plan.drill.expect[check.name];
    if (implied === undefined && claimed === undefined) return [];
    const params = { ...(isRecord(implied) ? implied : {}), ...claimed };
    const severity = severityIn(plan, check);
    return [{ check, severity, judge: check.arm(params) }];
  });
}

/** Verdict and feature rules every cell obeys, whatever its scope. */
export function cell(
  plan: JudgePlan,
  check: { name: string; feature?: string },
  severity: Severity,
  judge: () => Verdict,
): CellReport {
  const claims: readonly string[] = plan.declares.features;
  const unclaimed = check.feature !== undefined && !claims.includes(check.feature);
  const found = unclaimed ? notApplicable(`the target does not claim ${check.feature}`) : judge();
  const expected = plan.drill.expect[check.name] !== undefined;
  const verdict: VerdictWord = found.verdict === 'inconclusive' && !expected ? 'not_applicable' : found.verdict;
  const evidence = 'evidence' in found ? [...new Set(found.evidence)].sort((a, b) => a - b) : [];
  if (verdict === 'passed' && severity === 'critical' && evidence.length === 0) {
    throw new Error(`${check.name} passed without evidence: ${found.reason}`);
  }
  const { reason, unread = [] } = found;
  return { check: check.name, severity, verdict, reason, evidence, ...(unread.length > 0 && { unread: [...unread] }) };
}

/** What was judged of the notices of some cells, and what nobody has read. */
export function wordsOf({ checks }: JudgePlan, cells: readonly CellReport[]): WordsReport {
  const ofNotices = checks.filter(({ feature }) => feature === 'notice').map(({ name }) => name);
  const judged = cells.filter((c) => ofNotices.includes(c.check) && (c.verdict === 'passed' || c.verdict === 'failed'));
  return { notices_judged: judged.length, unread: [...new Set(cells.flatMap((c) => c.unread ?? []))] };
}

/** Every cell of one ask. A check that fails without any fault says nothing about the failover: it is inconclusive. */
export function judgeAsk(
  plan: JudgePlan,
  evidence: TaskEvidence,
  log: EventOf<'log'> | undefined,
  baseline?: readonly CellReport[],
): CellReport[] {
  const planned = armed(plan)[baseline === undefined ? 'baseline' : 'drill'](evidence.task);
  return planned.map(({ check, severity, judge }) => {
    const found = cell(plan, check, severity, () => leaning(check, judge(evidence, log), evidence));
    const before = baseline?.find((b) => b.check === found.check);
    if (found.verdict !== 'failed' || before?.verdict !== 'failed') return found;
    return { ...found, verdict: 'inconclusive', reason: `it fails without any fault as well: ${before.reason}` };
  });
}

/** What leans on an outcome that cannot be read says nothing of the target: that it cannot is the finding, and told once. */
function leaning({ scope }: Planned['check'], found: Verdict, { events }: TaskEvidence): Verdict {
  const outcome = firstOf(events, 'outcome');
  if (!outcome?.unreadable || found.reason === outcome.outcome.error) return found;
  const leans = scope === 'log' || ('evidence' in found && found.evidence.includes(outcome.seq));
  return leans ? notApplicable('the outcome cannot be read') : found;
}

export function hasFinding(cells: readonly CellReport[]): boolean {
  return cells.some((c) => c.verdict === 'failed' && c.severity !== 'minor');
}

/** Weight of the passed cells over the weight of the applicable ones, 0 to 100; an empty set scores 100. */
export function score(cells: readonly CellReport[]): number {
  const weigh = (list: readonly CellReport[]) => list.reduce((sum, c) => sum + WEIGHT[c.severity], 0);
  // What had nothing to judge in this task is no shortcoming of it; what could not be trusted is.
  const judged = (c: CellReport) =>
    c.verdict !== 'not_applicable' && (c.verdict !== 'inconclusive' || c.evidence.length > 0);
  const applicable = weigh(cells.filter(judged));
  const earned = weigh(cells.filter((c) => c.verdict === 'passed'));
  return applicable === 0 ? 100 : Math.round((1000 * earned) / applicable) / 10;
}
