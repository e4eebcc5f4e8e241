import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { codeOf, EXIT } from '../core/errors.ts';
import { type NamedSchedule, runWords } from '../core/schedule.ts';
import { goesOn, type Known, known, send } from '../world/processes.ts';
import { Outcome } from './journal.ts';
import type { OpenRun } from './tally.ts';

export interface Ended {
  outcome: Outcome;
  /** The folder of the report, where there is one. */
  report?: string;
}

export interface StartedRun {
  /** Undefined where it is no process. */
  process?: Known;
  ended: Promise<Ended>;
  /** Asks it to end; `ended` says when it has. */
  stop(): void;
}

/** How runs are played: as processes of their own, or in tests as nothing at all. */
export interface Runs {
  /** Undefined where somebody else has begun this run already. */
  start(run: string, schedule: NamedSchedule): StartedRun | undefined;
  /** What became of a run whose keeper was killed. One that still goes on is ended: nobody would hear of its end. */
  recover(open: OpenRun): Promise<Ended>;
  /** Removes what a run has left. */
  remove(run: string): void;
}

/** So long a run that was asked to end may take, before it is killed with all that it started. */
const GRACE_MS = 15_000;

/** Runs are processes of `drill run`, each with a folder of its own in `home`; its log and its report are kept there. */
export function createRuns(home: string, command: readonly string[], cwd: string, clock: Clock): Runs {
  const [program = '', ...words] = command;
  const folderOf = (run: string) => join(home, run);
  return {
    start(run, schedule) {
      const folder = folderOf(run);
      if (!claim(home, folder)) return undefined;
      const log = openSync(join(folder, 'log.txt'), 'a');
      // In a group of its own: a Ctrl-C on the terminal is for us, and we hand it on.
      const child = spawn(program, [...words, ...runWords(schedule), '--out', folder], {
        cwd,
        stdio: ['ignore', log, log],
        detached: process.platform !== 'win32',
      });
      closeSync(log);
      const over = new AbortController();
      const ended = new Promise<Outcome>((resolve) => {
        child.once('error', () => resolve('errored'));
        child.once('exit', (code) => resolve(outcomeOf(code)));
      }).then((outcome) => {
        over.abort();
        return withReport(outcome, folder);
      });
      const { pid } = child;
      return {
        ...(pid !== undefined && { process: known(pid) }),
        ended,
        stop: () => pid !== undefined && void endProcess(pid, clock, over.signal),
      };
    },
    async recover({ run, process: last }) {
      const folder = folderOf(run);
      // By its number alone somebody else's process might be meant.
      if (last?.identity !== undefined && goesOn(last)) {
        const over = new AbortController();
        void endProcess(last.pid, clock, over.signal);
        while (goesOn(last)) await clock.sleep(50);
        over.abort();
      }
      const report = reportIn(folder);
      return withReport(report?.outcome ?? 'interrupted', folder);
    },
    remove: (run) => rmSync(folderOf(run), { recursive: true, force: true }),
  };
}

/** Whoever makes the folder has the run: two daemons on one folder begin it once. */
function claim(home: string, folder: string): boolean {
  mkdirSync(home, { recursive: true });
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function endProcess(pid: number, clock: Clock, over: AbortSignal): Promise<void> {
  send(pid, 'SIGTERM');
  const inTime = await clock.sleep(GRACE_MS, over).then(
    () => false,
    () => true,
  );
  if (!inTime) send(pid, 'SIGKILL');
}

/** What an exit code says of a run; without one a signal ended it. */
function outcomeOf(code: number | null): Outcome {
  const [word] = Object.entries(EXIT).find(([, one]) => one === code) ?? [];
  const outcome = Outcome.safeParse(code === null ? 'interrupted' : word);
  return outcome.data ?? (word === 'hungUp' ? 'interrupted' : 'errored');
}

const Report = z.object({ schema: z.string(), status: z.string(), verdict: z.string() });
/** In the first version Ctrl-C was called so. */
const CANCELLED: Record<string, Outcome> = { 'drill.run/1': 'interrupted', 'drill.run/2': 'stopped' };

/** The report of the one run in a folder. */
function reportIn(folder: string): { path: string; outcome: Outcome } | undefined {
  try {
    const [name = ''] = readdirSync(folder).filter((one) => existsSync(join(folder, one, 'run.json')));
    const path = join(folder, name);
    const { schema, status, verdict } = Report.parse(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')));
    const word = status === 'completed' ? verdict : status === 'cancelled' ? CANCELLED[schema] : status;
    return { path, outcome: Outcome.safeParse(word).data ?? 'inconclusive' };
  } catch {
    // A run that did not get so far has none.
    return undefined;
  }
}

function withReport(outcome: Outcome, folder: string): Ended {
  const report = reportIn(folder)?.path;
  return { outcome, ...(report !== undefined && { report }) };
}
