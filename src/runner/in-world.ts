import { sourcesFor } from '../core/golden-task.ts';
import type { Habitat } from '../core/plugin.ts';
import { createRandom } from '../core/random.ts';
import { createNodeFetch, createVirtualWorld, currentScope } from '../world/index.ts';
import type { AskContext } from './ask.ts';
import type { TaskWords } from './given.ts';
import { EPOCH_MS, type Plan, type RunContext, schemaFieldsOf } from './plan.ts';
import { createRecorder } from './recorder.ts';

export type WorldContext = AskContext;

/** Opens a fresh world with a stand and a fresh target in it, runs `body` there, and closes all of it. */
export async function inWorld(
  plan: Plan,
  name: 'baseline' | 'drill',
  context: RunContext,
  body: (world: WorldContext) => Promise<void>,
): Promise<void> {
  // The stream is named after the drill and the world, so that one world's draws never shift another's.
  const random = createRandom(plan.seed).fork(`${plan.drill.drill}/${name}`);
  const world = createVirtualWorld({
    name: `drill ${plan.drill.drill}${name === 'baseline' ? ', without its faults' : ''}`,
    seed: random.fork('target').seed,
    epochMs: EPOCH_MS,
    fetch: (input, init) => nodeFetch(input, init),
    onOutput: (text) => void process.stderr.write(plan.redaction.text(text)),
    onRealIo: ({ scope, what, by, fatal }) => {
      const whose = scope === undefined ? {} : { ask: scope.ask, task: scope.task };
      recorder.emit({ kind: 'real-io', ...whose, what, by, fatal });
    },
  });
  const recorder = createRecorder({
    drill: plan.drill.drill,
    sequence: context.sequence,
    now: () => world.clock.now(),
    markers: {
      sources: plan.workflow.sources,
      canaries: plan.workflow.canaries,
      schemaFields: schemaFieldsOf(plan),
      results: plan.workflow.tasks.flatMap((task) => task.turns),
      models: Object.fromEntries(Object.entries(plan.roles).map(([role, { model }]) => [role, model])),
    },
    tasks: tasksOf(plan),
    redaction: plan.redaction,
    sink: context.sink,
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
  const nodeFetch = createNodeFetch(transport, world.clock);
  const habitat: Habitat = {
    roles: plan.addresses,
    fetch: nodeFetch,
    transport,
    tools: stand.tools(currentScope),
    approve: stand.approve(currentScope),
    clock: world.clock,
    random: world.random,
  };
  await world.run(async () => {
    const running = await plan.target.start(habitat);
    try {
      const { signal } = context;
      const given = new Set<string>();
      await body({ plan, running, clock: world.clock, recorder, stand, signal, given, enter: world.enter });
    } finally {
      await running.close();
    }
  });
}

/** What each golden task brings along, whoever is asked it. */
function tasksOf({ workflow }: Plan): TaskWords[] {
  const { contract, tools } = workflow;
  const schemas = JSON.stringify([contract?.output?.schema ?? {}, tools]);
  return workflow.tasks.map((task) => {
    const sources = sourcesFor(task, workflow.sources).map(({ id, text }) => `${id} ${text}`);
    const { name, input, history, turns } = task;
    return { name, input, history, material: [...sources, JSON.stringify(turns), schemas] };
  });
}
