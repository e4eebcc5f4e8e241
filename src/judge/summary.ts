import type { Feature } from '../core/declaration.ts';
import { concerns, matrixOf } from '../core/drill.ts';
import type { Workflow } from '../core/golden-task.ts';
import type { DrillReport, RunReport } from '../core/report.ts';
import type { VerdictWord } from '../core/verdict.ts';
import type { JudgePlan } from './plan.ts';
import type { Reason } from './reasons.ts';

/** What a run's report says before its drills. */
export type RunFacts = Omit<
  RunReport,
  'status' | 'stopped_by' | 'verdict' | 'score' | 'notices_judged' | 'unread' | 'unfinished' | 'drills'
>;

/** What a run needs of its drills. */
export type DrillResult = Pick<DrillReport, 'verdict' | 'score' | 'words'>;

/** A drill that requires a feature the target does not claim is no test of it, nor is one that could break nothing of it. */
export function skipped(plan: JudgePlan): DrillReport | undefined {
  const reason = unconcerned(plan) ?? misplaced(plan) ?? nothingToBreak(plan);
  if (reason === undefined) return undefined;
  const { drill, title, hypothesis } = plan.drill;
  return {
    name: drill,
    title,
    hypothesis,
    verdict: 'not_applicable',
    score: null,
    words: { notices_judged: 0, unread: [] },
    reasons: [reason],
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

function unconcerned({ drill, declares }: JudgePlan): Reason | undefined {
  if (concerns(drill, declares.features)) return undefined;
  return {
    reason: `the target claims none of: ${(drill.require ?? []).join(', ')}`,
    fix: 'Declare the feature if the target has it.',
  };
}

const TOOLS = { what: 'tools', isIn: ({ tools }: Workflow) => tools.length > 0 };

/** What golden tasks need to have where a drill is about a feature. */
const NEEDED: Partial<Record<Feature, { what: string; isIn(workflow: Workflow): boolean }>> = {
  tool_modes: TOOLS,
  approvals: TOOLS,
  idempotency: TOOLS,
  repair: { what: 'structured output', isIn: ({ contract }) => contract?.output !== undefined },
  citations: { what: 'sources', isIn: ({ sources }) => sources.length > 0 },
};

/** A drill of the package about tools says nothing of golden tasks that have none; one of the user's own means what it says. */
function misplaced({ drill, shipped, workflow, declares }: JudgePlan): Reason | undefined {
  const claimed = declares.features.filter((feature) => drill.require?.includes(feature));
  const needs = claimed.map((feature) => NEEDED[feature]);
  const [need] = needs;
  if (!shipped || need === undefined || needs.some((one) => one === undefined || one.isIn(workflow))) return undefined;
  return {
    reason: `the golden tasks of ${workflow.name} have no ${need.what}`,
    fix: `Nothing is wrong: the drill is about ${need.what}. Run it with golden tasks that have them.`,
  };
}

/** Of an alternative that breaks only what this run lacks nothing is left. */
function nothingToBreak({ drill, lacking }: JudgePlan): Reason | undefined {
  if (matrixOf(drill.drill) === undefined || drill.phases.some(({ faults }) => faults.length > 0)) return undefined;
  const why = [...new Set(lacking.map((one) => one.why))].join('; ');
  return { reason: why, fix: 'Nothing is wrong: it is about what this run does not have.' };
}

/** The run without its drills. */
export function summarise(
  facts: RunFacts,
  { status, stopped_by }: Pick<RunReport, 'status' | 'stopped_by'>,
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
    stopped_by,
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
