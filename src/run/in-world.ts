import { ByAsk } from '../core/by-ask.ts';
import type { Clock } from '../core/clock.ts';
import { EPOCH_MS } from '../core/clock.ts';
import { DrillError, EXIT, messageOf, targetNotLoaded } from '../core/errors.ts';
import { sourcesFor } from '../core/golden-task.ts';
import type { Habitat, LoadedTarget, Target } from '../core/plugin.ts';
import { createRandom, type Random } from '../core/random.ts';
import { asMaterial, type TaskWords } from '../recording/given.ts';
import { createRecorder } from '../recording/recorder.ts';
import {
  createNodeFetch,
  createVirtualWorld,
  createWallWorld,
  currentScope,
  onCrash,
  type RealIo,
  type WallWorld,
  type World,
} from '../world/index.ts';
import type { AskContext } from './ask.ts';
import { approveAcross, copyOf, toolsAcross } from './boundary.ts';
import { type PlayContext, type PlayPlan, schemaFieldsOf, type WorldFacts } from './plan.ts';

export type WorldContext = AskContext;

/**
 * Opens a fresh world, evaluates the target's code in it and plays there what `planned` gives: a plan may rest on what
 * the target says of itself.
 */
export async function inWorld(
  facts: WorldFacts,
  target: Target,
  planned: (loaded: LoadedTarget) => PlayPlan,
  context: PlayContext,
  body: (world: WorldContext) => Promise<void>,
): Promise<void> {
  // The stream is named after the drill and the world, so that one world's draws never shift another's.
  const random = createRandom(facts.seed).fork(`${facts.drill}/${facts.world}`);
  let stage: Stage | undefined;
  const early: RealIo[] = [];
  const report = (io: RealIo) => {
    if (stage !== undefined) stage.report(io);
    // That its files are read while it is evaluated says nothing.
    else if (io.fatal) early.push(io);
  };
  const { seed } = random.fork('target');
  const wall = target.wall === true ? createWallWorld(seed) : undefined;
  const virtual = () =>
    createVirtualWorld({
      name: `drill ${facts.drill}${facts.world === 'baseline' ? ', without its faults' : ''}`,
      seed,
      epochMs: EPOCH_MS,
      fetch: (input, init) => {
        if (stage !== undefined) return stage.habitat.fetch(input, init);
        report({ what: 'fetch while its module was evaluated', by: target.about, fatal: true, scope: undefined });
        return Promise.reject(new TypeError('fetch failed'));
      },
      onOutput: context.print,
      onRealIo: report,
    });
  const world = wall ?? virtual();
  await world.run(async () => {
    const loaded = await unlessItDies(world.clock, () => loadedIn(world.clock, target), notLoaded(target));
    const plan = planned(loaded);
    stage = openStage(plan, facts, world, random, context);
    for (const io of early) stage.report(io);
    const { habitat, recorder, stand } = stage;
    const { clock, enter, waitedFor } = world;
    const sockets =
      wall &&
      (await plan.openSockets({
        ...{ clock, asks: wall.asks, stand, recording: recorder, print: context.print },
        at: target.at,
      }));
    try {
      const start = async () => loaded.start({ ...habitat, ...(sockets && { sockets }) }, context.signal);
      const running = await unlessItDies(clock, start, notStarted(target));
      try {
        const { signal } = context;
        const given = new ByAsk<string>();
        await body({ plan, running, clock, recorder, stand, signal, given, enter, waitedFor });
      } finally {
        await running.close();
      }
    } finally {
      await sockets?.close();
    }
  });
}

async function loadedIn(clock: Clock, target: Target): Promise<LoadedTarget> {
  const loaded = await target.load();
  // A rejection that its code left unhandled shows a turn later.
  await clock.sleep(0);
  return loaded;
}

type Stage = ReturnType<typeof openStage>;

/** The recorder and the providers of one world, and what the target finds there. */
function openStage(plan: PlayPlan, facts: WorldFacts, world: World | WallWorld, random: Random, context: PlayContext) {
  const recorder = createRecorder({
    drill: facts.drill,
    sequence: context.sequence,
    now: () => world.clock.now(),
    markers: {
      sources: plan.workflow.sources,
      canaries: plan.workflow.canaries,
      schemaFields: schemaFieldsOf(plan),
      results: plan.workflow.tasks.flatMap((task) => task.turns),
      keys: Object.fromEntries(Object.entries(plan.addresses).map(([role, { api_key }]) => [role, api_key])),
      models: Object.fromEntries(Object.entries(plan.roles).map(([role, { model }]) => [role, model])),
    },
    tasks: tasksOf(plan),
    sources: plan.workflow.sources,
    redaction: plan.redaction,
    sink: context.sink,
    keep: context.keep,
  });
  const stand = plan.openStand({
    clock: world.clock,
    random: random.fork('stand'),
    recording: recorder,
    schemaFields: schemaFieldsOf(plan),
    contract: plan.workflow.contract,
    tools: plan.workflow.tools,
  });
  const transport = stand.transport(currentScope);
  const habitat: Habitat = {
    roles: copyOf(plan.addresses),
    fetch: createNodeFetch(transport, world.clock),
    transport,
    tools: toolsAcross(stand.tools(currentScope)),
    approve: approveAcross(stand.approve(currentScope)),
    clock: world.clock,
    random: world.random,
  };
  const report = ({ scope, what, by, fatal }: RealIo) => {
    const whose = scope === undefined ? {} : { ask: scope.ask, task: scope.task };
    recorder.emit({ kind: 'real-io', ...whose, what, by, fatal });
  };
  return { recorder, stand, habitat, report };
}

/** What each golden task brings along, whoever is asked it. */
function tasksOf({ workflow }: PlayPlan): TaskWords[] {
  const { contract, tools } = workflow;
  const schemas = JSON.stringify([contract?.output?.schema ?? {}, tools]);
  return workflow.tasks.map((task) => {
    const sources = sourcesFor(task, workflow.sources);
    const { name, tenant, input, history, turns } = task;
    const words = { name, tenant, input, history, sources: sources.map(({ id }) => id) };
    return { ...words, material: [...sources.map(asMaterial), JSON.stringify(turns), schemas] };
  });
}

/** Runs a step of the target outside of its asks; what would have ended its process meanwhile becomes the error. */
async function unlessItDies<T>(clock: Clock, step: () => Promise<T>, failed: (why: string) => DrillError): Promise<T> {
  let died: string | undefined;
  const forget = onCrash((crash) => {
    if (crash.clock !== clock) return false;
    died ??= crash.what;
    return true;
  });
  try {
    const done = await step();
    if (died === undefined) return done;
    throw failed(died);
  } catch (error) {
    if (error instanceof DrillError && died === undefined) throw error;
    throw failed(died ?? messageOf(error));
  } finally {
    forget();
  }
}

const notLoaded =
  ({ about }: Pick<Target, 'about'>) =>
  (why: string) =>
    targetNotLoaded(why, { file: about });

export const notStarted =
  ({ about }: Pick<Target, 'about'>) =>
  (why: string) =>
    new DrillError(
      {
        message: `the target did not start, or did not end: ${why}`,
        place: { file: about },
        fix: 'Mend what runs outside of its tasks: the body of its module, what its `start` gives, its `close`.',
      },
      EXIT.inconclusive,
    );
