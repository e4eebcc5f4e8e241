import type { KnownFailure } from '../core/known-failure.ts';
import type { VerdictWord } from '../core/verdict.ts';
import { type Baseline, changesOf, type Finding, type Findings, keyOf, placeOf } from './findings.ts';

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
  const changes = changesOf(baseline?.findings ?? [], now.findings);
  const grown = changes.grown.filter((one) => !valid.some((failure) => isThat(failure, one)));
  const ofCheck = (one: Finding) => grown.filter((other) => other.drill === one.drill && other.check === one.check);
  const worse = grown.filter(
    (one) => ofCheck(one).reduce((sum, { count, before }) => sum + count - before, 0) > tolerance,
  );
  const found = (failure: KnownFailure) => now.findings.some((one) => isThat(failure, one));
  return {
    worse,
    mended: changes.fewer.filter((one) => now.drills.includes(one.drill)),
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
