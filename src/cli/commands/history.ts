import { join, relative, resolve } from 'node:path';
import { unknown } from '../../config/closest.ts';
import { DrillError } from '../../core/errors.ts';
import type { RunReport } from '../../core/report.ts';
import { compareRuns } from '../../judge/compare.ts';
import { type ReadReport, readReport } from '../../judge/read-report.ts';
import { reportedIn } from '../../judge/reports-folder.ts';
import { visible } from '../../reporters/json.ts';
import { widthOf } from '../../reporters/width.ts';
import { clean, scoreWords, withUnread } from '../../reporters/words.ts';
import { count, seconds, unique, usd } from '../../text/words.ts';
import type { Terminal } from '../terminal.ts';

export interface HistoryFlags {
  drill?: string;
  last: number;
  json: boolean;
  out: string;
}

/** What a run is held against is looked for in so many runs before those that are listed. */
const BEHIND = 10;

/** A run in the list, as `--json` gives it. */
interface Row {
  run: string;
  started_at: string;
  target: string;
  seed: number;
  status: RunReport['status'];
  /** Of the run, or of the drill that was asked for. */
  verdict: RunReport['verdict'];
  score: number | null;
  unread: number;
  drills: string[];
  wall_ms: number;
  /** Of the asks; null where the price of one is unknown. */
  cost_usd: number | null;
  /** Against the last run before it of the same target and a drill in common; null where there is none. */
  since: { run: string; kind: 'comparable' | 'descriptive'; differs: string[]; broke: number; healed: number } | null;
}

/** Lists the last runs of a folder, the newest first, with what broke from one to the next. */
export function history({ drill, last, json, out }: HistoryFlags, { cwd, stdout, stderr }: Terminal): void {
  const folder = resolve(cwd, out);
  const runs: ReadReport[] = [];
  const seen: string[] = [];
  for (const name of reportedIn(folder).toReversed()) {
    if (runs.length === last + BEHIND) break;
    const run = readOr(join(folder, name), relative(cwd, join(folder, name)), stderr);
    seen.push(...(run?.report.drills.map((one) => one.name) ?? []));
    const wanted = run === undefined ? undefined : only(run, drill);
    if (wanted !== undefined) runs.push(wanted);
  }
  if (runs.length === 0 && drill !== undefined && seen.length > 0)
    throw unknown(
      `no run below ${out} has the drill "${drill}"`,
      '--drill',
      drill,
      unique(seen),
      'drills that were run',
    );
  const rows = runs.slice(0, last).map((run, i) => rowOf(run, runs.slice(i + 1)));
  if (json) stdout.write(visible(`${JSON.stringify({ schema: 'drill.history/1', runs: rows }, null, 2)}\n`));
  else stdout.write(rows.length === 0 ? `no run has a report below ${clean(out)}\n` : tableOf(rows));
}

/** One that is damaged does not hide the others. */
function readOr(path: string, name: string, stderr: Terminal['stderr']): ReadReport | undefined {
  try {
    return readReport(path, name);
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    stderr.write(`${clean(name)} is left out: ${clean(error.message)}\n`);
    return undefined;
  }
}

/** A run as if it had had this drill alone; undefined where it did not have it. */
function only({ report, ...rest }: ReadReport, drill: string | undefined): ReadReport | undefined {
  const drills = report.drills.filter(({ name }) => drill === undefined || name === drill);
  const [first] = drills;
  if (drill === undefined) return { ...rest, report };
  if (first === undefined) return undefined;
  const { verdict, score, words } = first;
  return { ...rest, report: { ...report, drills, verdict, score, unread: words.unread.length } };
}

function rowOf(run: ReadReport, earlier: readonly ReadReport[]): Row {
  const { name, report } = run;
  const { target, seed, status, verdict, score, unread, about } = report;
  const drills = report.drills.map((one) => one.name);
  const costs = report.drills.flatMap(({ tasks }) => tasks.map(({ cost_usd }) => cost_usd));
  const known = costs.filter((cost) => cost !== null);
  return {
    run: name,
    started_at: about.started_at,
    target: target.name,
    ...{ seed, status, verdict, score, unread, drills },
    wall_ms: about.wall_ms,
    cost_usd: known.length < costs.length ? null : Number(known.reduce((sum, cost) => sum + cost, 0).toPrecision(12)),
    since: sinceThen(run, earlier),
  };
}

function sinceThen(now: ReadReport, earlier: readonly ReadReport[]): Row['since'] {
  const drills = new Set(now.report.drills.map(({ name }) => name));
  const before = earlier.find(
    ({ report }) => report.target.name === now.report.target.name && report.drills.some(({ name }) => drills.has(name)),
  );
  if (before === undefined) return null;
  const { kind, differs, broke, healed } = compareRuns(before, now);
  const what = unique(differs.map((one) => one.what));
  return { run: before.name, kind, differs: what, broke: broke.length, healed: healed.length };
}

// --- the table --------------------------------------------------------------------

const HEAD = ['when', 'run', 'drills', 'verdict', 'took', 'cost', 'since the one before'];

function tableOf(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(cellsOf)].map((row) => row.map(clean));
  const widths = HEAD.map((_, i) => Math.max(...cells.map((row) => widthOf(row[i] ?? ''))));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function cellsOf({ run, started_at, drills, wall_ms, cost_usd, since, ...of }: Row): string[] {
  const ended = of.status === 'completed' ? [] : [of.status];
  const verdict = [...ended, withUnread(of.verdict, of.unread), scoreWords(of) ?? []].flat().join(', ');
  return [
    `${started_at.slice(0, 16).replace('T', ' ')} UTC`,
    run,
    drills.length === 1 ? (drills[0] ?? '') : String(drills.length),
    verdict,
    seconds(wall_ms),
    cost_usd === null ? 'unknown' : usd(cost_usd),
    sinceWords(since),
  ];
}

function sinceWords(since: Row['since']): string {
  if (since === null) return 'none of its kind';
  const changes = [
    ...(since.broke > 0 ? [`${count(since.broke, 'finding')} more`] : []),
    ...(since.healed > 0 ? [`${since.healed} healed`] : []),
  ];
  const beside = since.kind === 'comparable' ? '' : ` (other ${since.differs.join(', ')})`;
  return `${changes.join(', ') || 'no finding changed'}${beside}`;
}
