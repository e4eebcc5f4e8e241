import { z } from 'zod';
import type { CellReport, JudgedDrill, RunReport } from '../core/report.ts';

/** Findings of one check in one drill: those of a task in a phase, or of the drill as a whole. */
const Finding = z.strictObject({
  drill: z.string(),
  check: z.string(),
  phase: z.string().optional(),
  task: z.string().optional(),
  count: z.number().int().min(1).describe('in so many asks'),
});
export type Finding = z.infer<typeof Finding>;

/** What a run is held against: `drill baseline write` makes it of a run, to be kept in a repository. */
export const Baseline = z.strictObject({
  schema: z.literal('drill.baseline/1'),
  target: z.string(),
  seed: z.number().int(),
  drills: z.array(z.string()).describe('the drills that were judged; of others nothing is known'),
  findings: z.array(Finding),
});
export type Baseline = z.infer<typeof Baseline>;

/** The findings of a run, counted drill by drill. */
export class Findings {
  readonly #counts = new Map<string, Finding>();
  readonly #judged: string[] = [];
  /** A drill is inconclusive, or has parts that are. */
  open = false;
  readonly #minor: boolean;

  /** A minor finding fails nothing; it is counted where it is asked for. */
  constructor({ minor = false } = {}) {
    this.#minor = minor;
  }

  add({
    name,
    verdict,
    reasons,
    checks,
    tasks,
  }: Pick<JudgedDrill, 'name' | 'verdict' | 'reasons' | 'checks' | 'tasks'>) {
    if (verdict === 'passed' || verdict === 'failed') this.#judged.push(name);
    if (verdict === 'inconclusive' || (verdict === 'failed' && reasons.length > 0)) this.open = true;
    this.#count(checks, { drill: name });
    for (const { checks: own, phase, task } of tasks) this.#count(own, { drill: name, phase, task });
  }

  #count(cells: readonly CellReport[], where: Omit<Finding, 'check' | 'count'>): void {
    for (const { check, verdict, severity } of cells) {
      if (verdict !== 'failed' || (severity === 'minor' && !this.#minor)) continue;
      const key = keyOf({ ...where, check });
      const known = this.#counts.get(key);
      if (known === undefined) this.#counts.set(key, { ...where, check, count: 1 });
      else known.count += 1;
    }
  }

  /** In an order of their own, so that two of them differ only where the findings do. */
  list(): Finding[] {
    return [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
  }

  asBaseline({ target, seed }: Pick<RunReport, 'target' | 'seed'>): Baseline {
    const drills = [...new Set(this.#judged)].sort();
    return { schema: 'drill.baseline/1', target: target.name, seed, drills, findings: this.list() };
  }
}

/** Where a finding is, as a text. */
export const keyOf = ({ drill, check, phase = '', task = '' }: Omit<Finding, 'count'>): string =>
  JSON.stringify([drill, check, phase, task]);

/** What two lists of findings have between them: those that are more now, and those that are fewer or gone. */
export interface Changes {
  grown: (Finding & { before: number })[];
  fewer: (Finding & { now: number })[];
}

/** The one comparison of findings: `--baseline` goes by it, and so does `drill diff`. */
export function changesOf(before: readonly Finding[], now: readonly Finding[]): Changes {
  const [was, is] = [countsOf(before), countsOf(now)];
  return {
    grown: now.map((one) => ({ ...one, before: was.get(keyOf(one)) ?? 0 })).filter((one) => one.count > one.before),
    fewer: before.map((one) => ({ ...one, now: is.get(keyOf(one)) ?? 0 })).filter((one) => one.now < one.count),
  };
}

const countsOf = (findings: readonly Finding[]): ReadonlyMap<string, number> =>
  new Map(findings.map((one) => [keyOf(one), one.count]));

/** Where a finding is, as people read it. */
export const placeOf = ({ drill, check, phase, task }: Omit<Finding, 'count'>): string =>
  `${drill} ${check}${task === undefined ? '' : `, ${task}`}${phase === undefined ? '' : ` (${phase})`}`;
