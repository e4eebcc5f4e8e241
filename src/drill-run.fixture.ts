import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CellReport, RunReport } from './core/report.ts';
import type { TraceEvent } from './core/trace.ts';
import type { RunRequest } from './opened.ts';
import { installRoutes } from './world/index.ts';

// Before anything of a target is imported, as bin/drill.js does it.
installRoutes();
const { runDrills } = await import('./assemble.ts');
const { listDrills } = await import('./config/find.ts');

export const root = join(import.meta.dirname, '..');

/** The drills that `drill run` runs where none is named. */
export const DRILLS = listDrills(root)
  .filter(({ path }) => !/^named_only: true$/m.test(readFileSync(path, 'utf8')))
  .map(({ name }) => name);

export interface Ran {
  code: number;
  /** What a user's terminal shows, or the document of `--json`. */
  screen: string;
  report: RunReport;
  /** trace.jsonl, as text and as events. */
  text: string;
  trace: TraceEvent[];
  files: Record<string, string>;
}

/** Every cell of a run: of its drills and of their tasks. */
export const cellsOf = ({ drills }: Pick<RunReport, 'drills'>): CellReport[] =>
  drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);

/** Runs a drill as the command does, in a folder that is gone afterwards. */
export async function runDrill(request: Partial<RunRequest> = {}): Promise<Ran> {
  const out = mkdtempSync(join(tmpdir(), 'drill-run-'));
  const shown: string[] = [];
  try {
    const code = await runDrills({
      cwd: root,
      names: ['timeout_primary'],
      task: [],
      fault: [],
      seed: 7,
      tag: [],
      bail: false,
      checkDeterminism: false,
      jobs: 1,
      json: false,
      color: false,
      columns: 100,
      stdout: { write: (text) => void shown.push(text) },
      stderr: { write: () => {} },
      signal: new AbortController().signal,
      ...request,
      out,
    });
    const folder = join(out, readdirSync(out)[0] ?? '');
    const files = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
    );
    const text = files['trace.jsonl'] ?? '';
    const trace: TraceEvent[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    return {
      code,
      screen: shown.join(''),
      report: RunReport.parse(JSON.parse(files['run.json'] ?? '')),
      text,
      trace,
      files,
    };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
