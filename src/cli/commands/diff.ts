import { relative, resolve } from 'node:path';
import type { Comparison } from '../../core/comparison.ts';
import { EXIT } from '../../core/errors.ts';
import { compareRuns } from '../../judge/compare.ts';
import { type ReadReport, readReport } from '../../judge/read-report.ts';
import { runNamed } from '../../judge/reports-folder.ts';
import { visible } from '../../reporters/json.ts';
import type { Terminal } from '../terminal.ts';
import { diffLines } from './diff-lines.ts';
import { diffMarkdown } from './diff-markdown.ts';
import type { Runs } from './diff-places.ts';

export interface DiffFlags {
  json: boolean;
  as: 'terminal' | 'markdown' | 'html';
  out: string;
}

/** Tells what became worse and what better from one run to another; the exit code says whether anything became worse. */
export async function diff(before: string, now: string, flags: DiffFlags, terminal: Terminal): Promise<number> {
  const { cwd, stdout } = terminal;
  const read = (given: string): ReadReport => {
    const path = resolve(cwd, runNamed(given, cwd, flags.out));
    return readReport(path, relative(cwd, path) || given);
  };
  const runs = { before: read(before), now: read(now) };
  const comparison = compareRuns(runs.before, runs.now);
  stdout.write(await textOf(comparison, runs, flags, terminal));
  return comparison.worse ? EXIT.failed : EXIT.passed;
}

async function textOf(comparison: Comparison, runs: Runs, { json, as }: DiffFlags, terminal: Terminal) {
  if (json) return visible(`${JSON.stringify(comparison, null, 2)}\n`);
  if (as === 'html') return (await import('./diff-html.ts')).diffHtml(comparison, runs);
  return as === 'markdown' ? diffMarkdown(comparison) : diffLines(comparison, terminal);
}
