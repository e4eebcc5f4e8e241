import { availableParallelism } from 'node:os';
import { basename, extname, join, resolve } from 'node:path';
import { catalogue as builtin, catalogueFor as builtinFor, wholeCatalogue } from './catalogue.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { suggest } from './config/closest.ts';
import { type Config, loadConfig } from './config/config-file.ts';
import { findDrill, usualDrills } from './config/find.ts';
import { expandedDrills } from './config/globs.ts';
import { nearMisses } from './config/near-misses.ts';
import { DEFAULT_ROLES, openTarget, settleTarget } from './config/target.ts';
import type { ResolvedDeclaration, Roles } from './core/declaration.ts';
import { DrillError, EXIT } from './core/errors.ts';
import type { Target } from './core/plugin.ts';
import { type Stop, stopOf } from './core/stop.ts';
import { exitCode, gateFor } from './exit-code.ts';
import type { Shard } from './judge/shard.ts';
import { lastFailedFirst } from './last-failed.ts';
import type { LiveRun } from './live-run.ts';
import type { liveTarget } from './live-target.ts';
import { MockKeys } from './mock-keys.ts';
import { aboutRun, bodiesOf, jobOf, type Opened, type RunRequest, runId, type Shares } from './opened.ts';
import { plansFor } from './plans.ts';
import type { PlayersApart } from './player/apart.ts';
import type { Start } from './player/messages.ts';
import { loadPlugins, withPlugins } from './plugins.ts';
import { createRedaction, type Redaction, secretsOf } from './redaction/redact.ts';
import { EVENTS_PER_COLLECTION, letHeapGrow } from './run/collect.ts';
import type { Plan, Players } from './run/plan.ts';
import { asksOf } from './run/play.ts';
import { playersInside } from './run/players.ts';
import { logFor } from './run/reports.ts';
import { runPlans } from './run/run.ts';
import { createNoFolder, createRunFolder } from './run/run-folder.ts';
import { MAX_JOBS } from './run-defaults.ts';
import type { RunGate } from './run-gate.ts';
import { Halt } from './stopping/halt.ts';
import { finderOf } from './text/patterns.ts';
import { watched } from './watched.ts';
import { createWallClock, isoTime, today } from './world/index.ts';

/** Runs drills and writes their reports. Returns the exit code; throws a DrillError before anything is written. */
export async function runDrills(asked: RunRequest): Promise<number> {
  const halt = new Halt(asked.signal, asked.cwd, createWallClock());
  try {
    return await runHaltable({ ...asked, signal: halt.signal }, halt);
  } catch (error) {
    const stop = stopOf(halt.signal);
    // What broke off because of it, or could not be read before it, is not what ended the command.
    if (stop === undefined || !(error === stop || error instanceof DrillError)) throw error;
    asked.stderr.write(`${sayStop(stop)}\n`);
    return EXIT.stopped;
  } finally {
    halt.close();
  }
}

