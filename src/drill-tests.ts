import { z } from 'zod';
import { usualDrills } from './config/find.ts';
import { expandedDrills } from './config/globs.ts';
import { readUserFile } from './config/read-file.ts';
import { DrillError, EXIT, orElse } from './core/errors.ts';
import { errorText } from './error-text.ts';
import type { DrillsOptions as FromCode } from './from-code.ts';
import { installRoutes } from './world/routes.ts';

type Passed = 'drills' | 'target' | 'tasks' | 'task' | 'fault' | 'seed' | 'cwd' | 'config' | 'replies' | 'out';
type Judged = 'stuckAfterMs' | 'minScore' | 'unread' | 'allowInconclusive';

/** What is drilled, as `drill run` would be told it. Models are always mocked. */
export interface DrillsOptions extends Pick<FromCode, Passed | Judged> {
  /** Real milliseconds for one drill, after which it is interrupted and its test fails; 120,000 without it. */
  timeoutMs?: number;
}

/** How a test runner is told of a test. */
type Test = (name: string, options: { timeout: number }, body: (now: { signal: AbortSignal }) => Promise<void>) => void;

/** Registers a test for each drill with `test`, as `drills` of `failover-drill/vitest` says. */
export function registerDrills(
  test: Test,
  { drills: names = [], cwd = process.cwd(), timeoutMs = 120_000, ...asked }: DrillsOptions,
): void {
  // Before anything of a target is imported that might keep an original.
  installRoutes();
  const found = names.length > 0 ? expandedDrills(names, cwd) : unnamed(cwd);
  for (const name of found)
    test(name, { timeout: timeoutMs }, async ({ signal }) => {
      const told = await toldOf({ ...asked, drills: [name], cwd, signal });
      if (told !== undefined) throw new DrillNotPassed(told);
    });
}

/** Those that `drill run` runs where none is named. */
const unnamed = (cwd: string): string[] =>
  usualDrills(cwd)
    .filter(({ path }) => !isNamedOnly(path))
    .map(({ name }) => name);

/** What is wrong with the file is told by its own test. */
const isNamedOnly = (path: string): boolean =>
  orElse(() => z.looseObject({ named_only: z.literal(true) }).safeParse(readUserFile(path).data).success, false);

/** What is to be told of a drill that did not pass. */
async function toldOf(asked: FromCode): Promise<string | undefined> {
  const { runDrills } = await import('./from-code.ts');
  try {
    const { exitCode, text } = await runDrills(asked);
    return exitCode === EXIT.passed ? undefined : text.trim();
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    return errorText(error, process.env).trim();
  }
}

/** Where it was thrown says nothing of what was found: it has no stack. */
class DrillNotPassed extends Error {
  override readonly name = 'DrillNotPassed';

  constructor(told: string) {
    super(told);
    this.stack = this.name;
  }
}
