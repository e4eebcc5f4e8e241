import { resolve } from 'node:path';
import { DrillError } from './core/errors.ts';
import { endStatus } from './core/stop.ts';
import { exitCode } from './exit-code.ts';
import { aboutRun, jobOf, type Opened, type RunRequest, runId } from './opened.ts';
import { reproduceLine } from './plans.ts';
import type { Players } from './run/plan.ts';
import { runPlans } from './run/run.ts';
import { createNoFolder, createRunFolder } from './run/run-folder.ts';
import { resultOf, type SeedResult, type Seeds, searchSeeds } from './seeds.ts';
import { isoTime } from './world/index.ts';

/** Runs the drills with many seeds, and keeps nothing but what each came to. */
export async function runSeeds(open: Opened, seeds: Seeds, again: (seed: number) => Promise<Players>): Promise<number> {
  expectAlone(open.request);
  const { request, redaction, shares } = open;
  const { stdout, stderr, json, jobs, bail, signal } = request;
  const here = seedRunner(open, again);
  const verdict = await searchSeeds({
    ...{ seeds, jobs: shares?.ahead ?? jobs, bail, json, signal, stdout, stderr },
    lineOf: (seed) => reproduceLine({ ...request, seed }, request.names, redaction),
    async run(seed) {
      const result = await (shares?.seed(seed, signal, here) ?? here(seed)).catch((error) => {
        if (!signal.aborted) throw error;
      });
      return signal.aborted ? undefined : (result ?? undefined);
    },
  });
  const status = endStatus(signal);
  return exitCode({ status, verdict, score: null, unread: 0 }, { ...request, minScore: undefined });
}

/** Runs all drills with one seed. */
export function seedRunner(open: Opened, again: (seed: number) => Promise<Players>) {
  const { request, plans } = open;
  const about = { started_at: '', versions: {}, git: null, definition_hash: '' };
  return async (seed: number): Promise<SeedResult> => {
    const players = seed === request.seed ? open.players : await again(seed);
    try {
      const job = jobOf({ ...open, players, shares: undefined, request: { ...request, seed, jobs: 1, bail: false } });
      const told = { reporters: [], also: [], terminal: SILENT, folder: createNoFolder(), about };
      return await resultOf(async (onDrill) => (await runPlans({ ...job, ...told, plans, onDrill })).verdict);
    } finally {
      players.end?.();
    }
  };
}

/** Runs the drills several times, each time with its own folder. */
export async function runRepeatedly(open: Opened, times: number, again: () => Promise<Players>): Promise<number> {
  expectAlone(open.request);
  const { repeatRuns } = await import('./repeat.ts');
  const { request, plans, names, clock, target } = open;
  if (target.wall !== true)
    request.stderr.write('in virtual time every run of a seed is the same: --seeds gives other ones\n');
  const { cwd, stdout, stderr, json, signal, passRate, reporter: also = [] } = request;
  const started_at = isoTime(clock.epochMs);
  const { reporters } = await open.catalogueFor(also);
  const verdict = await repeatRuns({
    ...{ times, passRate, json, signal, stdout, stderr },
    async run(time, onDrill) {
      const players = time === 1 ? open.players : await again();
      const folder = createRunFolder(resolve(cwd, request.out), `${runId(started_at, names)}-${time}`, cwd);
      try {
        const about = aboutRun(started_at, open);
        await runPlans({
          ...jobOf({ ...open, players }),
          plans,
          reporters,
          also,
          terminal: SILENT,
          folder,
          about,
          onDrill,
        });
        return folder.name;
      } finally {
        players.end?.();
      }
    },
  });
  const status = endStatus(signal);
  return exitCode({ status, verdict, score: null, unread: 0 }, { ...request, minScore: undefined });
}

const SILENT = { output: { write() {} }, reporter: 'none', look: { color: false, columns: 100 } };

/** What is about one run is not about many of them. */
function expectAlone({ baseline, shard, checkDeterminism, minScore, repeat, seeds }: RunRequest): void {
  const many = seeds === undefined ? '--repeat' : '--seeds';
  const given = {
    '--repeat': seeds && repeat,
    '--baseline': baseline,
    '--shard': shard,
    '--check-determinism': checkDeterminism || undefined,
    '--min-score': minScore,
  };
  const other = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
  if (other === undefined) return;
  throw new DrillError({
    message: `${other} is about one run, and ${many} asks for many`,
    place: { file: many },
    fix: `Leave one of the two out${seeds === undefined ? '' : '; a seed that fails can be run by itself with --seed'}.`,
  });
}
