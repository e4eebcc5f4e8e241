import { readFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { namesIn } from './config/find.ts';
import { isRecord } from './text/json.ts';

/** The names of drills, those that did not pass in the newest run first, and else in their order. */
export function lastFailedFirst(names: readonly string[], cwd: string, out: string): string[] {
  const failed = failedIn(resolve(cwd, out));
  // A drill is called as its file is; of a matrix, an alternative counts for the whole.
  const isFailed = (name: string) => {
    const own = basename(name, extname(name));
    return failed.some((one) => one === own || one === name || one.startsWith(`${own}/`));
  };
  return [...names.filter(isFailed), ...names.filter((name) => !isFailed(name))];
}

/** Nothing where there is no run, or none that can be read: then there is nothing to prefer. */
function failedIn(folder: string): string[] {
  // Their names begin with when they began.
  for (const run of namesIn(folder).reverse()) {
    try {
      const report: unknown = JSON.parse(readFileSync(join(folder, run, 'run.json'), 'utf8'));
      const drills = isRecord(report) && Array.isArray(report['drills']) ? report['drills'] : [];
      const bad = drills.filter(
        (one) => isRecord(one) && !['passed', 'not_applicable'].includes(String(one['verdict'])),
      );
      const open = isRecord(report) && Array.isArray(report['unfinished']) ? report['unfinished'] : [];
      return [...bad.map((one) => String(one['name'])), ...open.map(String)];
    } catch {
      // Another one may do.
    }
  }
  return [];
}
