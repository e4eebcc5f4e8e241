import { concerns } from '../core/drill.ts';
import type { DrillReport, RunReport } from '../core/report.ts';
import type { VerdictWord } from '../core/verdict.ts';
import type { JudgePlan } from './plan.ts';

/** What a run's report says before its drills. */
export type RunFacts = Omit<
  RunReport,
  'status' | 'verdict' | 'score' | 'notices_judged' | 'unread' | 'unfinished' | 'drills'
>;

/** What a run needs of its drills. */
export type DrillResult = Pick<DrillReport, 'verdict' | 'score' | 'words'>;

/** A drill that requires a feature the target does not claim is no test of it. */
export function skipped(plan: JudgePlan): DrillReport | undefined {
  if (concerns(plan.drill, plan.declares.features)) return undefined;
  const { drill, title, hypothesis } = plan.drill;
  return {
    name: drill,
    title,
    hypothesis,
    verdict: 'not_applicable',
    score: null,
    words: { notices_judged: 0, unread: [] },
    reasons: [
      {
        reason: `the target claims none of: ${(plan.drill.require ?? []).join(', ')}`,
        fix: 'Declare the feature if the target has it.',
      },
    ],
    notes: [],
    definition: plan.definition,
    source: plan.source,
    reproduce: plan.reproduce,
    faults: [],
    checks: [],
    paths: null,
    tasks: [],
  };
}

/** The run without its drills. */
export function summarise(
  facts: RunFacts,
  status: RunReport['status'],
  drills: readonly DrillResult[],
  unfinished: string[],
): Omit<RunReport, 'drills'> {
  const judged = drills.filter((d) => d.verdict !== 'not_applicable');
  // What did not come to its end may have failed.
  const open: VerdictWord[] = unfinished.length > 0 ? ['inconclusive'] : [];
  const verdict = status === 'completed' ? worst([...judged.map((d) => d.verdict), ...open]) : 'inconclusive';
  const { schema, about, ...rest } = facts;
  return {
    schema,
    status,
    verdict,
    score: verdict === 'inconclusive' ? null : meanOf(judged.flatMap((d) => d.score ?? [])),
    ...rest,
    notices_judged: drills.reduce((total, d) => total + d.words.notices_judged, 0),
    unread: new Set(drills.flatMap((d) => d.words.unread)).size,
    unfinished,
    about,
  };
}

/** To a tenth; null of none. */
const meanOf = (scores: readonly number[]): number | null =>
  scores.length === 0 ? null : Math.round((10 * scores.reduce((sum, one) => sum + one, 0)) / scores.length) / 10;

/** Failed over inconclusive over passed; a run in which every drill was skipped is inconclusive. */
function worst(verdicts: readonly VerdictWord[]): VerdictWord {
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.length === 0 || verdicts.includes('inconclusive') ? 'inconclusive' : 'passed';
}
