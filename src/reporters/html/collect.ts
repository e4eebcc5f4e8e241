import { noticeText } from '../../core/outcome.ts';
import type { CellReport, JudgedDrill, TaskReport } from '../../core/report.ts';
import type { Cell, Detail, Row } from '../../page/data.ts';
import { howItWent, whatHappened, worstFirst } from '../words.ts';
import { micro, type Taped } from './tape.ts';

/** What the page shows of an ask in its list, but for the places of its details. */
export function rowOf(
  task: TaskReport,
  drill: JudgedDrill,
  { calls, tools, checks }: Detail,
): Omit<Row, 'drill' | 'detail' | 'plain'> {
  return {
    ...{ ask: task.ask, task: task.task, phase: task.phase, tenant: task.tenant, priority: task.priority },
    workflow: String(drill.definition['workflow'] ?? ''),
    verdict: task.verdict,
    what: whatHappened(task, drill),
    outcome: task.outcome.kind,
    checks: checks.filter(({ verdict }) => verdict === 'failed').map(({ check }) => check),
    ...hitIn({ calls, tools }),
    ...{ ms: task.latency_ms, plain_ms: task.baseline.latency_ms },
    ...{ usd: micro(task.cost_usd), plain_usd: micro(task.baseline.cost_usd) },
  };
}

const hitIn = ({ calls, tools }: Pick<Detail, 'calls' | 'tools'>): Pick<Row, 'faults' | 'roles'> => {
  const hits = [
    ...calls.flatMap(({ fault, role }) => (fault === null ? [] : `${fault} on ${role}`)),
    ...tools.flatMap(({ fault, tool }) => (fault === null ? [] : `${fault} on ${tool}`)),
  ];
  return { faults: [...new Set(hits)], roles: [...new Set(calls.map(({ role }) => role))] };
};

/** The row of an ask that was not judged: its drill did not come to its end. */
export function rowOfTape(
  ask: number,
  taped: Taped,
  plain: Taped | undefined,
): Omit<Row, 'drill' | 'detail' | 'plain'> {
  const { task, phase, tenant, priority, outcome, end_ms } = taped;
  const came = outcome?.kind ?? 'under way';
  const spent = ({ calls }: Taped) => calls.reduce((sum, { usd }) => sum + (usd ?? 0), 0);
  return {
    ...{ ask, task, phase, tenant, priority, workflow: '', verdict: 'inconclusive', checks: [], ...hitIn(taped) },
    ...{ what: came.replaceAll('_', ' '), outcome: came, ms: end_ms, plain_ms: plain?.end_ms ?? null },
    ...{ usd: spent(taped), plain_usd: plain === undefined ? null : spent(plain) },
  };
}

/** All that is known of an ask. */
export function detailOf(task: TaskReport, drill: JudgedDrill, taped: Taped | undefined): Detail {
  const known = taped?.calls.length === task.calls.length;
  const calls = (taped?.calls ?? []).map((call, i) => {
    const judged = task.calls[i];
    if (!known || judged === undefined) return call;
    const how = howItWent(judged);
    return { ...call, failure: how === 'replied' ? null : how, fault: judged.fault ?? call.fault };
  });
  return {
    ...detailOfTape(taped),
    calls,
    got: gotOf(task.outcome),
    cites: task.outcome.kind === 'hung' ? [] : (task.outcome.citations ?? []),
    checks: [...ofWhole(drill, taped), ...worstFirst(task.checks).map((cell) => cellOf(cell, taped, false))],
  };
}

/** What happened without faults, where nothing but that is known. */
export function detailOfTape(taped: Taped | undefined): Detail {
  const {
    calls = [],
    tools = [],
    breakers = [],
    deadline_ms = 0,
    budget_usd = null,
    end_ms = null,
    left_ms = null,
    outcome,
  } = taped ?? {};
  return {
    calls: calls.map((call) => (call.end === null ? { ...call, failure: call.failure ?? 'no answer' } : call)),
    ...{ tools, breakers, deadline_ms, budget_usd, end_ms, left_ms, checks: [] },
    got: outcome === undefined ? [] : gotOf(outcome),
    cites: outcome?.citations ?? [],
  };
}

const cellOf = (
  { check, severity, verdict, reason, evidence }: CellReport,
  taped: Taped | undefined,
  whole: boolean,
): Cell => ({
  ...{ check, severity, verdict, reason, whole },
  marks: verdict === 'failed' ? evidence.flatMap((seq) => taped?.places.get(seq) ?? []).slice(0, MOST_MARKS) : [],
});
const MOST_MARKS = 20;

/** What failed of the whole drill, where something of this ask proves it. */
const ofWhole = ({ checks }: JudgedDrill, taped: Taped | undefined): Cell[] =>
  checks.map((cell) => cellOf(cell, taped, true)).filter(({ marks }) => marks.length > 0);

/** What the user was handed, in texts; what stands in `data` as well is said once. */
function gotOf(outcome: TaskReport['outcome']): Detail['got'] {
  if (outcome.kind === 'hung') return [['nothing', `it hung, waiting for ${outcome.waiting_for}`]];
  const { kind, notice, answer, shown, error, data = {}, citations, ...rest } = outcome;
  const said = { answer, citations, ...rest };
  const more = Object.entries(data).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(said, key)),
  );
  const texts: [string, unknown][] = [
    ['kind', kind.replaceAll('_', ' ')],
    ['answer', answer],
    ['notice', noticeText(notice) || undefined],
    ['shown before', shown],
    ['error', error],
    ['citations', citations?.join(', ')],
    ...Object.entries(rest),
    ['data', more.length === 0 ? undefined : Object.fromEntries(more)],
  ];
  return texts.flatMap(([name, value]): Detail['got'] => {
    if (value === undefined || value === null) return [];
    return [[name.replaceAll('_', ' '), typeof value === 'string' ? value : JSON.stringify(value, null, 1)]];
  });
}
