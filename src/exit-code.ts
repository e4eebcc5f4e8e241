import { DrillError, EXIT } from './core/errors.ts';
import type { RunReport } from './core/report.ts';
import type { Around, HeldAgainst, RunGate } from './run-gate.ts';

/** What a user takes a run for that did not simply pass. */
export interface Demands extends HeldAgainst {
  /** A lower score fails the run. */
  minScore?: number | undefined;
  /** What a run that passed comes to where nobody has read some of its texts; `passed` by default. */
  unread?: 'passed' | 'inconclusive' | undefined;
  /** A run that is inconclusive fails nothing. */
  allowInconclusive?: boolean | undefined;
}

/** What a run is held against, read before anything is run; undefined where there is nothing. Throws a DrillError. */
export async function gateFor(demands: Demands, around: Around): Promise<RunGate | undefined> {
  if (demands.baseline === undefined && demands.tolerance !== undefined)
    throw new DrillError({
      message: 'there is nothing that --tolerance could be from',
      place: { file: '--tolerance' },
      fix: 'Name what the run is held against with --baseline RUN.',
    });
  if (demands.baseline === undefined && around.known.length === 0) return undefined;
  const { RunGate } = await import('./run-gate.ts');
  return new RunGate(demands, around);
}

/** What a report means to whoever waits for the exit code. */
export function exitCode(
  report: Pick<RunReport, 'status' | 'verdict' | 'score' | 'unread'>,
  { minScore, unread, allowInconclusive = false, stderr }: Demands & Pick<Around, 'stderr'>,
): number {
  if (report.status === 'stopped' || report.status === 'cancelled') return EXIT.stopped;
  if (report.status === 'interrupted') return EXIT.interrupted;
  if (report.status === 'errored') return EXIT.bug;
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
