import type { Drill } from '../core/drill.ts';
import { firstOf, type TaskEvidence } from '../core/evidence.ts';
import type { GoldenTask } from '../core/golden-task.ts';
import { entryOf, once } from '../core/once.ts';
import { type DrillCheck, type LogCheck, notApplicable, type TaskCheck } from '../core/plugin.ts';
import type { CellReport } from '../core/report.ts';
import { BASELINE, type EventOf } from '../core/trace.ts';
import type { Severity, Verdict, VerdictWord } from '../core/verdict.ts';
import { isRecord } from '../text/json.ts';
import type { JudgePlan } from './plan.ts';

/** A check made ready for one golden task. */
interface Planned {
  check: TaskCheck | LogCheck;
  asked: Asked;
  severity: Severity;
  judge(evidence: TaskEvidence, log: EventOf<'log'> | undefined): Verdict;
}

const isGate = ({ workflow }: JudgePlan, check: string) => workflow.contract?.gates.includes(check) === true;

/** High stakes make a major finding critical, and so does a gate where a wrong answer is worse than none; nothing is ever made lighter. */
export function severityIn(plan: JudgePlan, { name, severity }: { name: string; severity: Severity }): Severity {
  const { contract } = plan.workflow;
  if (contract?.wrong_is_worse_than_none && isGate(plan, name)) return 'critical';
  return contract?.stakes === 'high' && severity === 'major' ? 'critical' : severity;
}

/** Every ask of a task in a phase is judged by the same checks, so they are armed once. */
const armed = once((plan: JudgePlan) => {
  const inPhase = new Map<string, (task: GoldenTask) => Planned[]>();
  return (phase: string) => entryOf(inPhase, phase, () => once((task: GoldenTask) => armedFor(plan, task, phase)));
});

/** What a drill claims of a phase is about its faults; without them only what the task itself asks is judged. */
export function claimsIn({ drill }: JudgePlan, phase: string): Drill['expect'] {
  if (phase === BASELINE) return {};
  return { ...drill.expect, ...drill.phases.find(({ name }) => name === phase)?.expect };
}

/** Why a check is asked: it binds a target that does not claim its feature where a contract or a user's own drill brings it. */
export interface Asked {
  params: Record<string, unknown>;
  /** The drill claims it, so that nothing to judge is no pass. */
  expected: boolean;
  binds: boolean;
}

/** Undefined where nothing brings the check along. */
export function askedOf(
  plan: JudgePlan,
  check: TaskCheck | LogCheck | DrillCheck,
  task: GoldenTask | undefined,
  claimed: Record<string, unknown> | undefined,
): Asked | undefined {
  const { contract } = plan.workflow;
  const gate = check.scope !== 'drill' && isGate(plan, check.name);
  const implied = task && (check.implies?.(task, contract) ?? (gate ? {} : undefined));
  if (implied === undefined && claimed === undefined) return undefined;
  const ofContract = task !== undefined && implied !== undefined && check.implies?.(task, undefined) === undefined;
  return {
    params: { ...(isRecord(implied) ? implied : {}), ...claimed },
    expected: claimed !== undefined && plan.drill.may_idle !== true,
    binds: ofContract || (claimed !== undefined && !plan.shipped),
  };
}

/** The checks a golden task, its contract or the drill's claims bring along. */
function armedFor(plan: JudgePlan, task: GoldenTask, phase: string): Planned[] {
  const claims = claimsIn(plan, phase);
  return plan.checks.flatMap((check): Planned[] => {
    if (check.scope === 'drill') return [];
    const asked = askedOf(plan, check, task, claims[check.name]);
    if (asked === undefined) return [];
    return [{ check, asked, severity: severityIn(plan, check), judge: check.arm(asked.params) }];
  });
}

/** Verdict and feature rules every cell obeys, whatever its scope. */
export function cell(
  plan: JudgePlan,
  check: { name: string; feature?: string; scripted?: true },
  { binds, expected }: Pick<Asked, 'binds' | 'expected'>,
  severity: Severity,
  judge: () => Verdict,
): CellReport {
  const claims: readonly string[] = plan.declares.features;
  const unclaimed = !binds && check.feature !== undefined && !claims.includes(check.feature);
  const found = unclaimed
    ? notApplicable(`the target does not claim ${check.feature}`)
    : plan.unscripted && check.scripted
      ? notApplicable('no script replies that could be held to it')
      : judge();
  const verdict: VerdictWord = found.verdict === 'inconclusive' && !expected ? 'not_applicable' : found.verdict;
  const evidence = 'evidence' in found ? inOrder(found.evidence) : [];
  if (verdict === 'passed' && severity === 'critical' && evidence.length === 0) {
    throw new Error(`${check.name} passed without evidence: ${found.reason}`);
  }
  const { reason, unread = [] } = found;
  return { check: check.name, severity, verdict, reason, evidence, ...(unread.length > 0 && { unread: [...unread] }) };
}

const inOrder = (seqs: readonly number[]) => (seqs.length < 2 ? [...seqs] : [...new Set(seqs)].sort((a, b) => a - b));

/** The cells of a task's baseline are asked for in each of its asks. */
const byCheck = once((cells: readonly CellReport[]) => new Map(cells.map((one) => [one.check, one])));

/**
 * Every cell of one ask. What may never happen is a finding also where it happened without any fault; another check that
 * fails without faults says nothing about the failover: it is inconclusive.
 */
export function judgeAsk(
  plan: JudgePlan,
  phase: string,
  evidence: TaskEvidence,
  log: EventOf<'log'> | undefined,
  baseline: readonly CellReport[] = [],
): CellReport[] {
  const left = firstOf(evidence.events, 'left') !== undefined;
  const unreadable = unreadableIn(evidence);
  return armed(plan)(phase)(evidence.task).map(({ check, asked, severity, judge }) => {
    const found = cell(plan, check, asked, severity, () =>
      left && !check.nobody_waits ? NOT_OWED : leaning(check, judge(evidence, log), unreadable),
    );
    const before = byCheck(baseline).get(found.check);
    if (before?.verdict !== 'failed') return found;
    if (check.always) {
      return found.verdict === 'failed' ? found : { ...before, reason: `without any fault: ${before.reason}` };
    }
    if (found.verdict !== 'failed') return found;
    return { ...found, verdict: 'inconclusive', reason: `it fails without any fault as well: ${before.reason}` };
  });
}

/** Nobody is owed an answer who did not wait for it: of an ask whose user left, only what was done is judged. */
const NOT_OWED = notApplicable('the user left before the end');

/** The outcome, where it cannot be read. */
function unreadableIn({ events }: TaskEvidence): EventOf<'outcome'> | undefined {
  const outcome = firstOf(events, 'outcome');
  return outcome?.unreadable ? outcome : undefined;
}

/** What leans on an outcome that cannot be read says nothing of the target: that it cannot is the finding, and told once. */
function leaning({ scope }: Planned['check'], found: Verdict, outcome: EventOf<'outcome'> | undefined): Verdict {
  if (outcome === undefined || found.reason === outcome.outcome.error) return found;
  const leans = scope === 'log' || ('evidence' in found && found.evidence.includes(outcome.seq));
  return leans ? notApplicable('the outcome cannot be read') : found;
}

export function hasFinding(cells: readonly CellReport[]): boolean {
  return cells.some((c) => c.verdict === 'failed' && c.severity !== 'minor');
}
