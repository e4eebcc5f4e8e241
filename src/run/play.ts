import { setMaxListeners } from 'node:events';
import { DEFAULT_COOLDOWN_MS } from '../core/declaration.ts';
import type { Phase } from '../core/drill.ts';
import type { GoldenTask } from '../core/golden-task.ts';
import type { LoadedTarget, Target } from '../core/plugin.ts';
import type { ArmedFault } from '../core/stand.ts';
import { Stop } from '../core/stop.ts';
import { BASELINE, type FaultAt, type TraceEvent } from '../core/trace.ts';
import { IN_NO_TASK } from '../judge/reasons.ts';
import { rearmed, settled } from '../judge/settle-chain.ts';
import { whenAborted } from '../world/abort.ts';
import { type Crash, DeadlockError, giveUp, LivelockError, onCrash } from '../world/index.ts';
import { ask } from './ask.ts';
import { inWorld, notStarted, type WorldContext } from './in-world.ts';
import type { PlayContext, PlayPlan, WorldFacts } from './plan.ts';

/** What a world is played by: a plan, and the order of the roles where the baseline has shown it. */
export interface Piece {
  plan: PlayPlan;
  chain: string[] | undefined;
}

/**
 * Plays one world: the tasks without faults, or the phases. What the target does can neither end our process nor look like
 * a bug of ours.
 */
export async function playWorld(
  facts: WorldFacts,
  target: Target,
  pieceFor: (loaded: LoadedTarget) => Piece,
  context: PlayContext,
): Promise<void> {
  // Every ask that is under way listens on it.
  setMaxListeners(0, context.signal);
  const sink = (event: TraceEvent) => {
    if (event.kind === 'call' && event.attempt === MOST_ATTEMPTS) giveUp(`${event.attempt} calls to ${event.role}`);
    context.sink(event);
  };
  try {
    const planned = (loaded: LoadedTarget) => inOrder(pieceFor(loaded));
    await inWorld(facts, target, planned, { ...context, sink }, async (world) => {
      const forget = onCrash((crash) => takeLost(world, crash));
      const heedNoStop = whenAborted(context.signal, (reason) => reason instanceof Stop && revert(world, reason));
      try {
        await (facts.world === 'baseline' ? playBaseline(world.plan, world) : playPhases(world.plan, world));
        // What a listener of its signal threw, at the end of the last ask, shows a turn later.
        await world.clock.sleep(0);
      } finally {
        heedNoStop();
        forget();
      }
    });
  } catch (error) {
    if (!(error instanceof DeadlockError || error instanceof LivelockError)) throw error;
    throw notStarted(target)(`it is stuck (${error.message})`);
  }
}

/** So many calls of one task to one role: what asks that often will ask for ever. */
const MOST_ATTEMPTS = 1000;

/** The plan with its faults on the roles that the baseline showed to be first, second and so on. */
function inOrder({ plan, chain }: Piece): PlayPlan {
  return chain === undefined ? plan : { ...settled(plan, chain), faults: rearmed(plan.faults, plan, chain) };
}

/** What died after its ask was over, or in nobody's name, is no ask's finding; but nothing can vouch for the run any more. */
function takeLost({ clock, recorder }: WorldContext, { clock: where, error, what }: Crash): boolean {
  // Of a target in a process of its own nothing dies in this one.
  if (clock.kind === 'wall' || (where !== undefined && where !== clock)) return false;
  // An ask's signal is aborted at its end: what that makes reject is our doing.
  const ours = error instanceof Error && error.name === 'AbortError';
  if (!ours) recorder.emit({ kind: 'real-io', what: what + IN_NO_TASK, by: 'unknown', fatal: true });
  return true;
}

async function playBaseline(plan: PlayPlan, world: WorldContext): Promise<void> {
  begin(world, BASELINE, []);
  for (const [i, task] of tasksAsked(plan).entries()) {
    // As the first phase that asks it will: what they come to is compared.
    const phase = plan.drill.phases.find((one) => tasksOf(plan, one).includes(task));
    await ask(world, i + 1, task, hintOf(phase));
  }
  end(world, [], plan.faults[0] ?? []);
}

/** The golden tasks that some phase asks. */
function tasksAsked(plan: PlayPlan): GoldenTask[] {
  const asked = new Set(plan.drill.phases.flatMap((phase) => tasksOf(plan, phase)));
  return plan.tasks.filter((task) => asked.has(task));
}

