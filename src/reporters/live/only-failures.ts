import { matrixOf } from '../../core/drill.ts';
import type { JudgedDrill } from '../../core/report.ts';

/** Keeps back what passed. The first row of a matrix stands below its head, and comes along when another row is shown. */
export class OnlyFailures {
  #kept = { matrix: '', text: '' };

  /** What of a drill's words is shown now; `active`: of those that passed, nothing is. */
  take({ name, verdict }: Pick<JudgedDrill, 'name' | 'verdict'>, text: string, active: boolean): string {
    const matrix = matrixOf(name)?.matrix ?? '';
    const before = matrix !== '' && matrix === this.#kept.matrix ? this.#kept.text : '';
    if (active && (verdict === 'passed' || verdict === 'not_applicable')) {
      if (matrix !== this.#kept.matrix) this.#kept = { matrix, text };
      return '';
    }
    this.#kept = { matrix, text: '' };
    return before + text;
  }
}
