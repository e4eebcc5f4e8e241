import { type DrillError, formatPlace } from './core/errors.ts';
import { createRedaction, secretsOf } from './redaction/redact.ts';

/** What the user is told of an error that is theirs to mend, without anything secret that it may quote. */
export function errorText({ problems }: DrillError, env: Record<string, string | undefined>): string {
  const redaction = createRedaction({ literals: secretsOf(env) });
  const blocks = problems.map(({ message, place, fix }) => {
    const at = place === undefined ? [] : [`  at ${formatPlace(place)}`];
    // Line by line: what looks like the beginning of a secret must not take the fix with it.
    return [`error: ${message}`, ...at, `  fix: ${fix}`].map((line) => redaction.text(line)).join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}
