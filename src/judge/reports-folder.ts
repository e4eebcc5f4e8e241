import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { DrillError } from '../core/errors.ts';

/** A run's folder as `drill run` names it; what is called otherwise is nobody's to list or to remove. */
const RUN = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}-[\w-]+$/;

/** Runs of one second stand in the order of their numbers: the tenth after the second. */
const inOrder = (name: string) => name.replace(/-(\d+)$/, (_, n: string) => `-${n.padStart(9, '0')}`);

/** The names of the runs in a folder, oldest first: the name begins with the time. */
export function runsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const ours = (name: string) =>
    RUN.test(name) && lstatSync(join(folder, name)).isDirectory() && existsSync(join(folder, name, 'trace.jsonl'));
  return readdirSync(folder)
    .filter(ours)
    .sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1));
}

/** Those of them that have a report. */
export const reportedIn = (folder: string): string[] =>
  runsIn(folder).filter((name) => existsSync(join(folder, name, 'run.json')));

/** How many from the end. */
const WORDS: Record<string, number> = { latest: 1, previous: 2 };

/**
 * The run that is meant by `latest`, the last one with a report below `out`, or by `previous`, the one before it; whatever
 * else stands there is a path, as is a file or folder of such a name. Throws a DrillError where there is none.
 */
export function runNamed(name: string, cwd: string, out = 'reports'): string {
  const back = WORDS[name];
  if (back === undefined || existsSync(resolve(cwd, name))) return name;
  const folder = resolve(cwd, out);
  const found = reportedIn(folder).at(-back);
  if (found !== undefined) return relative(cwd, join(folder, found));
  throw new DrillError({
    message: `there is no ${name} run: ${back === 1 ? 'no run' : 'fewer than two runs'} with a report`,
    place: { file: out },
    fix: 'Run a drill first, or name the folder of a run.',
  });
}