/** How many tasks a drill asks, those without faults among them. */
export const asksOf = (plan: PlayPlan): number =>
  plan.drill.phases.reduce((sum, phase) => sum + tasksOf(plan, phase).length, tasksAsked(plan).length);

async function playPhases(plan: PlayPlan, world: WorldContext): Promise<void> {
  // The baseline's asks come first.
  let number = tasksAsked(plan).length;
  for (const [i, phase] of plan.drill.phases.entries()) {
    const armed = plan.faults[i] ?? [];
    await world.clock.sleep(quietMs(plan, phase), world.signal);
    begin(world, phase.name, armed);
    const began = world.clock.now();
    const asks = tasksOf(plan, phase).map((task) => ({ task, n: ++number }));
    await arrive(world, phase, asks);
    world.signal.throwIfAborted();
    await world.clock.sleep(Math.max(0, (phase.for_ms ?? 0) - (world.clock.now() - began)), world.signal);
    end(world, armed, plan.faults[i + 1] ?? []);
  }
}

/** A breaker that opened late in the phase before has its whole cooldown, too. */
const quietMs = ({ declares }: PlayPlan, { after_ms }: Phase): number =>
  after_ms === 'cooldown' ? Math.ceil((declares.cooldown_ms ?? DEFAULT_COOLDOWN_MS) * COOLED) : after_ms;
const COOLED = 1.1;

/** The golden tasks a phase asks, in name order, cycling; those of a noisy tenant come several times. */
function tasksOf({ tasks }: PlayPlan, { tasks: count, times, only }: Phase): GoldenTask[] {
  const chosen = tasks.filter((task) => only?.includes(task.name) !== false);
  if (chosen.length === 0) return [];
  const round = chosen.flatMap((task) => Array<GoldenTask>(times[task.tenant] ?? 1).fill(task));
  return Array.from({ length: count }, (_, k) => round[k % round.length]).filter((task) => task !== undefined);
}

/** Before anything else is done about a stop, nothing is broken any more. */
function revert({ recorder, stand }: WorldContext, { by }: Stop): void {
  recorder.emit({ kind: 'stop', by });
  recorder.emit({ kind: 'reverted', faults: stand.revert().map(faultAt) });
}

function begin(world: WorldContext, phase: string, armed: readonly ArmedFault[]): void {
  world.recorder.enter(phase);
  world.stand.begin(armed);
  const { kind, epochMs: epoch_ms } = world.clock;
  world.recorder.emit({
    ...{ kind: 'phase', state: 'began', faults: armed.map(faultAt) },
    ...(kind === 'wall' && { epoch_ms }),
  });
}

function end(world: WorldContext, armed: readonly ArmedFault[], next: readonly ArmedFault[]): void {
  world.stand.end(next);
  world.recorder.emit({ kind: 'phase', state: 'ended', faults: armed.map(faultAt) });
}

const faultAt = ({ fault, role, effect }: ArmedFault): FaultAt => ({ fault, role, effect });

const hintOf = (phase: Phase | undefined) => (phase?.stream === undefined ? {} : { stream: phase.stream });

/** Lets the asks of a phase arrive as its load says; resolves when each has an outcome. */
async function arrive(world: WorldContext, phase: Phase, asks: { task: GoldenTask; n: number }[]): Promise<void> {
  const { load } = phase;
  const askOf = ({ task, n }: (typeof asks)[number]) =>
    ask(world, n, task, { ...hintOf(phase), leaves_after_ms: phase.leaves_after_ms ?? task.leaves_after_ms });
  if ('arrive' in load && load.arrive === 'in_turn') {
    for (const one of asks) await askOf(one);
    return;
  }
  // In a run that stops those that were asked still have their time: one that was not asked ends nothing.
  const askUnlessStopped = async (one: (typeof asks)[number]) => {
    if (!world.signal.aborted) await askOf(one);
  };
  if ('arrive' in load) {
    await Promise.all(asks.map(askUnlessStopped));
    return;
  }
  const began = world.clock.now();
  const arriveFrom = async (first: number): Promise<void> => {
    const arriving = asks.slice(first, first + AHEAD).map(async (one, i) => {
      const at = began + (first + i) * load.every_ms;
      await world.clock.sleep(at - world.clock.now(), world.signal).catch(() => {});
      const asked = askUnlessStopped(one);
      await (i === AHEAD - 1 ? Promise.all([asked, arriveFrom(first + AHEAD)]) : asked);
    });
    await Promise.all(arriving);
  };
  await arriveFrom(0);
}

/** So many asks wait for their time at once: a long phase needs no more memory than a short one. */
const AHEAD = 1024;
