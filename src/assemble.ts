import { createHash } from 'node:crypto';
import { basename, extname, join, resolve } from 'node:path';
import { catalogue, catalogueFor, wholeCatalogue } from './catalogue.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { suggest } from './config/closest.ts';
import { type Config, loadConfig } from './config/config-file.ts';
import { findDrill, listDrills } from './config/find.ts';
import { gitHead, packageVersion } from './config/project.ts';
import { DEFAULT_ROLES, openTarget, settleTarget } from './config/target.ts';
import type { Clock } from './core/clock.ts';
import type { ResolvedDeclaration, Role, Roles } from './core/declaration.ts';
import { DrillError, EXIT } from './core/errors.ts';
import type { Output, Target } from './core/plugin.ts';
import { PRICE_DATE } from './core/prices.ts';
import { protocolOf } from './core/protocol.ts';
import { type Demands, exitCode, gateFor } from './exit-code.ts';
import type { Shard } from './judge/shard.ts';
import { plansFor, reproduceLine, type Wanted } from './plans.ts';
import type { PlayersApart } from './player/apart.ts';
import type { Start } from './player/messages.ts';
import { createRedaction, type Redaction, secretsOf } from './redaction/redact.ts';
import { EVENTS_PER_COLLECTION } from './run/collect.ts';
import type { Plan, Players } from './run/plan.ts';
import { playersInside } from './run/players.ts';
import { logFor } from './run/reports.ts';
import { runPlans } from './run/run.ts';
import { createNoFolder, createRunFolder } from './run/run-folder.ts';
import type { RunGate } from './run-gate.ts';
import type { Seeds } from './seeds.ts';
import { mockKey } from './stand/route.ts';
import { finderOf } from './text/patterns.ts';
import { createWallClock, isoTime, today } from './world/index.ts';

/** What a user asks of `drill run`. */
export interface RunRequest extends Wanted, Demands {
  /** Stop after the first drill that failed. */
  bail: boolean;
  /** Run everything twice and tell the first line that differs. */
  checkDeterminism: boolean;
  /** How many drills run at once; the bytes do not depend on it. */
  jobs: number;
  /** Names of optional reporters: their files are written as well. */
  reporter?: string[];
  /** The folder that the run's folder is made in; `reports` by default. */
  out?: string | undefined;
  /** Print the run as one document instead of the summary. */
  json: boolean;
  /** For the log of a CI server: plain, and in the words of the server where it has some. */
  ci?: boolean;
  /**
   * Real milliseconds for which a target of the user's own may block its event loop. Where it is given, such a target is
   * played in processes of its own, else in this one.
   */
  stuckAfterMs?: number;
  color: boolean;
  columns: number;
  env?: Record<string, string | undefined>;
  stdout: Output;
  stderr: Output;
  signal: AbortSignal;
  /** Run the drills with each of these seeds, and tell only what each came to. */
  seeds?: Seeds | undefined;
  /** Run the drills so many times, and tell how often each passed. */
  repeat?: number | undefined;
  /** The share of them in which a drill has to pass. */
  passRate?: number | undefined;
  /** `2/3`, or `auto`: only the drills that fall to this one of several machines. */
  shard?: string | undefined;
}

/** Runs drills and writes their reports. Returns the exit code; throws a DrillError before anything is written. */
export async function runDrills(asked: RunRequest): Promise<number> {
  const { cwd, signal } = asked;
  const config = loadConfig(cwd, catalogue);
  const name = asked.target ?? config?.default_target ?? 'reference';
  await expectReporters(asked.reporter ?? []);
  if (asked.passRate !== undefined && asked.repeat === undefined)
    throw new DrillError({
      message: 'there are no runs of which --pass-rate could be a share',
      place: { file: '--pass-rate' },
      fix: 'Say with --repeat how many runs there are.',
    });
  const target = await openTarget(name, cwd, config, catalogue);
  const request = { ...asked, target: name, seed: asked.seeds?.from ?? asked.seed, jobs: jobsFor(target, asked) };
  const { secrets, redaction } = secretsFor(config, target);
  const print = (text: string) => request.stderr.write(redaction.text(text));
  const clock = createWallClock();
  const gate = await gateFor(request, {
    cwd,
    stderr: request.stderr,
    known: config?.known_failures ?? [],
    today: today(),
  });
  const names = request.names.length > 0 ? request.names : listDrills(cwd).map((d) => d.name);
  const files = names.map((n) => findDrill(n, cwd));
  const keys = new MockKeys();
  keys.set(DEFAULT_ROLES, config?.roles ?? {});
  const apart = await playersFor(request, target, secrets, print);
  const giveUp = () => apart?.end();
  signal.addEventListener('abort', giveUp);
  const players = apart ?? playersInside(target, request.seed, print);
  const again = async (seed: number, collectEvery?: number) =>
    (await playersFor({ ...request, seed }, target, secrets, print, collectEvery)) ??
    playersInside(target, seed, print);
  try {
    const said = await (apart === undefined ? target.load() : apart.said(nameOf(files[0]?.path)));
    const settled = { redaction, wall: target.wall, ...settleTarget(target, said, config, catalogue) };
    // Whatever was started before knows the keys of roles that only the module names.
    if (keys.set(settled.roles)) apart?.end();
    const plans = plansFor(request, files, settled, config);
    const open = { ...{ request, target, players, redaction, clock, names, plans }, declares: settled.declares };
    if (request.seeds !== undefined) return await runSeeds(open, request.seeds, again);
    if (request.repeat !== undefined) return await runRepeatedly(open, request.repeat, () => again(request.seed));
    return await runOnce(open, gate, () => again(request.seed, EVENTS_PER_COLLECTION));
  } finally {
    signal.removeEventListener('abort', giveUp);
    apart?.end();
    keys.restore();
  }
}

