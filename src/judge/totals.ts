import { entryOf } from '../core/once.ts';
import type { CellReport, WordsReport } from '../core/report.ts';
import type { Severity, VerdictWord } from '../core/verdict.ts';
import type { JudgePlan } from './plan.ts';

const WEIGHT: Record<Severity, number> = { critical: 8, major: 3, minor: 1 };

interface Weight {
  earned: number;
  applicable: number;
}

/** What passed, and what could have. */
export function weightOf(cells: readonly CellReport[]): Weight {
  const weigh = (list: readonly CellReport[]) => list.reduce((sum, c) => sum + WEIGHT[c.severity], 0);
  // What had nothing to judge in this task is no shortcoming of it; what could not be trusted is.
  const judged = (c: CellReport) =>
    c.verdict !== 'not_applicable' && (c.verdict !== 'inconclusive' || c.evidence.length > 0);
  return { earned: weigh(cells.filter((c) => c.verdict === 'passed')), applicable: weigh(cells.filter(judged)) };
}

/**
 * Weight of the passed cells over the weight of the applicable ones, 0 to 100; an empty set scores 100. What nothing was
 * decided of has no score: a number beside it would be read as one.
 */
export function scoreOf(verdict: VerdictWord, { earned, applicable }: Weight): number | null {
  if (verdict === 'inconclusive' || verdict === 'not_applicable') return null;
  return applicable === 0 ? 100 : Math.round((1000 * earned) / applicable) / 10;
}

const decided = ({ verdict }: CellReport) => verdict === 'passed' || verdict === 'failed';

/** What cells come to, one after the other: none of them is kept. */
export class Totals {
  #weight: Weight = { earned: 0, applicable: 0 };
  #decided = 0;
  #notices = 0;
  readonly #unread = new Set<string>();
  readonly #failed = new Set<string>();
  /** Of each check, by phase: whether it judged anything, or else why not. */
  readonly #claims = new Map<string, Map<string | undefined, { decided: boolean; open: string | undefined }>>();

  /** Cells of an ask in a phase, or of the drill as a whole. */
  add(cells: readonly CellReport[], { checks }: Pick<JudgePlan, 'checks'>, phase?: string): void {
    const { earned, applicable } = weightOf(cells);
    this.#weight = { earned: this.#weight.earned + earned, applicable: this.#weight.applicable + applicable };
    for (const cell of cells) {
      for (const text of cell.unread ?? []) this.#unread.add(text);
      if (cell.verdict === 'failed') this.#failed.add(cell.check);
      const of = entryOf(this.#claims, cell.check, () => new Map());
      const seen = entryOf(of, phase, () => ({ decided: false, open: undefined }));
      seen.decided ||= decided(cell);
      if (cell.verdict === 'inconclusive') seen.open ??= cell.reason;
      if (!decided(cell)) continue;
      this.#decided += 1;
      if (checks.find(({ name }) => name === cell.check)?.feature === 'notice') this.#notices += 1;
    }
  }

  /** Whether no cell passed or failed. */
  get empty(): boolean {
    return this.#decided === 0;
  }

  failed(check: string): boolean {
    return this.#failed.has(check);
  }

  /** What became of the words of notices. */
  words(): WordsReport {
    return { notices_judged: this.#notices, unread: [...this.#unread] };
  }

  /** Why a check judged nothing, in a phase or in all of them; undefined where it did, or had nothing to judge. */
  openClaim(check: string, phase: string | undefined): string | undefined {
    const of = [...(this.#claims.get(check) ?? [])];
    const own = of.filter(([of]) => phase === undefined || of === undefined || of === phase).map(([, seen]) => seen);
    return own.some((seen) => seen.decided) ? undefined : own.find((seen) => seen.open !== undefined)?.open;
  }

  score(verdict: VerdictWord): number | null {
    return scoreOf(verdict, this.#weight);
  }
}
