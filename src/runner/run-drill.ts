import { DEFAULT_COOLDOWN_MS } from '../core/declaration.ts';
import type { Phase } from '../core/drill.ts';
import { DrillError, EXIT } from '../core/errors.ts';
import type { GoldenTask } from '../core/golden-task.ts';
import type { Target } from '../core/plugin.ts';
import type { DrillReport } from '../core/report.ts';
import type { ArmedFault } from '../core/stand.ts';
import { BASELINE, type FaultAt, type TraceEvent } from '../core/trace.ts';
import { type Crash, DeadlockError, giveUp, LivelockError, onCrash } from '../world/index.ts';
import { ask } from './ask.ts';
import { missed, whyMissed } from './fault-tally.ts';
import { inWorld, type WorldContext } from './in-world.ts';
import { createDrillJudge, type DrillJudge } from './judge-drill.ts';
import { judgePlanOf, type Plan, type RunContext } from './plan.ts';
import { rearmed, settled } from './settle-chain.ts';
import { IN_NO_TASK } from './trouble.ts';

/** So many calls of one task to one role: what asks that often will ask for ever. */
const MOST_ATTEMPTS = 1000;

/** Runs one drill: the tasks without faults on a fresh target, then the phases on another, judged from their events. */
export async function runDrill(plan: Plan, context: RunContext): Promise<DrillReport> {
  const judge = createDrillJudge(judgePlanOf(plan));
  const sink = (event: TraceEvent) => {
    if (event.kind === 'call' && event.attempt === MOST_ATTEMPTS) giveUp(`${event.attempt} calls to ${event.role}`);
    context.sink(event);
    judge.see(event);
  };
  const asked = tasksAsked(plan);
  await inGuardedWorld(plan, 'baseline', { ...context, sink }, async (world) => {
    begin(world, BASELINE, []);
    for (const [i, task] of asked.entries()) await ask(world, i + 1, task);
    end(world, []);
  });
  const ready = inOrder(plan, judge.chain());
  await inGuardedWorld(ready, 'drill', { ...context, sink }, (world) => runPhases(ready, world, judge, asked.length));
  return judge.report();
}

/** The plan with its faults on the roles that the baseline showed to be first, second and so on. */
function inOrder(plan: Plan, chain: string[]): Plan {
  return { ...settled(plan, chain), faults: rearmed(plan.faults, plan, chain) };
}

/** A world whose target can neither end our process nor make a bug of ours out of its own. */
const inGuardedWorld: typeof inWorld = async (plan, name, context, body) => {
  try {
    await inWorld({ ...plan, target: startable(plan.target) }, name, context, async (world) => {
      const forget = onCrash((crash) => takeLost(world, crash));
      try {
        await body(world);
      } finally {
        forget();
      }
    });
  } catch (error) {
    if (!(error instanceof DeadlockError || error instanceof LivelockError)) throw error;
    throw notStarted(plan.target, `it is stuck (${error.message})`);
  }
};

/** What died after its ask was over, or in nobody's name, is no ask's finding; but nothing can vouch for the run any more. */
function takeLost({ clock, recorder }: WorldContext, { clock: where, error, what }: Crash): boolean {
  if (where !== undefined && where !== clock) return false;
  // An ask's signal is aborted at its end: what that makes reject is our doing.
  const ours = error instanceof Error && error.name === 'AbortError';
  if (!ours) recorder.emit({ kind: 'real-io', what: what + IN_NO_TASK, by: 'unknown', fatal: true });
  return true;
}

/** The target, with whatever goes wrong while it starts told as its own. */
function startable(target: Target): Target {
  return {
    ...target,
    async start(habitat) {
      let died: string | undefined;
      const forget = onCrash((crash) => {
        if (crash.clock !== habitat.clock) return false;
        died ??= crash.what;
        return true;
      });
      try {
        const started = await target.start(habitat);
        if (died === undefined) return started;
        throw notStarted(target, died);
      } catch (error) {
        if (error instanceof DrillError && died === undefined) throw error;
        throw notStarted(target, died ?? (error instanceof Error ? error.message : String(error)));
      } finally {
        forget();
      }
    },
  };
}

