import type { RunRequest } from './opened.ts';

/** The greatest seed: as large as what is drawn from it. */
export const MAX_SEED = 2 ** 32 - 1;
/** So many drills may run at once. */
export const MAX_JOBS = 64;

/** What a run is that is told nothing else: by the command, by a test runner and from code. */
export const DEFAULTS = {
  ...{ task: [] as string[], fault: [] as string[], tag: [] as string[] },
  ...{ seed: 1, mode: 'mock', replies: 'scripted', unread: 'passed', out: 'reports', stuckAfterMs: 60_000 },
  ...{ bail: false, checkDeterminism: false, allowInconclusive: false, json: false },
} satisfies Partial<RunRequest>;
