import { relative, resolve } from 'node:path';
import type { KnownFailure } from './core/known-failure.ts';
import type { JudgedDrill, RunReport } from './core/report.ts';
import { type Baseline, Findings } from './judge/findings.ts';
import { gateLines, heldAgainst, verdictBehind } from './judge/gate.ts';
import { readBaseline } from './judge/read-baseline.ts';

/** What a run is held against. */
export interface HeldAgainst {
  /** A run, or a file of `drill baseline write`: only what got worse since then fails. */
  baseline?: string | undefined;
  /** So many findings more of a check in a drill are still no worse. */
  tolerance?: number | undefined;
}

export interface Around {
  cwd: string;
  stderr: { write(text: string): void };
  known: readonly KnownFailure[];
  /** The day, e.g. 2026-12-31. */
  today: string;
}

/** Holds a run against what was known before it. That is read at once, so that what cannot be read stops a run before it begins. */
export class RunGate {
  readonly #against: HeldAgainst;
  readonly #around: Around;
  readonly #baseline: Baseline | undefined;
  readonly #findings = new Findings();

  constructor(against: HeldAgainst, around: Around) {
    this.#against = against;
    this.#around = around;
    const { baseline } = against;
    const path = resolve(around.cwd, baseline ?? '');
    this.#baseline = baseline === undefined ? undefined : readBaseline(path, relative(around.cwd, path) || baseline);
  }

  /** Every drill of the run, as it was judged. */
  see(drill: JudgedDrill): void {
    this.#findings.add(drill);
  }

  /** The verdict without what is known, or was there before. */
  verdictOf(report: Pick<RunReport, 'status' | 'verdict' | 'unfinished' | 'target' | 'seed'>): RunReport['verdict'] {
    if (report.status !== 'completed') return report.verdict;
    const { stderr, known, today } = this.#around;
    const { baseline: name, tolerance = 0 } = this.#against;
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
