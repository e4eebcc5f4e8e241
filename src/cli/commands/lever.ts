import { userInfo } from 'node:os';
import { DrillError, EXIT, orElse } from '../../core/errors.ts';
import { disengage, type Engaged, engage, LEVER_FILE, readLever } from '../../stopping/lever.ts';
import { createWallClock, isoTime } from '../../world/index.ts';
import type { Terminal } from '../terminal.ts';

export interface LeverFlags {
  reason?: string | undefined;
  json: boolean;
}

/** Moves the safety lever of the project, or tells where it is. Returns the exit code. Throws a DrillError. */
export function lever(
  action: 'engage' | 'disengage' | 'status',
  { reason, json }: LeverFlags,
  { cwd, stdout, env }: Pick<Terminal, 'cwd' | 'stdout' | 'env'>,
): number {
  const say = (engaged: Engaged | undefined, text: string) =>
    stdout.write(json ? `${JSON.stringify(documentOf(engaged))}\n` : `${text}\n`);
  if (action !== 'engage' && reason !== undefined)
    throw new DrillError({
      message: `nothing is done with a reason to ${action} it`,
      place: { file: '--reason' },
      fix: 'Leave it out: --reason says why the lever is engaged.',
    });
  if (action === 'status') {
    const engaged = readLever(cwd);
    say(engaged, engaged === undefined ? 'disengaged: runs may start' : `engaged ${wordsOf(engaged)}`);
  } else if (action === 'disengage') {
    const before = disengage(cwd);
    say(
      undefined,
      before === undefined
        ? 'it was not engaged'
        : `disengaged: runs may start again; it was engaged ${wordsOf(before)}`,
    );
  } else {
    const why = reason?.trim().replace(/\s+/g, ' ') ?? '';
    if (why === '')
      throw new DrillError({
        message: 'whoever finds the lever engaged has to know why',
        place: { file: '--reason' },
        fix: "Say it: drill lever engage --reason 'the provider has an incident'",
      });
    const clock = createWallClock();
    const { engaged, before } = engage(cwd, { reason: why, who: whoIs(env), since: isoTime(clock.epochMs) });
    say(
      engaged,
      before
        ? `it was engaged already, and that stays: ${wordsOf(engaged)}`
        : `engaged: no run starts in this project, and those that go on stop (${LEVER_FILE})`,
    );
  }
  return EXIT.passed;
}

const wordsOf = ({ since, who, reason }: Engaged) => `since ${since} by ${who}: ${reason}`;

const documentOf = (engaged: Engaged | undefined) => {
  const { schema: _, ...told } = engaged ?? { schema: '' };
  return { engaged: engaged !== undefined, ...told };
};

/** As the system knows them; a container may know nobody. */
const whoIs = (env: Terminal['env']): string => orElse(() => userInfo().username, env['USER'] ?? 'somebody');
