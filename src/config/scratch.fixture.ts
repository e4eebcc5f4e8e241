import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DrillError, type Problem } from '../core/errors.ts';

/** A folder for one test, gone when the test is over. */
export class Scratch implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'drill-'));

  /** Writes a file and gives back its path. */
  write(name: string, text: string): string {
    const path = join(this.dir, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What a user would read: `line:column what | fix`, a line a problem. */
export function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof DrillError) return error.problems.map(shown);
    throw error;
  }
  return [];
}

const shown = ({ place, message, fix }: Problem): string =>
  `${place?.line ?? '-'}:${place?.column ?? '-'} ${message} | ${fix}`;
