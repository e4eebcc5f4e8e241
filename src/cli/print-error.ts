import { packageVersion } from '../config/project.ts';
import { DrillError, EXIT, formatPlace } from '../core/errors.ts';
import { createRedaction, secretsOf } from '../redaction/redact.ts';
import type { Terminal } from './terminal.ts';

/** Tells the user what went wrong, without anything secret that a message may quote, and gives the exit code for it. */
export function printError(error: unknown, { stderr, env, signal }: Terminal): number {
  if (signal.aborted) {
    stderr.write('interrupted\n');
    return EXIT.interrupted;
  }
  const redaction = createRedaction({ literals: secretsOf(env) });
  const say = (text: string) => stderr.write(redaction.text(text));
  if (error instanceof DrillError) {
    const blocks = error.problems.map(({ message, place, fix }) => {
      const at = place === undefined ? [] : [`  at ${formatPlace(place)}`];
      // Line by line: what looks like the beginning of a secret must not take the fix with it.
      return [`error: ${message}`, ...at, `  fix: ${fix}`].map((line) => redaction.text(line)).join('\n');
    });
    stderr.write(`${blocks.join('\n\n')}\n`);
    return error.exitCode;
  }
  // It may quote anything.
  const message = (error instanceof Error ? error.message : String(error)).replace(/\p{Cc}+/gu, ' ');
  say(`drill ${packageVersion()} has a bug: ${message}\n`);
  say('  fix: please report it with the command and its --seed; DRILL_DEBUG=1 shows where it happened\n');
  if (env['DRILL_DEBUG'] === '1' && error instanceof Error) say(`${error.stack}\n`);
  return EXIT.bug;
}