function notStarted({ name }: Target, why: string): DrillError {
  return new DrillError(
    'target-not-started',
    {
      message: `the target did not start, or did not end: ${why}`,
      place: { file: name },
      fix: 'Mend what runs outside of its tasks: the body of its module, what its `start` gives, its `close`.',
    },
    EXIT.inconclusive,
  );
}

/** The golden tasks that some phase asks. */
function tasksAsked(plan: Plan): GoldenTask[] {
  const asked = new Set(plan.drill.phases.flatMap((phase) => tasksOf(plan, phase)));
  return plan.tasks.filter((task) => asked.has(task));
}

async function runPhases(plan: Plan, world: WorldContext, judge: DrillJudge, numbered: number): Promise<void> {
  let number = numbered;
  for (const [i, phase] of plan.drill.phases.entries()) {
    const armed = plan.faults[i] ?? [];
    await world.clock.sleep(quietMs(plan, phase));
    begin(world, phase.name, armed);
    const began = world.clock.now();
    const asks = tasksOf(plan, phase).map((task) => ({ task, n: ++number }));
    await arrive(world, phase, asks);
    await world.clock.sleep(Math.max(0, (phase.for_ms ?? 0) - (world.clock.now() - began)));
    end(world, armed);
    for (const { ask: n, task, verdict, score } of judge.justJudged()) {
      world.recorder.emit({ kind: 'verdict', ask: n, task, verdict, score });
    }
  }
  for (const miss of missed(judge.faults())) {
    world.recorder.emit({ kind: 'trigger-missed', fault: miss.fault, role: miss.role, why: whyMissed(miss) });
  }
}

/** A breaker that opened late in the phase before has its whole cooldown, too. */
const quietMs = ({ declares }: Plan, { after_ms }: Phase): number =>
  after_ms === 'cooldown' ? Math.ceil((declares.cooldown_ms ?? DEFAULT_COOLDOWN_MS) * COOLED) : after_ms;
const COOLED = 1.1;

/** The golden tasks a phase asks, in name order, cycling; those of a noisy tenant come several times. */
function tasksOf({ tasks }: Plan, { tasks: count, times, only }: Phase): GoldenTask[] {
  const chosen = tasks.filter((task) => only?.includes(task.name) !== false);
  if (chosen.length === 0) return [];
  const round = chosen.flatMap((task) => Array<GoldenTask>(times[task.tenant] ?? 1).fill(task));
  return Array.from({ length: count }, (_, k) => round[k % round.length]).filter((task) => task !== undefined);
}

function begin(world: WorldContext, phase: string, armed: readonly ArmedFault[]): void {
  world.recorder.enter(phase);
  world.stand.begin(armed);
  world.recorder.emit({ kind: 'phase', state: 'began', faults: armed.map(faultAt) });
}

function end(world: WorldContext, armed: readonly ArmedFault[]): void {
  world.recorder.emit({ kind: 'phase', state: 'ended', faults: armed.map(faultAt) });
}

const faultAt = ({ fault, role, effect }: ArmedFault): FaultAt => ({ fault, role, effect });

/** Lets the asks of a phase arrive as its load says; resolves when each has an outcome. */
async function arrive(world: WorldContext, { load }: Phase, asks: { task: GoldenTask; n: number }[]): Promise<void> {
  if ('arrive' in load && load.arrive === 'in_turn') {
    for (const { task, n } of asks) await ask(world, n, task);
    return;
  }
  const gap = 'every_ms' in load ? load.every_ms : 0;
  await Promise.all(
    asks.map(async ({ task, n }, i) => {
      if (gap > 0) await world.clock.sleep(i * gap);
      await ask(world, n, task);
    }),
  );
}
