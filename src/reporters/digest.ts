import { entryOf, once } from '../core/once.ts';
import type { CellReport, JudgedDrill, TaskReport } from '../core/report.ts';
import type { VerdictWord } from '../core/verdict.ts';

/** A cell with the task it belongs to; a drill-wide one has none. */
export interface PlacedCell {
  cell: CellReport;
  task: Pick<TaskReport, 'task' | 'phase' | 'ask'> | undefined;
}

type Call = TaskReport['calls'][number];

/** What a report says of all tasks of a drill. */
interface Digest {
  /** Names, in order. */
  phases: string[];
  /** Every role that was called. */
  called: Set<string>;
  /** Failed cells, those of one check together, the drill's own first. */
  failed: Map<string, [PlacedCell, ...PlacedCell[]]>;
  /** Cells of tasks, by check. */
  checks: Map<string, { severity: CellReport['severity']; counts: Record<VerdictWord, number> }>;
  /** Why providers would not take requests, each reason once a role, the most frequent first. */
  refusals: { role: string; times: number; why: string }[];
  firstFailure: { task: string; phase: string; call: Call } | undefined;
  /** Calls that a fault met. */
  broken: number;
  dearest_usd: number;
  /** Tasks of which it is not known what they cost. */
  unpriced: number;
  /** Uses of tools. */
  effects: number;
}

/** One way through the tasks of a drill, for all reporters: a long drill has more of them than memory should hold. */
export const digestOf = once((drill: JudgedDrill): Digest => {
  const phases = new Set<string>();
  const calls = createCallDigest(new Set(drill.faults.map((fault) => fault.role)));
  const checks: Digest['checks'] = new Map();
  const failed: PlacedCell[] = drill.checks.map((cell) => ({ cell, task: undefined }));
  let [dearest_usd, unpriced, effects] = [0, 0, 0];
  for (const task of drill.tasks) {
    phases.add(task.phase);
    calls.add(task);
    if (task.cost_usd === null) unpriced += 1;
    dearest_usd = Math.max(dearest_usd, task.cost_usd ?? 0);
    effects += task.effects.reduce((sum, effect) => sum + effect.count, 0);
    const { task: name, phase, ask } = task;
    for (const cell of task.checks) {
      if (cell.verdict === 'failed') failed.push({ cell, task: { task: name, phase, ask } });
      const { counts } = entryOf(checks, cell.check, () => ({ severity: cell.severity, counts: noCounts() }));
      counts[cell.verdict] += 1;
    }
  }
  const cells = failed.filter(({ cell }) => cell.verdict === 'failed');
  return {
    phases: [...phases],
    ...{ checks, dearest_usd, unpriced, effects },
    ...calls.facts(),
    failed: groupedBy(cells, ({ cell }) => cell.check),
  };
});

const noCounts = () => ({ passed: 0, failed: 0, inconclusive: 0, not_applicable: 0 });

function createCallDigest(armed: ReadonlySet<string>) {
  const called = new Set<string>();
  const refusals = new Map<string, { role: string; times: number; why: string }>();
  let firstFailure: Digest['firstFailure'];
  let broken = 0;
  return {
    add({ task, phase, calls }: TaskReport): void {
      for (const call of calls) {
        const { role, refused, fault, failure_mode } = call;
        called.add(role);
        if (fault !== null && armed.has(role)) broken += 1;
        if (failure_mode !== null) firstFailure ??= { task, phase, call };
        if (refused === undefined) continue;
        entryOf(refusals, `${role} ${refused}`, () => ({ role, times: 0, why: refused })).times += 1;
      }
    },
    facts: () => ({
      ...{ called, firstFailure, broken },
      refusals: [...refusals.values()].sort((a, b) => b.times - a.times),
    }),
  };
}

/** Groups in the order of their first members. */
export function groupedBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
