import { matrixOf } from '../core/drill.ts';
import { countUp } from '../core/once.ts';
import type { JudgedDrill } from '../core/report.ts';
import type { VerdictWord } from '../core/verdict.ts';
import { count } from '../text/words.ts';
import { groupsOf, worstFirst } from './findings.ts';
import { clean, tally } from './words.ts';

/** A drill as a row of its matrix. */
export interface MatrixRow {
  alternative: string;
  verdict: VerdictWord;
  /** The first finding, why it is open or not applicable, or what came of the tasks. */
  why: string;
  /** It is not applicable for what was said already of another. */
  again: boolean;
}

/** The drills of one matrix, which come one after the other: they are told as rows of a table, and not each at length. */
export class Matrix {
  readonly name: string;
  readonly title: string;
  readonly #counts = new Map<VerdictWord, number>();
  /** What is not applicable, by why: it is said once, however many alternatives it is said of. */
  readonly #idle = new Map<string, string[]>();

  constructor(name: string, title: string) {
    this.name = name;
    this.title = title;
  }

  /** Counts a drill, and gives its row. */
  add(drill: JudgedDrill): MatrixRow {
    const { verdict, name, reasons } = drill;
    const alternative = matrixOf(name)?.alternative ?? name;
    countUp(this.#counts, verdict);
    if (verdict !== 'not_applicable') return { alternative, verdict, why: whyOf(drill), again: false };
    const why = clean(reasons[0]?.reason ?? '');
    const others = this.#idle.get(why) ?? [];
    this.#idle.set(why, [...others, alternative]);
    return { alternative, verdict, why, again: others.length > 0 };
  }

  get idle(): { why: string; alternatives: string[] }[] {
    return [...this.#idle].map(([why, alternatives]) => ({ why, alternatives }));
  }

  /** As of any drills: failed over inconclusive over passed, and not applicable where all of them are. */
  get verdict(): VerdictWord {
    return WORST_FIRST.find((verdict) => this.#counts.has(verdict)) ?? 'not_applicable';
  }

  get size(): number {
    return [...this.#counts.values()].reduce((sum, n) => sum + n, 0);
  }

  /** `60 alternatives: 50 passed, 3 failed, 7 not applicable`. */
  get words(): string {
    const parts = WORST_FIRST.toReversed().flatMap((verdict) => {
      const n = this.#counts.get(verdict);
      return n === undefined ? [] : [`${n} ${verdict.replaceAll('_', ' ')}`];
    });
    return `${count(this.size, 'alternative')}: ${parts.join(', ')}`;
  }
}

const WORST_FIRST: readonly VerdictWord[] = ['failed', 'inconclusive', 'passed', 'not_applicable'];

/** The first finding, why it is open, or what came of the tasks. */
function whyOf(drill: JudgedDrill): string {
  const [first] = worstFirst(groupsOf(drill));
  if (drill.verdict === 'failed' && first !== undefined) return `${first.check} (${first.severity}): ${first.reason}`;
  if (drill.verdict === 'inconclusive') return clean(drill.reasons[0]?.reason ?? 'a task could not be judged');
  return tally(drill);
}

/**
 * Follows the drills of a run and says which belong to a matrix: `take` gives the matrix that a drill is of, and calls
 * `ended` for the one before it. A drill that is run by itself is told at length.
 */
export function matricesOf(several: boolean | undefined, ended: (matrix: Matrix) => void) {
  let open: Matrix | undefined;
  const end = (): void => {
    const matrix = open;
    open = undefined;
    if (matrix !== undefined) ended(matrix);
  };
  return {
    end,
    /** Also whether the drill is the first of its matrix. */
    take({ name, title }: Pick<JudgedDrill, 'name' | 'title'>): { matrix: Matrix; begins: boolean } | undefined {
      const of = several === true ? matrixOf(name)?.matrix : undefined;
      if (open?.name !== of) end();
      if (of === undefined) return undefined;
      const begins = open === undefined;
      open ??= new Matrix(of, title);
      return { matrix: open, begins };
    },
  };
}