function jobsFor({ alone }: Target, { jobs, stderr }: RunRequest): number {
  if (alone !== true || jobs === 1) return jobs;
  stderr.write('one drill at a time: two at once would be in each other’s way at this target\n');
  return 1;
}

/** A run that is about to begin. */
interface Opened {
  request: RunRequest & { target: string };
  target: Target;
  players: Players;
  redaction: Redaction;
  clock: Clock;
  names: readonly string[];
  declares: ResolvedDeclaration;
  plans: Plan[];
}

/** Runs the drills once, with all reports. */
async function runOnce(open: Opened, gate: RunGate | undefined, again: () => Promise<Players>): Promise<number> {
  const { request, names, plans, clock } = open;
  const { cwd, signal, stderr } = request;
  const { shard, mine } = await shareOf(plans, request);
  const log = logFor(request.stdout, request);
  const also = request.reporter ?? [];
  const { reporters } = await catalogueFor([...also, log.terminal.reporter, log.appended?.reporter]);
  const started_at = isoTime(clock.epochMs);
  const folder = createRunFolder(resolve(cwd, request.out ?? 'reports'), runId(started_at, names), cwd);
  const about = {
    ...aboutRun(started_at, open),
    ...(shard && { shard: { ...shard, drills: plans.map(({ drill }) => drill.drill) } }),
  };
  const report = await runPlans({
    ...jobOf(open),
    plans: mine,
    reporters,
    also,
    folder,
    ...log,
    about,
    onDrill: (drill) => gate?.see(drill),
  });
  if (signal.aborted) stderr.write(`interrupted; the trace so far is in ${folder.name}\n`);
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

/** What every run of these drills has in common, whatever its seed. */
function jobOf({ request, target, players, redaction, clock, declares }: Opened) {
  const { seed, jobs, bail, signal } = request;
  return {
    ...{ players, seed, jobs, bail, signal },
    target: { name: target.name, kind: target.kind, declares: asDeclared(declares) },
    time: target.wall === true ? ('wall' as const) : ('virtual' as const),
    reproduce: reproduceLine(request, request.names, redaction),
    epochMs: clock.epochMs,
    elapsedMs: () => clock.now(),
  };
}

/** Runs the drills with many seeds, and keeps nothing but what each came to. */
async function runSeeds(open: Opened, seeds: Seeds, again: (seed: number) => Promise<Players>): Promise<number> {
  expectAlone(open.request);
  const { searchSeeds } = await import('./seeds.ts');
  const { request, plans, redaction } = open;
  const { stdout, stderr, json, jobs, bail, signal } = request;
  const about = { started_at: '', versions: {}, git: null, definition_hash: '' };
  const verdict = await searchSeeds({
    ...{ seeds, jobs, bail, json, signal, stdout, stderr },
    lineOf: (seed) => reproduceLine({ ...request, seed }, request.names, redaction),
    async run(seed, onDrill) {
      const players = seed === request.seed ? open.players : await again(seed);
      try {
        const job = jobOf({ ...open, players, request: { ...request, seed, jobs: 1, bail: false } });
        const told = { reporters: [], also: [], terminal: SILENT, folder: createNoFolder(), about, onDrill };
        return (await runPlans({ ...job, ...told, plans })).verdict;
      } finally {
        players.end?.();
      }
    },
  });
  const status = signal.aborted ? 'cancelled' : 'completed';
  return exitCode({ status, verdict, score: null, unread: 0 }, { ...request, minScore: undefined });
}

/** Runs the drills several times, each time with its own folder. */
async function runRepeatedly(open: Opened, times: number, again: () => Promise<Players>): Promise<number> {
  expectAlone(open.request);
  const { repeatRuns } = await import('./repeat.ts');
  const { request, plans, names, clock, target } = open;
  if (target.wall !== true)
    request.stderr.write('in virtual time every run of a seed is the same: --seeds gives other ones\n');
  const { cwd, stdout, stderr, json, signal, passRate, reporter: also = [] } = request;
  const started_at = isoTime(clock.epochMs);
  const { reporters } = await catalogueFor(also);
  const verdict = await repeatRuns({
    ...{ times, passRate, json, signal, stdout, stderr },
    async run(time, onDrill) {
      const players = time === 1 ? open.players : await again();
      const folder = createRunFolder(
        resolve(cwd, request.out ?? 'reports'),
        `${runId(started_at, names)}-${time}`,
        cwd,
      );
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
  const status = signal.aborted ? 'cancelled' : 'completed';
  return exitCode({ status, verdict, score: null, unread: 0 }, { ...request, minScore: undefined });
}

const SILENT = { output: { write() {} }, reporter: 'none', look: { color: false, columns: 100 } };

const aboutRun = (started_at: string, { request, plans }: Opened) => ({
  started_at,
  versions: { drill: packageVersion(), node: process.versions.node, prices: PRICE_DATE },
  git: gitHead(request.cwd),
  definition_hash: hashOf(plans),
});

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

/** Reporters that write a file of their own. */
async function expectReporters(names: readonly string[]): Promise<void> {
  const writing = ({ reporters }: Catalogue) =>
    reporters.filter(({ file }) => file !== undefined).map(({ name }) => name);
  const asked = writing(await catalogueFor(names));
  const unknown = names.find((name) => !asked.includes(name));
  if (unknown === undefined) return;
  throw new DrillError({
    message: `there is no reporter "${unknown}" that writes a file`,
    place: { file: '--reporter' },
    fix: suggest(unknown, writing(await wholeCatalogue()), 'reporters'),
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
  const said = await saidOf(target, secrets, (line) => stderr.write(`${redaction.text(line)}\n`));
  return { kind: target.kind, ...settleTarget(target, said, config, from) };
}

/** What may not be shown or recorded, as it crosses to another process and as it is used here. */
function secretsFor(config: Config | undefined, target: Target): { secrets: Start['secrets']; redaction: Redaction } {
  const secrets = { literals: secretsOf(process.env, target.secrets), patterns: config?.redact ?? [] };
  return {
    secrets,
    redaction: createRedaction({ literals: secrets.literals, finders: secrets.patterns.map(finderOf) }),
  };
}

/** Players in processes of their own for a target whose code is the user's. */
async function playersFor(
  { stuckAfterMs, seed }: RunRequest,
  { name, about, source }: Target,
  secrets: Start['secrets'],
  print: (text: string) => void,
  collectEvery?: number,
): Promise<PlayersApart | undefined> {
  if (stuckAfterMs === undefined || source === undefined) return undefined;
  const { playersApart } = await import('./player/apart.ts');
  const line = (text: string) => print(`${text}\n`);
  return playersApart({ name, about, source }, { seed, secrets, stuckAfterMs, collectEvery }, line);
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

/** What the target promises, without what was taken for granted of it. */
const asDeclared = ({ order_assumed, ...declares }: ResolvedDeclaration) => declares;

/** In mocked mode no real key can leave: every key a client may look for is a dummy, until it is restored. */
class MockKeys {
  readonly #before = new Map<string, string | undefined>();

  /** Says whether there was another key in the place of one. */
  set(...all: Roles[]): boolean {
    const roles = all.flatMap((some) => Object.values(some));
    const others = [...dummiesFor(roles)].filter(([name, key]) => process.env[name] !== key);
    for (const [name, key] of others) {
      if (!this.#before.has(name)) this.#before.set(name, process.env[name]);
      process.env[name] = key;
    }
    return others.length > 0;
  }

  restore(): void {
    for (const [name, value] of this.#before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** What stands for a key in each variable in which a client of these roles may look for one. */
function dummiesFor(roles: readonly Role[]): Map<string, string> {
  const dummies = new Map(roles.flatMap((role) => (role.key_env === undefined ? [] : [[role.key_env, mockKey(role)]])));
  for (const role of roles)
    for (const [key, when] of Object.entries(protocolOf(catalogue.protocols, role)?.keyEnvs ?? {}))
      if (!dummies.has(key) && (when === 'always' || process.env[key] !== undefined)) dummies.set(key, mockKey(role));
  return dummies;
}

function runId(startedIso: string, names: readonly string[]): string {
  const what = names.length === 1 ? (names[0] ?? '').replace(/[^\w-]+/g, '-') : 'all';
  return `${startedIso.slice(0, 19).replaceAll(':', '-')}-${what}`;
}

/** What was defined, plan by plan: a thousand of them are no single text. */
function hashOf(plans: readonly Plan[]): string {
  const hash = createHash('sha256');
  for (const { definition, workflow } of plans) hash.update(JSON.stringify([definition, workflow]));
  return hash.digest('hex').slice(0, 16);
}
