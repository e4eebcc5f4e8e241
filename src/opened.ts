import { createHash } from 'node:crypto';
import type { Catalogue } from './config/catalogue-type.ts';
import { gitHead, packageVersion } from './config/project.ts';
import type { Clock } from './core/clock.ts';
import type { ResolvedDeclaration } from './core/declaration.ts';
import type { Output, Target } from './core/plugin.ts';
import { PRICE_DATE } from './core/prices.ts';
import type { JudgedDrill, RunReport } from './core/report.ts';
import type { Screen } from './core/screen.ts';
import type { Demands } from './exit-code.ts';
import { reproduceLine, type Wanted } from './plans.ts';
import type { Redaction } from './redaction/redact.ts';
import type { Plan, Players, RunApart } from './run/plan.ts';
import type { SeedResult, Seeds } from './seeds.ts';
import type { Halt } from './stopping/halt.ts';

/** What a user asks of `drill run`. */
export interface RunRequest extends Wanted, Demands {
  /** Drills that did not pass in the newest run come first. */
  lastFailed?: boolean | undefined;
  /** Stop after the first drill that failed. */
  bail: boolean;
  /** Run everything twice and tell the first line that differs. */
  checkDeterminism: boolean;
  /** False: `bodies.jsonl` is not written. */
  bodies?: boolean;
  /** How many drills or seeds run at once; the bytes do not depend on it. Without it, as many as have enough to do. */
  jobs?: number | undefined;
  /** Names of optional reporters: their files are written as well. */
  reporter?: string[];
  /** The folder that the run's folder is made in. */
  out: string;
  /** False: nothing is written to the disk. */
  files?: boolean;
  /** Keep what providers reply as recordings of the project; `yes` keeps them without asking. */
  record?: boolean | undefined;
  yes?: boolean | undefined;
  /** Asks whoever sits there; absent where nobody does. */
  confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** Print the run as one document instead of the summary. */
  json: boolean;
  /** What shows a run while it goes on: a screen, or a line as a phase ends; without it, nothing does. */
  ui?: 'ink' | 'plain' | undefined;
  /** Where standard output is a terminal. */
  screen?: Screen | undefined;
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
  /** Gets every drill that was judged. */
  onDrill?(drill: JudgedDrill): void;
  /** Gets what all of them came to, and where its files are: nowhere where there are none. */
  onEnd?(run: Omit<RunReport, 'drills'>, folder: string): void;
  /** Only what a live run would call, and at most cost; nothing is called. */
  plan?: boolean;
  /** Run the drills with each of these seeds, and tell only what each came to. */
  seeds?: Seeds | undefined;
  /** Run the drills so many times, and tell how often each passed. */
  repeat?: number | undefined;
  /** Goes on from here in the place of a run: in a process that takes a share of one. */
  share?(open: Opened, runSeed: (seed: number) => Promise<SeedResult>): Promise<number>;
  /** The share of them in which a drill has to pass. */
  passRate?: number | undefined;
  /** `2/3`, or `auto`: only the drills that fall to this one of several machines. */
  shard?: string | undefined;
}

/** This process and others play and judge what a run consists of, each of them one thing at a time. */
export interface Shares {
  drill: RunApart;
  /** So many drills or seeds are to be asked of them at once, that each has the next at hand. */
  ahead: number;
  seed(seed: number, signal: AbortSignal, here: (seed: number) => Promise<SeedResult>): Promise<SeedResult>;
  /** Resolves when all of them have ended. */
  end(): Promise<void>;
}

/** A run that is about to begin. */
export interface Opened {
  request: RunRequest & { target: string; jobs: number };
  target: Target;
  players: Players;
  /** The processes among which the run is shared, this one first. */
  shares?: Shares | undefined;
  redaction: Redaction;
  clock: Clock;
  names: readonly string[];
  declares: ResolvedDeclaration;
  plans: Plan[];
  halt: Halt;
  /** What there is, with the reporters of these names and those of the project's plugins. */
  catalogueFor(reporters: readonly (string | undefined)[]): Promise<Catalogue>;
}

const MORE_SAID = 'bodies.jsonl holds the first 20 MB of what was said\n';

/** Whether what is said is kept, and how that not all of it is gets told. */
export const bodiesOf = ({
  bodies,
  seeds,
  stderr,
}: Pick<RunRequest, 'bodies' | 'seeds' | 'stderr'>): { full(): void } | undefined =>
  bodies === false || seeds !== undefined ? undefined : { full: () => stderr.write(MORE_SAID) };

/** What every run of these drills has in common, whatever its seed. */
export function jobOf({ request, target, players, shares, redaction, clock, declares, halt }: Opened) {
  const { seed, jobs, bail, signal } = request;
  return {
    ...{
      players,
      apart: shares?.drill,
      seed,
      jobs: shares?.ahead ?? jobs,
      bail,
      signal,
      bodies: bodiesOf(request),
      watch: halt.watch(target.wall === true),
    },
    target: { name: target.name, kind: target.kind, declares: asDeclared(declares) },
    time: target.wall === true ? ('wall' as const) : ('virtual' as const),
    mode: request.mode ?? ('mock' as const),
    reproduce: reproduceLine(request, request.names, redaction),
    epochMs: clock.epochMs,
    elapsedMs: () => clock.now(),
  };
}

export const aboutRun = (started_at: string, { request, plans }: Opened) => ({
  started_at,
  versions: { drill: packageVersion(), node: process.versions.node, prices: PRICE_DATE },
  git: gitHead(request.cwd),
  definition_hash: hashOf(plans),
});

/** What the target promises, without what was taken for granted of it. */
const asDeclared = ({ order_assumed, ...declares }: ResolvedDeclaration) => declares;

export function runId(startedIso: string, names: readonly string[]): string {
  const what = names.length === 1 ? (names[0] ?? '').replace(/[^\w-]+/g, '-') : 'all';
  return `${startedIso.slice(0, 19).replaceAll(':', '-')}-${what}`;
}

/** What was defined, plan by plan: a thousand of them are no single text. */
function hashOf(plans: readonly Plan[]): string {
  const hash = createHash('sha256');
  for (const { definition, workflow } of plans) hash.update(JSON.stringify([definition, workflow]));
  return hash.digest('hex').slice(0, 16);
}
