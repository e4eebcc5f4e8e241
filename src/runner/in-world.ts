import { leavesOf } from '../core/canonical.ts';
import type { Habitat } from '../core/plugin.ts';
import { createRandom } from '../core/random.ts';
import { createNodeFetch, createVirtualWorld, currentScope } from '../world/index.ts';
import type { AskContext } from './ask.ts';
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
      results: plan.workflow.tasks.flatMap((task) =>
        task.turns.flatMap(({ tool, returns }) => ({ tool, values: leavesOf(returns) })),
      ),
      history: plan.workflow.tasks.flatMap(({ name, history }) =>
        history.length === 0 ? [] : [{ task: name, texts: history.map((h) => h.content) }],
      ),
      models: Object.fromEntries(Object.entries(plan.roles).map(([role, { model }]) => [role, model])),
    },
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
      await body({ plan, running, clock: world.clock, recorder, stand, signal: context.signal, enter: world.enter });
    } finally {
      await running.close();
    }
  });
}
