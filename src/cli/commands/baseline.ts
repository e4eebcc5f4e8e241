import { writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { DrillError, messageOf } from '../../core/errors.ts';
import { readBaseline } from '../../judge/read-baseline.ts';
import { runNamed } from '../../judge/reports-folder.ts';
import { count } from '../../text/words.ts';
import type { Terminal } from '../terminal.ts';

/** Writes what later runs are held against: the findings of a run, a line each, so that a change of them can be read. */
export function writeBaseline(run: string, { to }: { to: string }, { cwd, stdout }: Terminal): void {
  const path = resolve(cwd, runNamed(run, cwd));
  const { findings, ...head } = readBaseline(path, relative(cwd, path) || run);
  const lines = findings.map((one) => `\n  ${JSON.stringify(one)}`);
  const text = `${JSON.stringify(head).slice(0, -1)},"findings":[${lines.join(',')}${lines.length > 0 ? '\n' : ''}]}\n`;
  try {
    writeFileSync(resolve(cwd, to), text);
  } catch (error) {
    throw new DrillError({
      message: `it cannot be written: ${messageOf(error)}`,
      place: { file: to },
      fix: 'Name a file in a folder that is there with --to FILE.',
    });
  }
  stdout.write(`${to}: ${count(findings.length, 'finding')} of ${count(head.drills.length, 'drill')}\n`);
}
