import type { Roles } from '../core/declaration.ts';
import { GoldenTask } from '../core/golden-task.ts';
import { createRandom } from '../core/random.ts';
import type { ArmedFault } from '../core/stand.ts';
import type { EventKind, NewEvent } from '../core/trace.ts';
import { createTrigger, TriggerSpec } from '../core/trigger.ts';
import type { Part } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import { createCallReader } from '../recording/given.ts';
import { createNodeFetch, createVirtualWorld, currentScope, installRoutes, type RealIo } from '../world/index.ts';
import { scriptFor } from './script.ts';
import { createStand } from './stand.ts';

// Before an SDK is imported, as bin/drill.js does it: who uses this imports its SDK with `await import` after it.
installRoutes();

/** One tool to call, and then the answer. */
export const task = GoldenTask.parse({
  name: 'where_is_it',
  input: 'Where is order 991?',
  answer: 'Order 991 was shipped on Monday. 🙂',
  turns: [{ tool: 'lookup_order', args: { order_id: '991' }, returns: { shipped: 'Monday' } }],
});
export const answer = 'Order 991 was shipped on Monday. 🙂';
export const tool = {
  name: 'lookup_order',
  description: 'Looks an order up.',
  parameters: {
    type: 'object',
    properties: { order_id: { type: 'string' } },
    required: ['order_id'],
    additionalProperties: false,
  },
} as const;

const role = { provider: 'openai', protocol: 'openai-responses', base_url: 'https://api.openai.com/v1' };
export const roles: Roles = {
  primary: { ...role, model: 'gpt-5-mini' },
  backup: { ...role, base_url: 'https://other.test/v1', model: 'gpt-5-nano' },
};

/** A fault of the primary: what it says instead of its script. */
export const says = (...parts: Part[]): ArmedFault => ({
  fault: 'says',
  effect: 'fails',
  role: 'primary',
  shared: false,
  trigger: createTrigger(TriggerSpec.parse({})),
  tenants: undefined,
  tasks: undefined,
  open: () => ({
    kind: 'meaning',
    async inject(_call, _next, around) {
      around.fired('says something else');
      async function* said() {
        yield* parts;
      }
      return { kind: 'http', parts: said() };
    },
  }),
});

/** Lets a client work against the stand in a virtual world. `replies` are the bodies as they went over the wire. */
export async function meet<T>(work: () => Promise<T>, faults: ArmedFault[] = [], served = roles, golden = task) {
  const events: NewEvent[] = [];
  const io: RealIo[] = [];
  const replies: string[] = [];
  const asked: unknown[] = [];
  const world = createVirtualWorld({
    seed: 7,
    epochMs: 1_790_000_000_000,
    fetch: (input, init) => nodeFetch(input, init),
    onRealIo: (e) => void io.push(e),
  });
  const nothing = { sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] };
  const stand = createStand({
    clock: world.clock,
    random: createRandom(7),
    roles: served,
    protocols,
    recording: {
      emit: (event) => void events.push(event),
      held: () => nothing,
      facts: createCallReader([{ ...golden, sources: [], material: [] }]),
      digest: (text) => text,
      replied() {},
      rereads: () => [],
    },
    schemaFields: [],
    contract: undefined,
    tools: [],
  });
  stand.begin(faults);
  stand.play(1, scriptFor(golden, []));
  const transport = stand.transport(currentScope);
  const decode = new TextDecoder();
  const nodeFetch = createNodeFetch(async (request, signal) => {
    if (request.body.length > 0) asked.push(JSON.parse(decode.decode(request.body)));
    const reply = await transport(request, signal);
    const at = replies.push('') - 1;
    async function* body() {
      for await (const chunk of reply.body) {
        replies[at] += decode.decode(chunk);
        yield chunk;
      }
    }
    return { ...reply, body: body() };
  }, world.clock);
  const outcome = await world.run(() =>
    world.enter({ ask: 1, task: golden.name, tenant: golden.tenant }, () =>
      work().then(
        (value) => ({ value, error: undefined }),
        (error: unknown) => ({ value: undefined, error }),
      ),
    ),
  );
  const told = <K extends EventKind>(kind: K) =>
    events.filter((e): e is Extract<NewEvent, { kind: K }> => e.kind === kind);
  return { ...outcome, told, replies, asked, io, at: world.clock.now() };
}
