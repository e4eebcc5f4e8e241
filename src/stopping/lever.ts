import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { codeOf, DrillError } from '../core/errors.ts';
import type { StoppedBy } from '../core/stop.ts';

/** Where a project keeps its lever, seen from its folder. */
export const LEVER_FILE = '.drill/lever.json';

/** An engaged lever: no run starts in this project, and those that go on stop. */
export const Engaged = z.object({
  schema: z.literal('drill.lever/1'),
  reason: z.string(),
  who: z.string(),
  since: z.string().describe('in UTC'),
});
export type Engaged = z.infer<typeof Engaged>;

/** The lever of a project; undefined where it is not engaged. What cannot be read stands for one: nobody may go on by mistake. */
export function readLever(cwd: string): Engaged | undefined {
  const path = join(cwd, LEVER_FILE);
  try {
    return Engaged.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined;
    const reason = `${LEVER_FILE} cannot be read, so it counts as engaged`;
    return { schema: 'drill.lever/1', reason, who: 'nobody known', since: 'a time not known' };
  }
}

/** Engages it, and gives what stands there then: the first who does so is kept. Throws a DrillError. */
export function engage(cwd: string, by: Omit<Engaged, 'schema'>): { engaged: Engaged; before: boolean } {
  const path = join(cwd, LEVER_FILE);
  const engaged: Engaged = { schema: 'drill.lever/1', ...by };
  try {
    mkdirSync(dirname(path), { recursive: true });
    // Whoever makes the file has engaged it; half written, it counts already.
    writeFileSync(path, `${JSON.stringify(engaged)}\n`, { flag: 'wx' });
    return { engaged, before: false };
  } catch (error) {
    const there = readLever(cwd);
    if (there !== undefined) return { engaged: there, before: true };
    throw notWritten(error);
  }
}

/** Gives what was there; undefined where it was not engaged. Throws a DrillError. */
export function disengage(cwd: string): Engaged | undefined {
  const before = readLever(cwd);
  try {
    rmSync(join(cwd, LEVER_FILE), { force: true });
  } catch (error) {
    throw notWritten(error);
  }
  return before;
}

function notWritten(error: unknown): DrillError {
  return new DrillError({
    message: `the lever cannot be moved: ${error instanceof Error ? error.message.split(',')[0] : String(error)}`,
    place: { file: LEVER_FILE },
    fix: 'Make the folder .drill of the project one you may write to; until then end the runs with Ctrl-C.',
  });
}

export const stoppedByLever = ({ reason, who, since }: Engaged): StoppedBy => ({
  ...{ kind: 'lever', name: 'lever', value: null, threshold: null },
  reason: `the safety lever is engaged: ${reason} (${who}, ${since})`,
});

/** How long nobody notices that it was moved, at most. */
const LOOK_EVERY_MS = 250;

/** Tells each time it was moved, and at once where it is engaged already, until the signal aborts. */
export async function watchLever(
  cwd: string,
  clock: Clock,
  signal: AbortSignal,
  moved: (engaged: Engaged | undefined) => void,
): Promise<void> {
  let before = false;
  while (!signal.aborted) {
    const engaged = readLever(cwd);
    if ((engaged !== undefined) !== before) moved(engaged);
    before = engaged !== undefined;
    await clock.sleep(LOOK_EVERY_MS, signal).catch(() => {});
  }
}