async function runHaltable(asked: RunRequest, halt: Halt): Promise<number> {
  const { cwd, signal } = asked;
  const plugged = await loadPlugins(cwd, wholeCatalogue, asked.config);
  const catalogue = withPlugins(builtin, plugged);
  const catalogueFor: Opened['catalogueFor'] = async (names) => withPlugins(await builtinFor(names), plugged);
  const config = loadConfig(cwd, catalogue, asked.config);
  // What somebody wrote and nobody reads is told before a run that goes on without it.
  if (config === undefined)
    for (const { file, fix } of nearMisses(cwd)) asked.stderr.write(`${file} is not read: ${fix}\n`);
  const name = asked.target ?? config?.default_target ?? 'reference';
  await expectReporters(asked.reporter ?? [], catalogueFor);
  if (asked.record === true) (await import('./keep-recordings.ts')).expectRecordable(asked);
  if (asked.passRate !== undefined && asked.repeat === undefined)
    throw new DrillError({
      message: 'there are no runs of which --pass-rate could be a share',
      place: { file: '--pass-rate' },
      fix: 'Say with --repeat how many runs there are.',
    });
  const isLive = asked.mode === 'live';
  expectMode(asked);
  const named = await openTarget(name, cwd, config, catalogue);
  const request = { ...asked, target: name, seed: asked.seeds?.from ?? asked.seed };
  // As it was before dummies took the place of keys.
  const env = { ...process.env };
  const { secrets, redaction: own } = secretsFor(config, named);
  const print = (text: string) => request.stderr.write(own.text(text));
  const clock = createWallClock();
  const gate = await gateFor(request, {
    cwd,
    stderr: request.stderr,
    known: config?.known_failures ?? [],
    today: today(),
  });
  const usual = request.names.length > 0 ? expandedDrills(request.names, cwd) : usualDrills(cwd).map((d) => d.name);
  const names = request.lastFailed === true ? lastFailedFirst(usual, cwd, request.out) : usual;
  const files = names.map((n) => findDrill(n, cwd));
  const keys = new MockKeys(catalogue.protocols);
  keys.set(DEFAULT_ROLES, config?.roles ?? {});
  const apart = isLive ? undefined : await playersFor(request, named, secrets, print, plugged.modules);
  const giveUp = () => apart?.end();
  signal.addEventListener('abort', giveUp);
  let live: LiveRun | undefined;
  let shares: Shares | undefined;
  try {
    const said = await (apart?.said(nameOf(files[0]?.path)) ?? saysOf(named, isLive, secrets, print));
    const told = settleTarget(named, said, config, catalogue);
    // Whatever was started before knows the keys of roles that only the module names.
    if (keys.set(told.roles)) apart?.end();
    if (isLive)
      live = (await import('./live-run.ts')).openLiveRun(config, {
        ...told,
        ...request,
        env,
        clock,
        protocols: catalogue.protocols,
      });
    const target = live === undefined ? named : await asLive(named, said, { ...told, ...live, seed: request.seed });
    const redaction = live === undefined ? own : secretsFor(config, named, live.secrets).redaction;
    const players = apart ?? playersInside(target, request.seed, print);
    const again = async (seed: number, collectEvery?: number) =>
      (isLive
        ? undefined
        : await playersFor({ ...request, seed }, named, secrets, print, plugged.modules, collectEvery)) ??
      playersInside(target, seed, print);
    const cassettesOf =
      asked.replies === 'recorded' ? (await import('./config/cassette-files.ts')).cassettesFinder(cwd) : undefined;
    const plans = plansFor(
      request,
      files,
      { ...told, catalogue, redaction, wall: target.wall, live, cassettesOf },
      config,
    );
    if (live !== undefined) {
      const { beforeLive } = await import('./live-plan.ts');
      if (await beforeLive(live, plans, request)) return EXIT.passed;
    }
    if (asksOfAll(plans, request) * (request.repeat ?? 1) >= LONG_RUN) letHeapGrow();
    const jobs = jobsFor(named, plans, request);
    shares = await sharesFor(named, plans, { ...request, jobs }, env, print);
    const open = {
      ...{ request: { ...request, jobs }, target, players, shares, redaction, clock, names, plans, halt },
      declares: told.declares,
      catalogueFor,
    };
    if (request.share !== undefined)
      return await request.share(open, (await import('./many-runs.ts')).seedRunner(open, again));
    if (request.seeds !== undefined || request.repeat !== undefined) {
      const { runSeeds, runRepeatedly } = await import('./many-runs.ts');
      if (request.seeds !== undefined) return await runSeeds(open, request.seeds, again);
      if (request.repeat !== undefined) return await runRepeatedly(open, request.repeat, () => again(request.seed));
    }
    const code = await runOnce(open, gate, () => again(request.seed, EVENTS_PER_COLLECTION));
    if (live?.tape !== undefined)
      await (await import('./keep-recordings.ts')).keepRecordings(live.tape, open, catalogue.protocols);
    return code;
  } finally {
    await live?.upstream.close();
    await shares?.end();
    signal.removeEventListener('abort', giveUp);
    apart?.end();
    keys.restore();
  }
}

/** What cannot be asked of a run on real providers, and what only of one. */
function expectMode({ mode, plan, seeds, checkDeterminism, replies }: RunRequest): void {
  const tell = (message: string, file: string, fix: string) => {
    throw new DrillError({ message, place: { file }, fix });
  };
  if (mode !== 'live' && plan === true)
    tell('a mocked run calls nobody that could be planned', '--plan', 'Add --mode live.');
  if (mode === 'live' && seeds !== undefined)
    tell('no seed decides what a provider replies', '--seeds', 'Use --repeat to run live several times.');
  if (mode === 'live' && replies === 'recorded')
    tell('in live mode the providers reply, and no recording', '--replies', 'Leave one of the two out.');
  if (mode === 'live' && checkDeterminism)
    tell('no provider replies the same twice', '--check-determinism', 'Leave it out, or run mocked.');
}

/** What a target says of itself, where no player was started that could tell. */
const saysOf = async (target: Target, apart: boolean, secrets: Start['secrets'], print: (text: string) => void) =>
  apart ? (await import('./player/apart.ts')).saidOf(target, secrets, (line) => print(`${line}\n`)) : target.load();

