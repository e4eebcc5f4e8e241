import { alternativeNamed, drillsOf } from '../../config/alternatives.ts';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { findDrill } from '../../config/find.ts';
import type { Drill } from '../../core/drill.ts';
import { exitCode } from '../../exit-code.ts';
import { runNamed } from '../../judge/reports-folder.ts';
import type { Terminal } from '../terminal.ts';
import { openRun, show } from './report.ts';

export interface JudgeFlags {
  /** Drill files whose `expect` takes the place of the stored one. */
  drill: string[];
  as: string;
  minScore?: number;
  unread: 'passed' | 'inconclusive';
}

/** Judges a stored run again, by the checks of today and, if wished, other claims; nothing is run or written. */
export function judge(given: string, flags: JudgeFlags, catalogue: Catalogue, terminal: Terminal): number {
  const folder = runNamed(given, terminal.cwd);
  const run = openRun(folder, terminal);
  const expected = new Map(flags.drill.flatMap((name) => claimsOf(name, catalogue, terminal)));
  const summary = show({ run, folder, as: flags.as, claims: expected, by: catalogue }, terminal);
  return exitCode(summary, { minScore: flags.minScore, unread: flags.unread, stderr: terminal.stderr });
}

/** What a drill expects, or each drill of a matrix, by its name. */
function claimsOf(name: string, catalogue: Catalogue, { cwd }: Terminal): [string, Drill['expect']][] {
  const { path, alternative } = findDrill(name, cwd);
  const loaded = loadDrill(path, catalogue);
  const only = alternative === undefined ? undefined : alternativeNamed(alternative, loaded, catalogue);
  const drills = drillsOf(loaded, catalogue).map(({ drill }) => drill);
  return drills.flatMap(({ drill, expect }) => (only === undefined || drill === only ? [[drill, expect]] : []));
}
