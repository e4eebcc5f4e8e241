import type { ChangedFigure, ChangedFinding, ChangedTask, Comparison } from '../../core/comparison.ts';
import { entryOf } from '../../core/once.ts';
import type { DrillReport, TaskReport } from '../../core/report.ts';
import type { Severity } from '../../core/verdict.ts';
import { fell, pairsOf } from '../../judge/compare.ts';
import type { ReadReport } from '../../judge/read-report.ts';
import { whatHappened } from '../../reporters/words.ts';

export type Runs = Readonly<Record<'before' | 'now', ReadReport>>;

/** Kinds of changes, by their lists in a comparison. */
export const KINDS = ['broke', 'unjudged', 'verdicts', 'slower', 'dearer', 'healed', 'faster', 'cheaper'] as const;
export type Kind = (typeof KINDS)[number];

export type Change =
  | { kind: 'broke' | 'unjudged' | 'healed'; one: ChangedFinding }
  | { kind: 'slower' | 'dearer' | 'faster' | 'cheaper'; one: ChangedFigure }
  | { kind: 'verdicts'; one: ChangedTask };

/** An ask, and the drill that it is of. */
export interface Side {
  drill: DrillReport;
  ask: TaskReport;
}

/** All that changed of a golden task in a phase, or of a drill as a whole, the worst first. */
export interface Place {
  drill: string;
  phase: string | undefined;
  task: string | undefined;
  changes: Change[];
  /** The first ask in which the two runs differ, number `number` of `of`; undefined of a drill as a whole. */
  sides: { before: Side; now: Side; number: number; of: number } | undefined;
}

/** What changed, by place; the worst place first. */
export function placesOf(comparison: Comparison, { before, now }: Runs): Place[] {
  const places = new Map<string, Place>();
  for (const change of changesOf(comparison)) {
    const { drill, phase, task } = change.one;
    const key = JSON.stringify([drill, phase, task]);
    entryOf(places, key, () => ({ drill, phase, task, changes: [], sides: undefined })).changes.push(change);
  }
  for (const pair of pairsOf(before.report.drills, now.report.drills)) {
    const place = places.get(JSON.stringify([pair.drill, pair.phase, pair.task]));
    const was = before.report.drills.find(({ name }) => name === pair.drill);
    const is = now.report.drills.find(({ name }) => name === pair.drill);
    if (place === undefined || was === undefined || is === undefined) continue;
    const both = pair.before.flatMap((ask, i) => {
      const [other, number] = [pair.now[i], i + 1];
      return other === undefined ? [] : [{ before: { drill: was, ask }, now: { drill: is, ask: other }, number }];
    });
    const shown = both.find(({ before: a, now: b }) => isOther(a, b)) ?? both[0];
    place.sides = shown && { ...shown, of: both.length };
  }
  const worstOf = ({ changes }: Place) => Math.min(...changes.map(rankOf));
  return [...places.values()].toSorted((a, b) => worstOf(a) - worstOf(b));
}

function isOther(a: Side, b: Side): boolean {
  const failed = ({ ask }: Side) => ask.checks.flatMap(({ verdict, check }) => (verdict === 'failed' ? check : []));
  const said = (side: Side) => [side.ask.verdict, whatHappened(side.ask, side.drill), ...failed(side)].join('\n');
  return said(a) !== said(b);
}

const changesOf = (comparison: Comparison): Change[] =>
  KINDS.flatMap((kind) => comparison[kind].map((one) => ({ kind, one }) as Change)).toSorted(
    (a, b) => rankOf(a) - rankOf(b),
  );

const OF_BROKEN: Record<Severity, number> = { critical: 0, major: 1, minor: 3 };
const OF_OTHERS = { unjudged: 4, slower: 5, dearer: 5, healed: 6, faster: 7, cheaper: 7 };

function rankOf({ kind, one }: Change): number {
  if (kind === 'broke') return OF_BROKEN[one.severity];
  if (kind === 'verdicts') return fell(one.before, one.now) || one.baseline !== undefined ? 2 : 6;
  return OF_OTHERS[kind];
}
