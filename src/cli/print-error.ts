import { packageVersion } from '../config/project.ts';
import { DrillError, EXIT, messageOf } from '../core/errors.ts';
import { errorText } from '../error-text.ts';
import { createRedaction, secretsOf } from '../redaction/redact.ts';
import type { Terminal } from './terminal.ts';

/** Tells the user what went wrong, without anything secret that a message may quote, and gives the exit code for it. */
export function printError(error: unknown, { stderr, env, signal }: Terminal): number {
  if (signal.aborted) {
    stderr.write('interrupted\n');
    return EXIT.interrupted;
  }
  if (error instanceof DrillError) {
    stderr.write(errorText(error, env));
    return error.exitCode;
  }
  const redaction = createRedaction({ literals: secretsOf(env) });
  const say = (text: string) => stderr.write(redaction.text(text));
  // It may quote anything.
  const message = messageOf(error).replace(/\p{Cc}+/gu, ' ');
  say(`drill ${packageVersion()} has a bug: ${message}\n`);
  say('  fix: please report it with the command and its --seed; DRILL_DEBUG=1 shows where it happened\n');
  if (env['DRILL_DEBUG'] === '1' && error instanceof Error) say(`${error.stack}\n`);
  return EXIT.bug;
}
