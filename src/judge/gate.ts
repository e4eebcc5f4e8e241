import { z } from 'zod';
import type { KnownFailure } from '../core/known-failure.ts';
import type { CellReport, JudgedDrill, RunReport } from '../core/report.ts';
import type { VerdictWord } from '../core/verdict.ts';

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
      if (verdict !== 'failed' || severity === 'minor') continue;
      const key = keyOf({ ...where, check });
      const known = this.#counts.get(key);
      if (known === undefined) this.#counts.set(key, { ...where, check, count: 1 });
      else known.count += 1;
    }
  }

  /** In an order of their own, so that two of them differ only where the findings do. */
  asBaseline({ target, seed }: Pick<RunReport, 'target' | 'seed'>): Baseline {
    const findings = [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, finding]) => finding);
    return {
      schema: 'drill.baseline/1',
      target: target.name,
      seed,
      drills: [...new Set(this.#judged)].sort(),
      findings,
    };
  }
}

const keyOf = ({ drill, check, phase = '', task = '' }: Omit<Finding, 'count'>): string =>
  JSON.stringify([drill, check, phase, task]);

/** What a run is held against. */
export interface Standard {
  baseline?: Baseline | undefined;
  /** So many findings more of a check in a drill are still no worse. */
  tolerance: number;
  known: readonly KnownFailure[];
  /** The day, as in `until`. */
  today: string;
}

export interface Gate {
  /** New, or more than before: each with how many there were. */
  worse: (Finding & { before: number })[];
  /** Were there before, and are no more or fewer. */
  mended: Finding[];
  /** How many findings are as they were, or known. */
  tolerated: number;
  /** Known, past their day, and still there. */
  expired: KnownFailure[];
  /** Known, and not found any more. */
  unneeded: KnownFailure[];
}

/** Holds the findings of a run against what is known of them. */
export function heldAgainst(now: Baseline, { baseline, tolerance, known, today }: Standard): Gate {
  const valid = known.filter(({ until }) => today <= until);
  const before = new Map((baseline?.findings ?? []).map((one) => [keyOf(one), one.count]));
  const grown = now.findings
    .filter((one) => !valid.some((failure) => isThat(failure, one)))
    .map((one) => ({ ...one, before: before.get(keyOf(one)) ?? 0 }))
    .filter((one) => one.count > one.before);
  const ofCheck = (one: Finding) => grown.filter((other) => other.drill === one.drill && other.check === one.check);
  const worse = grown.filter(
    (one) => ofCheck(one).reduce((sum, { count, before }) => sum + count - before, 0) > tolerance,
  );
  const left = new Map(now.findings.map((one) => [keyOf(one), one.count]));
  const found = (failure: KnownFailure) => now.findings.some((one) => isThat(failure, one));
  return {
    worse,
    mended: (baseline?.findings ?? []).filter(
      (one) => now.drills.includes(one.drill) && (left.get(keyOf(one)) ?? 0) < one.count,
    ),
    tolerated: now.findings.length - worse.length,
    expired: known.filter((failure) => !valid.includes(failure) && found(failure)),
    unneeded: known.filter((failure) => now.drills.includes(failure.drill) && !found(failure)),
  };
}

const isThat = ({ drill, check, phase, task }: KnownFailure, one: Finding): boolean =>
  drill === one.drill &&
  check === one.check &&
  (phase === undefined || phase === one.phase) &&
  (task === undefined || task === one.task);

/** What is left of a verdict once all that is tolerated is left out. */
export function verdictBehind(verdict: VerdictWord, { worse }: Gate, { open }: Pick<Findings, 'open'>): VerdictWord {
  if (verdict !== 'failed' || worse.length > 0) return verdict;
  return open ? 'inconclusive' : 'passed';
}

/** What the gate has to say, a line each. */
export function gateLines({ worse, mended, tolerated, expired, unneeded }: Gate, against: string): string[] {
  const some = (findings: readonly Finding[], words: (one: Finding) => string) => [
    ...findings.slice(0, MOST).map((one) => `  ${words(one)}`),
    ...(findings.length > MOST ? [`  and ${findings.length - MOST} more`] : []),
  ];
  const befores = new Map(worse.map((one) => [keyOf(one), one.before]));
  const growth = (one: Finding) => `${placeOf(one)}: ${one.count}, ${befores.get(keyOf(one)) ?? 0} before`;
  return [
    ...(worse.length === 0 ? [`nothing is worse than ${against}, ${tolerated} known`] : [`worse than ${against}:`]),
    ...some(worse, growth),
    ...(mended.length === 0 ? [] : ['mended:']),
    ...some(mended, placeOf),
    ...expired.map((one) => `known until ${one.until}, which is over: ${placeOf(one)} (${one.reason})`),
    ...unneeded.map((one) => `not found any more, so it can go from known_failures: ${placeOf(one)}`),
  ];
}

const MOST = 20;

const placeOf = ({ drill, check, phase, task }: Omit<Finding, 'count'>): string =>
  `${drill} ${check}${task === undefined ? '' : `, ${task}`}${phase === undefined ? '' : ` (${phase})`}`;