async function asLive(...given: Parameters<typeof liveTarget>): Promise<Target> {
  return (await import('./live-target.ts')).liveTarget(...given);
}

/** So many asks are worth a process of their own; where a user wants several, fewer will do. */
const WORTH = { unasked: 2_000, asked: 500 };
/** From so many asks on a larger heap gains more than it takes to touch its pages. */
const LONG_RUN = 200;

const asksOfAll = (plans: readonly Plan[], { seeds }: RunRequest): number =>
  plans.reduce((sum, plan) => sum + asksOf(plan), 0) * (seeds === undefined ? 1 : seeds.to - seeds.from + 1);

const worthOf = (plans: readonly Plan[], request: RunRequest, asks: number): number => {
  const pieces = request.seeds === undefined ? plans.length : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(pieces, Math.floor(asksOfAll(plans, request) / asks)));
};

/** How many drills or seeds at once: as the user says, else as many as there are cores and enough to do. */
function jobsFor({ alone, wall }: Target, plans: readonly Plan[], request: RunRequest): number {
  const { jobs, stderr, mode } = request;
  if (jobs === 1) return 1;
  const stops = plans.some(({ drill }) => drill.stop !== undefined);
  if (jobs === undefined)
    return alone || wall || stops || mode === 'live'
      ? 1
      : Math.min(availableParallelism(), MAX_JOBS, worthOf(plans, request, WORTH.unasked));
  if (alone) stderr.write('one drill at a time: two at once would be in each other’s way at this target\n');
  else if (stops) stderr.write('one drill at a time: stop conditions go by what happened before\n');
  return alone || stops ? 1 : jobs;
}

/** Other processes that play and judge what is large, where code of the package is to be played: a user's has players. */
async function sharesFor(
  { source, wall }: Target,
  plans: readonly Plan[],
  request: RunRequest & { jobs: number },
  env: NodeJS.ProcessEnv,
  print: (text: string) => void,
): Promise<Shares | undefined> {
  const count = Math.min(request.jobs, worthOf(plans, request, WORTH.asked));
  const { mode, repeat, stuckAfterMs } = request;
  const here = source !== undefined || wall || mode === 'live' || repeat !== undefined || stuckAfterMs === undefined;
  if (here || count === 1) return undefined;
  const { cwd, config, names, target, tasks, task, fault, tag, seed, seeds, replies } = request;
  const start = { cwd, config, names, target, tasks, task, fault, tag, seed, seeds, replies, bodies: request.bodies };
  return (await import('./share/process.ts')).openShares(start, env, count, print);
}

/** Runs the drills once, with all reports. */
async function runOnce(open: Opened, gate: RunGate | undefined, again: () => Promise<Players>): Promise<number> {
  const { request, names, plans, clock } = open;
  const { cwd, signal, stderr } = request;
  const { shard, mine } = await shareOf(plans, request);
  const log = logFor(request.stdout, request);
  const also = request.reporter ?? [];
  const { reporters } = await open.catalogueFor([...also, log.terminal.reporter, log.appended?.reporter]);
  const started_at = isoTime(clock.epochMs);
  const folder =
    request.files === false
      ? createNoFolder()
      : createRunFolder(resolve(cwd, request.out), runId(started_at, names), cwd);
  const about = {
    ...aboutRun(started_at, open),
    ...(shard && { shard: { ...shard, drills: plans.map(({ drill }) => drill.drill) } }),
  };
  const report = await runPlans({
    ...jobOf(open),
    plans: mine,
    also,
    folder,
    ...log,
    ...(await watched(request, { plans: mine, clock }, log, reporters)),
    about,
    onDrill(drill) {
      gate?.see(drill);
      request.onDrill?.(drill);
    },
  });
  request.onEnd?.(report, folder.path);
  const stop = stopOf(signal);
  const kept = (what: string) => (request.files === false ? '' : `; ${what} is in ${folder.name}`);
  if (stop !== undefined) stderr.write(open.redaction.text(`${sayStop(stop)}${kept('what there is')}\n`));
  else if (signal.aborted) stderr.write(`interrupted${kept('the trace so far')}\n`);
  else if (
    request.checkDeterminism &&
    !(await sameTwice(mine, await again(), join(folder.path, 'trace.jsonl'), request))
  )
    return EXIT.inconclusive;
  if (shard !== undefined && mine.length === 0) {
    stderr.write(`none of ${plans.length} drills falls to shard ${shard.index}/${shard.count}\n`);
    return EXIT.passed;
  }
  return exitCode({ ...report, verdict: gate?.verdictOf(report) ?? report.verdict }, request);
}

