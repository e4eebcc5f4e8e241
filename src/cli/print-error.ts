import { packageVersion } from '../config/project.ts';
import { DrillError, EXIT, formatPlace } from '../core/errors.ts';
import type { Terminal } from './terminal.ts';

/** Tells the user what went wrong, and gives the exit code for it. */
export function printError(error: unknown, { stderr, env }: Terminal): number {
  if (error instanceof DrillError) {
    const blocks = error.problems.map(({ message, place, fix }) =>
      [`error: ${message}`, ...(place === undefined ? [] : [`  at ${formatPlace(place)}`]), `  fix: ${fix}`].join('\n'),
    );
    stderr.write(`${blocks.join('\n\n')}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  stderr.write(`drill ${packageVersion()} has a bug: ${message}\n`);
  stderr.write('  fix: please report it with the command and its --seed; DRILL_DEBUG=1 shows where it happened\n');
  if (env['DRILL_DEBUG'] === '1' && error instanceof Error) stderr.write(`${error.stack}\n`);
  return EXIT.bug;
}
