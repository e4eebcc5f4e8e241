import { entryOf } from '../core/once.ts';
import type { CellReport, DrillReport, Recommendation, TaskReport } from '../core/report.ts';

type Paths = NonNullable<DrillReport['paths']>;

/** Kinds that give the user something to rely on. */
const CONTENT = ['answered', 'partial', 'rules_based', 'extracted', 'action_disabled'];

/** How often a check judged on a path, and passed. */
interface Tally {
  passed: number;
  judged: number;
}

/** Tasks that left the first role, and what became of their answers. */
class Moved {
  #all = 0;
  #given = 0;
  #wrong = 0;
  #admitted = 0;

  add({ outcome, checks }: TaskReport): void {
    this.#all += 1;
    if (!CONTENT.includes(outcome.kind)) return;
    this.#given += 1;
    if (checks.some((c) => c.verdict === 'failed' && c.severity === 'critical')) this.#wrong += 1;
    if ('degraded' in outcome && outcome.degraded === true) this.#admitted += 1;
  }

  /** The least trusting of what the asks call for. */
  recommend(): Recommendation {
    const of = (asks: number, what: string) => `${asks} of ${this.#all} tasks on the fallback ${what}`;
    if (this.#wrong > 0)
      return { recommendation: 'not_allowed', why: of(this.#wrong, 'were answered with a critical finding') };
    if (this.#given < this.#all)
      return { recommendation: 'review', why: of(this.#all - this.#given, 'could not be given an answer that holds') };
    if (this.#admitted > 0)
      return { recommendation: 'degraded_mode', why: of(this.#admitted, 'were answered and said to be degraded') };
    return { recommendation: 'silent_fallback', why: of(this.#given, 'were as good as on the first role') };
  }
}

/**
 * The golden tasks over both paths, check by check, and how far the fallback may be trusted with this workflow: in each
 * phase, and over all of them. With mocked replies this shows the target's reaction, not a model's quality.
 */
export class BothPaths {
  readonly #all = new Moved();
  readonly #phases = new Map<string, Moved>();
  /** By check, in the order in which baselines name them. */
  readonly #checks = new Map<string, { primary: Tally; fallback: Tally }>();
  readonly #others = new Map<string, Tally>();

  add(task: TaskReport, baseline: readonly CellReport[]): void {
    const { calls, failover, phase, checks } = task;
    // Where no later role replied there was no fallback to trust or not.
    if (failover === null || !calls.some((c) => c.role !== failover.from && c.failure_mode === null && c.ms !== null))
      return;
    for (const one of [this.#all, entryOf(this.#phases, phase, () => new Moved())]) one.add(task);
    for (const cell of baseline) count(this.#rowOf(cell.check).primary, cell);
    for (const cell of checks) count(this.#checks.get(cell.check)?.fallback ?? tallyIn(this.#others, cell.check), cell);
  }

  #rowOf(check: string): { primary: Tally; fallback: Tally } {
    // An earlier task may have met it on the fallback alone.
    return entryOf(this.#checks, check, () => ({ primary: noTally(), fallback: tallyIn(this.#others, check) }));
  }

  /** Null where no ask left the first role. */
  report(quality_fault: boolean): Paths | null {
    if (this.#phases.size === 0) return null;
    const checks = [...this.#checks].map(([check, row]) => ({ check, ...row }));
    const phases = [...this.#phases].map(([phase, moved]) => ({ phase, ...moved.recommend() }));
    const judged = checks.filter((row) => row.primary.judged + row.fallback.judged > 0);
    return { ...this.#all.recommend(), phases, quality_fault, checks: judged };
  }
}

const noTally = (): Tally => ({ passed: 0, judged: 0 });
const tallyIn = (tallies: Map<string, Tally>, check: string): Tally => entryOf(tallies, check, noTally);

function count(tally: Tally, { verdict }: CellReport): void {
  if (verdict !== 'passed' && verdict !== 'failed') return;
  tally.judged += 1;
  if (verdict === 'passed') tally.passed += 1;
}