/** What the user is told of a stop, in one line. */
function sayStop({ by, status }: Stop): string {
  const again = by.kind === 'lever' ? '; `drill lever disengage` lets runs start again' : '';
  return `${status}: ${by.kind === 'lever' ? '' : `${by.name}: `}${by.reason}${again}`;
}

/** The plans that fall to this one of several machines, if there are several. */
async function shareOf(
  plans: Plan[],
  { shard: asked, seed, env = {} }: Pick<RunRequest, 'shard' | 'seed' | 'env'>,
): Promise<{ shard?: Shard; mine: Plan[] }> {
  if (asked === undefined) return { mine: plans };
  const { isIn, readShard } = await import('./judge/shard.ts');
  const shard = readShard(asked, env);
  return { shard, mine: plans.filter(({ drill }) => isIn(shard, drill.drill, seed)) };
}

/** Reporters that write a file of their own. */
async function expectReporters(names: readonly string[], catalogueFor: Opened['catalogueFor']): Promise<void> {
  const writing = ({ reporters }: Catalogue) =>
    reporters.filter(({ file }) => file !== undefined).map(({ name }) => name);
  const asked = writing(await catalogueFor(names));
  const unknown = names.find((name) => !asked.includes(name));
  if (unknown === undefined) return;
  throw new DrillError({
    message: `there is no reporter "${unknown}" that writes a file`,
    place: { file: '--reporter' },
    fix: suggest(unknown, [...new Set([...asked, ...writing(await wholeCatalogue())])], 'reporters'),
  });
}

/** What a target says of itself. Throws a DrillError; code of the user's own is evaluated in a process of its own. */
export async function describeTarget(
  name: string,
  { cwd, stderr }: Pick<RunRequest, 'cwd' | 'stderr'>,
  config: Config | undefined,
  from: Catalogue,
): Promise<{ kind: string; declares: ResolvedDeclaration; roles: Roles }> {
  const target = await openTarget(name, cwd, config, from);
  const { secrets, redaction } = secretsFor(config, target);
  const { saidOf } = await import('./player/apart.ts');
  // A client that finds no key throws where it is made, as in a run without dummies.
  const keys = new MockKeys(from.protocols);
  keys.set(DEFAULT_ROLES, config?.roles ?? {});
  try {
    const said = await saidOf(target, secrets, (line) => stderr.write(`${redaction.text(line)}\n`));
    return { kind: target.kind, ...settleTarget(target, said, config, from) };
  } finally {
    keys.restore();
  }
}

/** What may not be shown or recorded, as it crosses to another process and as it is used here. */
function secretsFor(
  config: Config | undefined,
  target: Target,
  more: readonly string[] = [],
): { secrets: Start['secrets']; redaction: Redaction } {
  const secrets = {
    literals: secretsOf(process.env, [...(target.secrets ?? []), ...more]),
    patterns: config?.redact ?? [],
  };
  return {
    secrets,
    redaction: createRedaction({ literals: secrets.literals, finders: secrets.patterns.map(finderOf) }),
  };
}

/** Players in processes of their own for a target whose code is the user's. */
async function playersFor(
  { stuckAfterMs, seed, ...request }: RunRequest,
  { name, about, source }: Target,
  secrets: Start['secrets'],
  print: (text: string) => void,
  plugins: readonly string[],
  collectEvery?: number,
): Promise<PlayersApart | undefined> {
  if (stuckAfterMs === undefined || source === undefined) return undefined;
  const { playersApart } = await import('./player/apart.ts');
  const line = (text: string) => print(`${text}\n`);
  // What is run only to be compared tells nobody what was said.
  const bodies = collectEvery === undefined && bodiesOf(request) !== undefined;
  return playersApart({ name, about, source }, { seed, secrets, stuckAfterMs, collectEvery, bodies, plugins }, line);
}

const nameOf = (file = '') => basename(file, extname(file));

async function sameTwice(
  plans: readonly Plan[],
  players: Players,
  trace: string,
  { stderr, signal }: RunRequest,
): Promise<boolean> {
  const { findDifference } = await import('./run/check-determinism.ts');
  const found = await findDifference(plans, trace, players, signal);
  if (found === undefined) {
    stderr.write('the second run, with garbage collections forced, gave the same bytes\n');
    return true;
  }
  stderr.write(`not deterministic: ${found.drill} differs first at line ${found.line} of trace.jsonl\n`);
  stderr.write(`  first:  ${found.first}\n  second: ${found.second}\n`);
  stderr.write(
    '  fix: let the target take time and chance from the globals or the habitat, not from a captured or native source,\n' +
      '       and do not ask tasks together that hash or read files: which of them is done first is real\n',
  );
  return false;
}
