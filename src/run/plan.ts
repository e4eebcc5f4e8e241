import type { BodyLine } from '../core/bodies.ts';
import type { Cassette } from '../core/cassette.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { GoldenTask, Script } from '../core/golden-task.ts';
import type { ToolSchema } from '../core/model-call.ts';
import { once } from '../core/once.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Habitat } from '../core/plugin.ts';
import type { Random } from '../core/random.ts';
import type { JudgedDrill } from '../core/report.ts';
import type { Placement, Sockets } from '../core/sockets.ts';
import type { ArmedFault, Recording, Stand } from '../core/stand.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { JudgePlan } from '../judge/plan.ts';
import type { Sequence } from '../recording/recorder.ts';
import type { Redaction } from '../redaction/redact.ts';
import type { WallWorld } from '../world/index.ts';

/**
 * What is judged, now or later: a live run and a stored one see the same texts, with nothing secret in them. The line
 * that reproduces the run is as whoever made the plan wrote it.
 */
export const judgePlanOf = once(({ redaction, checks, effects, needs, reproduce, ...plan }: Plan): JudgePlan => {
  const { drill, definition, source, workflow, declares, roles, shipped, wall, unscripted, lacking, recordings } = plan;
  const seen = redaction.value({ drill, definition, source, workflow, declares, roles, lacking, recordings });
  const kind = { ...(wall && { wall }), ...(unscripted && { unscripted }) };
  return { ...seen, shipped, ...kind, reproduce, checks, effects, ...(needs && { needs }) };
});

/** All that playing a drill needs: nothing depends on a file or a name any more. */
export interface PlayPlan
  extends Pick<JudgePlan, 'drill' | 'workflow' | 'declares' | 'roles' | 'shipped' | 'unscripted'> {
  /** The golden tasks to run, in name order. */
  tasks: GoldenTask[];
  /** Where the target finds each role, with a dummy key. */
  addresses: Habitat['roles'];
  /** Armed faults per phase, in the drill's order. */
  faults: ArmedFault[][];
  /** What replies in place of the scripts. */
  cassettes?: readonly Cassette[] | undefined;
  /** What may not be recorded. */
  redaction: Redaction;
  /** Opens the provider stand of one world. */
  openStand(world: {
    clock: Clock;
    random: Random;
    recording: Recording;
    schemaFields: readonly string[];
    contract: Contract | undefined;
    tools: readonly ToolSchema[];
  }): Stand;
  /** The same stand on sockets, for a target in wall time. */
  openSockets(
    world: Pick<WallWorld, 'clock' | 'asks'> & {
      stand: Stand;
      recording: Recording;
      print(text: string): void;
      at?: Placement | undefined;
    },
  ): Promise<Sockets & { close(): Promise<void> }>;
  scriptFor(task: GoldenTask): Script;
  /** An outcome, or what is wrong with what a target gave back, in sentences for whoever wrote it. */
  readOutcome(given: unknown): { outcome: Outcome } | { problems: string[] };
}

/** A drill that is played and judged. */
export interface Plan extends JudgePlan, PlayPlan {}

/** What of a world is known before the target's code is evaluated. */
export interface WorldFacts {
  drill: string;
  world: 'baseline' | 'drill';
  seed: number;
}

/** Where a world's events go. */
export interface PlayContext {
  sequence: Sequence;
  /** Gets every event as it happens. */
  sink(event: TraceEvent): void;
  /** Gets what was said beside them, where it is kept. */
  keep?: ((line: BodyLine) => void) | undefined;
  /** Gets what the target prints. */
  print(text: string): void;
  signal: AbortSignal;
}

/** Plays one world of a drill, once. */
export interface Player {
  /** Resolves to false where the player was lost before the world's end; its events say why. */
  play(plan: Plan, chain: string[] | undefined, context: Omit<PlayContext, 'print'>): Promise<boolean>;
  /** Ends it, wherever it is. */
  end(): void;
}

/** Gives each world a player of its own; it may get ready before it is asked to play. */
export interface Players {
  open(plan: Pick<Plan, 'drill'>, world: WorldFacts['world']): Player;
  /** Ends those that were got ready and never played. */
  end?(): void;
  /** This drill comes next: its players may get ready. */
  prepare?(plan: Pick<Plan, 'drill'>): void;
}

/** What lasts for the whole run. */
export interface RunContext extends Omit<PlayContext, 'print'> {
  players: Players;
  /** The drill that will be run when one of those under way has ended. */
  next(): Plan | undefined;
  /** Sees every event as soon as it was written and judged; it may stop the run, by the signal. */
  watch?: RunWatch | undefined;
}

/** Plays and judges a drill. Nothing of it is handed on before its turn, which gives the number of its first event. */
export type RunBlock = (
  plan: Plan,
  context: Pick<RunContext, 'sink' | 'keep' | 'signal'> & {
    turn: Promise<number>;
    /** What plays it goes in here: it may be kept from beginning. */
    begin<T>(go: () => Promise<T>): Promise<T>;
  },
) => Promise<JudgedDrill>;

/** The same in another process, or with `here` in this one. */
export type RunApart = (...block: [...Parameters<RunBlock>, here: RunBlock]) => Promise<JudgedDrill>;

/** What may stop a run, beside whoever interrupts it. */
export interface RunWatch {
  /** Before a drill; what it gives is called after it. Where the signal has aborted by then, the drill does not begin. */
  begin(plan: { drill: Plan['drill']; tasks: Plan['tasks'] }): Promise<() => Promise<void>>;
  see(event: TraceEvent): void;
}

/** Past the deadline by this much an ask is given up and its outcome is `hung`: time that is real is not spent on waiting. */
export const HORIZON_MS: Readonly<Record<Clock['kind'], number>> = { virtual: 3_600_000, wall: 10_000 };

export function schemaFieldsOf(plan: Pick<JudgePlan, 'workflow'>): string[] {
  const properties = plan.workflow.contract?.output?.schema['properties'];
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}
