import { z } from 'zod';
import { runDrills as run } from './assemble.ts';
import { parseWith } from './config/issues.ts';
import { DrillError } from './core/errors.ts';
import { whole } from './core/numbers.ts';
import { entryOf } from './core/once.ts';
import { defined } from './core/own-copy.ts';
import type { CellReport, JudgedDrill, RunReport } from './core/report.ts';
import type { RunRequest } from './opened.ts';
import { DEFAULTS, MAX_JOBS, MAX_SEED } from './run-defaults.ts';
import { installRoutes } from './world/routes.ts';

const text = z.string().optional();
const texts = z.array(z.string()).optional();
const flag = z.boolean().optional();

type Passed = 'target' | 'tasks' | 'task' | 'tag' | 'fault' | 'seed' | 'config' | 'mode' | 'replies' | 'jobs' | 'bail';
type Kept = 'reporter' | 'bodies' | 'baseline' | 'tolerance' | 'minScore' | 'unread' | 'allowInconclusive';
type Optional<T> = { [K in keyof T]?: T[K] | undefined };

/** What `drill run` would be told; nothing of it has to be. */
export interface DrillsOptions extends Optional<Pick<RunRequest, Passed | Kept | 'stuckAfterMs' | 'signal'>> {
  /** Names, paths or patterns of drills; without it, those that `drill run` would run. */
  drills?: string[] | undefined;
  /** The project's folder; the one that the process runs in without it. */
  cwd?: string | undefined;
  /** The folder that the run's folder is made in, `reports` without it; false where nothing is to be written. */
  out?: string | false | undefined;
}

/** A slip in a plain script is told as one in a file is. */
const Options: z.ZodType<DrillsOptions> = z.strictObject({
  drills: z.array(z.string()).min(1).optional(),
  ...{ task: texts, tag: texts, fault: texts, reporter: texts },
  ...{ target: text, tasks: text, cwd: text, config: text, baseline: text },
  ...{ bail: flag, bodies: flag, allowInconclusive: flag },
  seed: whole(0, MAX_SEED).optional(),
  mode: z.enum(['mock', 'live']).optional(),
  replies: z.enum(['scripted', 'recorded']).optional(),
  jobs: whole(1, MAX_JOBS).optional(),
  out: z.union([z.string(), z.literal(false)]).optional(),
  minScore: z.number().min(0).max(100).optional(),
  unread: z.enum(['passed', 'inconclusive']).optional(),
  tolerance: z.number().int().min(0).optional(),
  stuckAfterMs: z.number().int().min(100).optional(),
  signal: z
    .custom<AbortSignal>((given) => typeof Object(given).aborted === 'boolean', 'it is no AbortSignal')
    .optional(),
});

/** What a check found, in one or more asks of a golden task. */
export interface DrillFinding extends Pick<CellReport, 'check' | 'severity' | 'reason'> {
  /** The golden task, and the phase in which it was asked; absent where the drill as a whole is meant. */
  task?: string;
  phase?: string;
  /** In so many asks; the reason is that of the first. */
  count: number;
  /** What to change in the target. */
  advice?: string;
}

/** What became of a drill. */
export interface RanDrill
  extends Pick<JudgedDrill, 'name' | 'title' | 'hypothesis' | 'verdict' | 'score' | 'reasons' | 'reproduce'> {
  findings: DrillFinding[];
}

/** What a run came to. */
export interface RanDrills extends Pick<RunReport, 'status' | 'verdict' | 'score'> {
  /** What the process of `drill run` would have ended with: 0 passed, 1 failed, 3 inconclusive, 4 stopped, 130 interrupted. */
  exitCode: number;
  drills: RanDrill[];
  /** Where `run.json`, `trace.jsonl` and the reports are; absent where nothing was written. */
  folder?: string;
  /** What `drill run` would have printed. */
  text: string;
}

let earlier: Promise<unknown> = Promise.resolve();

/** Runs drills as `drill run` does, and prints nothing. Rejects with a DrillError where the user has something to mend. */
export function runDrills(options: DrillsOptions = {}): Promise<RanDrills> {
  // One after the other: a run has dummies in the place of the keys in this process's environment, and takes them back.
  const mine = earlier.then(() => ran(options));
  earlier = mine.catch(() => {});
  return mine;
}

async function ran(options: DrillsOptions): Promise<RanDrills> {
  // Before anything of a target is imported that might keep an original.
  installRoutes();
  const { drills: names = [], cwd = process.cwd(), out, ...asked } = checked(options);
  const said: string[] = [];
  const output = { write: (words: string) => void said.push(words) };
  const drills: RanDrill[] = [];
  // Of a run that was kept from beginning there is no more.
  let whole: Omit<RanDrills, 'exitCode' | 'drills' | 'text'> = {
    status: 'cancelled',
    verdict: 'inconclusive',
    score: null,
  };
  const request: RunRequest = {
    ...DEFAULTS,
    signal: new AbortController().signal,
    ...defined({ ...asked, out: out === false ? undefined : out }),
    ...(out === false && { files: false }),
    ...{ cwd, names, color: false, columns: 100, env: process.env, stdout: output, stderr: output },
    onDrill: (drill) => drills.push(ranOf(drill)),
    onEnd({ status, verdict, score }, folder) {
      whole = { status, verdict, score, ...(folder !== '' && { folder }) };
    },
  };
  const exitCode = await run(request);
  return { exitCode, ...whole, drills, text: said.join('') };
}

function checked(options: DrillsOptions): DrillsOptions {
  const place = (path: readonly PropertyKey[]) => ({ file: ['runDrills', ...path.map(String)].join('.') });
  if (typeof Object(options).target === 'function')
    throw new DrillError({
      message: 'a function of this process cannot be played in a process of its own, as every target is',
      place: place(['target']),
      fix: "Export it by default from a module, and name the file: target: './my-agent.mjs'.",
    });
  return parseWith(Options, { data: options, place });
}

function ranOf({ name, title, hypothesis, verdict, score, reasons, reproduce, ...judged }: JudgedDrill): RanDrill {
  const findings = new Map<string, DrillFinding>();
  for (const { checks, task, phase } of [{ checks: judged.checks, task: undefined, phase: undefined }, ...judged.tasks])
    for (const { check, severity, reason } of checks.filter((cell) => cell.verdict === 'failed')) {
      const key = JSON.stringify([check, task, phase]);
      const where = task !== undefined && { task, phase };
      const advice = judged.advice?.[check];
      const more = advice !== undefined && { advice };
      entryOf(findings, key, () => ({ check, severity, reason, ...where, count: 0, ...more })).count += 1;
    }
  return { name, title, hypothesis, verdict, score, reasons, reproduce, findings: [...findings.values()] };
}
