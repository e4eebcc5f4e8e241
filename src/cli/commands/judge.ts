import type { Catalogue } from '../../config/catalogue-type.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { findDrill } from '../../config/find.ts';
import { exitCode } from '../../exit-code.ts';
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
export function judge(folder: string, flags: JudgeFlags, catalogue: Catalogue, terminal: Terminal): number {
  const run = openRun(folder, terminal);
  const claims = flags.drill.map((name) => loadDrill(findDrill(name, terminal.cwd), catalogue).drill);
  const expected = new Map(claims.map(({ drill, expect }) => [drill, expect]));
  const summary = show({ run, folder, as: flags.as, claims: expected, by: catalogue }, terminal);
  return exitCode(summary, { minScore: flags.minScore, unread: flags.unread, stderr: terminal.stderr });
}
