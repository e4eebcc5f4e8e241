import { relative, resolve } from 'node:path';
import { DrillError, EXIT } from './core/errors.ts';
import type { KnownFailure } from './core/known-failure.ts';
import type { JudgedDrill, RunReport } from './core/report.ts';
import { type Baseline, Findings, gateLines, heldAgainst, verdictBehind } from './judge/gate.ts';
import { readBaseline } from './judge/read-baseline.ts';

/** What a user takes a run for that did not simply pass. */
export interface Demands {
  /** A lower score fails the run. */
  minScore?: number | undefined;
  /** What a run that passed comes to where nobody has read some of its texts; `passed` by default. */
  unread?: 'passed' | 'inconclusive' | undefined;
  /** A run that is inconclusive fails nothing. */
  allowInconclusive?: boolean | undefined;
  /** A run, or a file of `drill baseline write`: only what got worse since then fails. */
  baseline?: string | undefined;
  /** So many findings more of a check in a drill are still no worse. */
  tolerance?: number | undefined;
}

type Summary = Pick<RunReport, 'status' | 'verdict' | 'score' | 'unread' | 'unfinished' | 'target' | 'seed'>;

interface Around {
  cwd: string;
  stderr: { write(text: string): void };
  known: readonly KnownFailure[];
  /** The day, e.g. 2026-12-31. */
  today: string;
}

/** Decides what a run means to whoever waits for its exit code. What it is held against is read before anything is run. */
export class RunGate {
  readonly #demands: Demands;
  readonly #around: Around;
  readonly #baseline: Baseline | undefined;
  readonly #findings = new Findings();

  constructor(demands: Demands, around: Around) {
    this.#demands = demands;
    this.#around = around;
    const { baseline } = demands;
    if (baseline === undefined && demands.tolerance !== undefined)
      throw new DrillError({
        message: 'there is nothing that --tolerance could be from',
        place: { file: '--tolerance' },
        fix: 'Name what the run is held against with --baseline RUN.',
      });
    const path = resolve(around.cwd, baseline ?? '');
    this.#baseline = baseline === undefined ? undefined : readBaseline(path, relative(around.cwd, path) || baseline);
  }

  /** Every drill of the run, as it was judged. */
  see(drill: JudgedDrill): void {
    if (this.#gated) this.#findings.add(drill);
  }

  get #gated(): boolean {
    return this.#baseline !== undefined || this.#around.known.length > 0;
  }

  exitCode(report: Summary): number {
    const verdict = report.status === 'completed' && this.#gated ? this.#behind(report) : report.verdict;
    return exitCode({ ...report, verdict }, { ...this.#demands, stderr: this.#around.stderr });
  }

  /** The verdict without what is known, or was there before. */
  #behind(report: Summary): RunReport['verdict'] {
    const { stderr, known, today } = this.#around;
    const { baseline: name, tolerance = 0 } = this.#demands;
    const baseline = this.#baseline;
    if (baseline !== undefined && baseline.target !== report.target.name)
      stderr.write(`${name} is of the target ${baseline.target}, this run of ${report.target.name}\n`);
    const now = this.#findings.asBaseline(report);
    const gate = heldAgainst(now, { ...(baseline && { baseline }), tolerance, known, today });
    for (const line of gateLines(gate, name ?? 'known_failures')) stderr.write(`${line}\n`);
    // Drills that --bail left out may have failed anew.
    const open = this.#findings.open || report.unfinished.length > 0;
    return verdictBehind(report.verdict, gate, { open });
  }
}

/** What a report means to whoever waits for the exit code. */
export function exitCode(
  report: Pick<RunReport, 'status' | 'verdict' | 'score' | 'unread'>,
  { minScore, unread, allowInconclusive = false, stderr }: Demands & Pick<Around, 'stderr'>,
): number {
  if (report.status === 'cancelled') return EXIT.interrupted;
  if (report.verdict === 'passed' && minScore !== undefined && (report.score ?? 0) < minScore) {
    stderr.write(`score ${report.score} is below --min-score ${minScore}\n`);
    return EXIT.failed;
  }
  if (report.verdict === 'passed' && unread === 'inconclusive' && report.unread > 0) {
    stderr.write(`${report.unread} of its texts are unread (--unread inconclusive): drill notices lists them\n`);
    return EXIT.inconclusive;
  }
  const verdict = report.verdict === 'not_applicable' ? 'inconclusive' : report.verdict;
  if (verdict !== 'inconclusive' || !allowInconclusive) return EXIT[verdict];
  stderr.write('it is inconclusive, which is allowed here (--allow-inconclusive)\n');
  return EXIT.passed;
}
