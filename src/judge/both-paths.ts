import type { CellReport, DrillReport, Recommendation, TaskReport } from '../core/report.ts';

type Paths = NonNullable<DrillReport['paths']>;

/** Kinds that give the user something to rely on. */
const CONTENT = ['answered', 'partial', 'rules_based', 'extracted', 'action_disabled'];

/**
 * The golden tasks over both paths, check by check, and how far the fallback may be trusted with this workflow: in each
 * phase, and over all of them. Null where no ask left the first role. With mocked replies this shows the target's
 * reaction, not a model's quality.
 */
export function bothPaths(
  tasks: readonly TaskReport[],
  baseline: (task: string) => readonly CellReport[],
  quality_fault: boolean,
): Paths | null {
  // Where no later role replied there was no fallback to trust or not.
  const replied = ({ calls, failover }: TaskReport) =>
    calls.some((c) => c.role !== failover?.from && c.failure_mode === null && c.ms !== null);
  const moved = tasks.filter((t) => t.failover !== null && replied(t));
  if (moved.length === 0) return null;
  const primary = moved.map(({ task }) => baseline(task));
  const fallback = moved.map(({ checks }) => checks);
  const names = [...new Set(primary.flat().map((c) => c.check))];
  const checks = names
    .map((check) => ({ check, primary: tallyOf(primary, check), fallback: tallyOf(fallback, check) }))
    .filter((row) => row.primary.judged + row.fallback.judged > 0);
  const phases = [...new Set(moved.map(({ phase }) => phase))].map((phase) => ({
    phase,
    ...recommend(moved.filter((task) => task.phase === phase)),
  }));
  return { ...recommend(moved), phases, quality_fault, checks };
}

function tallyOf(lists: readonly (readonly CellReport[])[], check: string): { passed: number; judged: number } {
  const own = lists.flat().filter((c) => c.check === check && (c.verdict === 'passed' || c.verdict === 'failed'));
  return { passed: own.filter((c) => c.verdict === 'passed').length, judged: own.length };
}

/** The least trusting of what the asks call for. */
function recommend(moved: readonly TaskReport[]): Recommendation {
  const of = (asks: readonly TaskReport[], what: string) =>
    `${asks.length} of ${moved.length} tasks on the fallback ${what}`;
  const given = moved.filter((t) => CONTENT.includes(t.outcome.kind));
  const wrong = given.filter((t) => t.checks.some((c) => c.verdict === 'failed' && c.severity === 'critical'));
  if (wrong.length > 0)
    return { recommendation: 'not_allowed', why: of(wrong, 'were answered with a critical finding') };
  if (given.length < moved.length) {
    const held = moved.filter((t) => !given.includes(t));
    return { recommendation: 'review', why: of(held, 'could not be given an answer that holds') };
  }
  const admitted = given.filter((t) => 'degraded' in t.outcome && t.outcome.degraded === true);
  if (admitted.length > 0)
    return { recommendation: 'degraded_mode', why: of(admitted, 'were answered and said to be degraded') };
  return { recommendation: 'silent_fallback', why: of(given, 'were as good as on the first role') };
}
