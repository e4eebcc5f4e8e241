import type { ChangedFigure, ChangedFinding, ChangedTask, ComparedRun, Comparison } from '../core/comparison.ts';
import { DrillError } from '../core/errors.ts';
import { entryOf } from '../core/once.ts';
import type { CellReport, DrillReport, RunReport, TaskReport } from '../core/report.ts';
import type { VerdictWord } from '../core/verdict.ts';
import { differencesOf } from './comparable.ts';
import { changesOf, type Finding, Findings, keyOf } from './findings.ts';
import type { ReadReport } from './read-report.ts';

/** In real time a mean counts as another one from both of these on: so much of what it was, and so many milliseconds. */
export const NOISE = { share: 0.2, ms: 250 };

/** Holds a run against an earlier one, drill by drill and task by task. Throws a DrillError where no drill is in both. */
export function compareRuns(before: ReadReport, now: ReadReport): Comparison {
  const [was, is] = [before.report, now.report];
  const names = (run: RunReport) => [...new Set(run.drills.map(({ name }) => name))];
  const common = names(is).filter((name) => names(was).includes(name));
  if (common.length === 0) throw nothingInCommon(before, now);
  const of = (run: RunReport) => run.drills.filter(({ name }) => common.includes(name));
  const differs = differencesOf(before, now, common);
  const exact = was.time === 'virtual' && is.time === 'virtual';
  const drills = common.map((drill) => ({ drill, before: sideOf(was, drill), now: sideOf(is, drill) }));
  const pairs = pairsOf(of(was), of(is));
  const latency = figures(pairs, latencyOf, exact ? 0 : NOISE.ms, exact);
  const cost = figures(pairs, ({ cost_usd }) => cost_usd, 0, exact);
  const findings = changedFindings(of(was), of(is));
  const verdicts = pairs.flatMap(changedVerdict);
  const worse =
    [findings.broke, latency.more, cost.more].some((list) => list.length > 0) ||
    [
      ...drills.map((one) => [one.before.verdict, one.now.verdict]),
      ...verdicts.map((one) => [one.before, one.now]),
    ].some(([a = 'passed', b = 'passed']) => fell(a, b)) ||
    // What fails without any fault is no better than what failed under one.
    verdicts.some(({ baseline }) => baseline !== undefined) ||
    (was.status === 'completed' && is.status !== 'completed');
  return {
    schema: 'drill.diff/1',
    before: headOf(before),
    now: headOf(now),
    kind: differs.length === 0 ? 'comparable' : 'descriptive',
    ...{ differs, worse, exact },
    only_before: names(was).filter((name) => !common.includes(name)),
    only_now: names(is).filter((name) => !common.includes(name)),
    ...{ drills, verdicts, ...findings },
    ...{ slower: latency.more, faster: latency.less, dearer: cost.more, cheaper: cost.less },
  };
}

const RANK: Record<VerdictWord, number> = { passed: 0, not_applicable: 1, inconclusive: 1, failed: 2 };

/** Whether a verdict is a worse one now. */
export const fell = (before: VerdictWord, now: VerdictWord): boolean => RANK[now] > RANK[before];

const worst = (verdicts: readonly VerdictWord[]): VerdictWord =>
  verdicts.reduce((a, b) => (RANK[b] > RANK[a] ? b : a), verdicts[0] ?? 'passed');

function headOf({ name, report }: ReadReport): ComparedRun {
  const { status, verdict, score, unread, unfinished, seed, target, reproduce, about } = report;
  const { id, started_at } = about;
  return {
    run: name,
    id,
    started_at,
    target: target.name,
    seed,
    status,
    verdict,
    score,
    unread,
    unfinished,
    reproduce,
  };
}

function sideOf({ drills }: RunReport, name: string) {
  const own = drills.filter((drill) => drill.name === name);
  return {
    verdict: worst(own.map(({ verdict }) => verdict)),
    score: own[0]?.score ?? null,
    unread: own[0]?.words.unread.length ?? 0,
  };
}

function nothingInCommon(before: ReadReport, now: ReadReport): DrillError {
  const said = ({ name, report }: ReadReport) =>
    `${name} has ${report.drills.map((drill) => drill.name).join(', ') || 'none that came to its end'}`;
  return new DrillError({
    message: `these runs have no drill in common: ${said(before)}; ${said(now)}`,
    place: { file: now.name },
    fix: 'Name two runs of the same drill; `drill history` lists the runs there are.',
  });
}

// --- findings -----------------------------------------------------------------

