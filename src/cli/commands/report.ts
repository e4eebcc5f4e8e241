import { relative, resolve } from 'node:path';
import { suggest } from '../../config/closest.ts';
import { DrillError } from '../../core/errors.ts';
import type { Reporter } from '../../core/plugin.ts';
import type { RunReport } from '../../core/report.ts';
import { readRun, type StoredRun } from '../../runner/stored-run.ts';
import type { Terminal } from '../terminal.ts';

/** Shows a stored run again, without running anything. */
export function report(folder: string, as: string, reporters: readonly Reporter[], terminal: Terminal): void {
  const run = openRun(folder, terminal);
  show(run.report, run, as, reporters, folder, terminal);
}

export function openRun(folder: string, { cwd }: Terminal): StoredRun {
  const path = resolve(cwd, folder);
  return readRun(path, relative(cwd, path) || folder);
}

/** Tells a reporter of a finished run, as if it had just happened. */
export function show(
  report: RunReport,
  run: StoredRun,
  as: string,
  reporters: readonly Reporter[],
  folder: string,
  { stdout, color, columns }: Terminal,
): void {
  const reporter = reporters.find((r) => r.name === as);
  const known = reporters.map((r) => r.name);
  const fix = suggest(as, known, 'reporters');
  if (reporter === undefined)
    throw new DrillError('unknown_reporter', { message: `there is no reporter "${as}"`, fix });
  const written: string[] = [];
  const look = { color, columns, brief: report.drills.length > 1, folder };
  const open = reporter.open({ write: (text) => void written.push(text) }, look);
  for (const event of run.events) open.onEvent?.(event);
  for (const drill of report.drills) open.onDrill?.(drill);
  const { drills: _, ...summary } = report;
  const head = open.onEnd(summary);
  stdout.write((head ?? '') + written.join(''));
}