function changedFindings(was: readonly DrillReport[], is: readonly DrillReport[]) {
  const [before, now] = [foundIn(was), foundIn(is)];
  const { grown, fewer } = changesOf(before.findings, now.findings);
  const passed = new Set<string>();
  for (const [where, cell] of cellsOf(is))
    if (cell.verdict === 'passed') passed.add(keyOf({ ...where, check: cell.check }));
  const gone = fewer.map((one) => [one, changed(one, before.first, one.count, one.now)] as const);
  const isPassed = (one: Finding) => passed.has(keyOf(one));
  return {
    broke: grown.map((one) => changed(one, now.first, one.before, one.count)),
    // What is not looked at any more is not mended.
    healed: gone.flatMap(([one, said]) => (isPassed(one) ? [said] : [])),
    unjudged: gone.flatMap(([one, said]) => (isPassed(one) ? [] : [said])),
  };
}

function foundIn(drills: readonly DrillReport[]) {
  const all = new Findings({ minor: true });
  for (const drill of drills) all.add(drill);
  const first = new Map<string, CellReport>();
  for (const [where, cell] of cellsOf(drills)) {
    const key = keyOf({ ...where, check: cell.check });
    if (cell.verdict === 'failed' && !first.has(key)) first.set(key, cell);
  }
  return { findings: all.list(), first };
}

type Where = Omit<Finding, 'check' | 'count'>;

function* cellsOf(drills: readonly DrillReport[]): Iterable<[Where, CellReport]> {
  for (const { name: drill, checks, tasks } of drills) {
    for (const cell of checks) yield [{ drill }, cell];
    for (const { phase, task, checks: own } of tasks) for (const cell of own) yield [{ drill, phase, task }, cell];
  }
}

function changed(
  { drill, phase, task, check }: Finding,
  first: ReadonlyMap<string, CellReport>,
  before: number,
  now: number,
): ChangedFinding {
  const where = { drill, ...(phase !== undefined && { phase }), ...(task !== undefined && { task }), check };
  const { severity = 'major', reason = '' } = first.get(keyOf(where)) ?? {};
  return { ...where, severity, before, now, reason };
}

// --- asks against each other ----------------------------------------------------

export interface Pair {
  drill: string;
  phase: string;
  task: string;
  before: TaskReport[];
  now: TaskReport[];
}

/** The asks of a golden task in a phase, the first of each run against the first of the other, and so on. */
export function pairsOf(was: readonly DrillReport[], is: readonly DrillReport[]): Pair[] {
  const rows = new Map<string, Pair>();
  const rowOf = (drill: string, { phase, task }: TaskReport): Pair => {
    const key = JSON.stringify([drill, phase, task]);
    return entryOf(rows, key, () => ({ drill, phase, task, before: [], now: [] }));
  };
  for (const { name, tasks } of is) for (const ask of tasks) rowOf(name, ask).now.push(ask);
  for (const { name, tasks } of was) for (const ask of tasks) rowOf(name, ask).before.push(ask);
  return [...rows.values()].filter((row) => row.before.length > 0 && row.now.length > 0);
}

function changedVerdict({ drill, phase, task, before, now }: Pair): ChangedTask[] {
  const [a, b] = [before, now].map((asks) => worst(asks.map(({ verdict }) => verdict)));
  if (a === b || a === undefined || b === undefined) return [];
  const baseline = now.find((ask) => b === 'inconclusive' && ask.baseline.verdict === 'failed')?.baseline.reason;
  return [{ drill, phase, task, before: a, now: b, ...(baseline !== undefined && { baseline }) }];
}

/** The start of a process is the machine's, and not the target's. */
const latencyOf = ({ latency_ms, start_ms = 0 }: TaskReport): number | null =>
  latency_ms === null ? null : latency_ms - start_ms;

/** Where one of two asks has no figure, its outcome is what changed. */
function figures(pairs: readonly Pair[], of: (ask: TaskReport) => number | null, least: number, exact: boolean) {
  const [more, less]: [ChangedFigure[], ChangedFigure[]] = [[], []];
  for (const { drill, phase, task, before, now } of pairs) {
    const both = before.flatMap((ask, i): [number, number][] => {
      const [a, b] = [of(ask), now[i] === undefined ? null : of(now[i])];
      return a === null || b === null ? [] : [[a, b]];
    });
    if (both.length === 0) continue;
    const mean = (side: 0 | 1) => rounded(both.reduce((sum, pair) => sum + pair[side], 0) / both.length);
    const one = { drill, phase, task, asks: both.length, before: mean(0), now: mean(1) };
    const by = Math.abs(one.now - one.before);
    if (by === 0 || (!exact && (by <= least || by <= NOISE.share * one.before))) continue;
    (one.now > one.before ? more : less).push(one);
  }
  const largestFirst = (a: ChangedFigure, b: ChangedFigure) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before);
  return { more: more.toSorted(largestFirst), less: less.toSorted(largestFirst) };
}

/** Sums of dollars differ in digits that mean nothing. */
const rounded = (value: number): number => Number(value.toPrecision(12));
