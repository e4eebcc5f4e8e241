import { Contract } from '../../core/contract.ts';
import type { Roles } from '../../core/declaration.ts';
import { GoldenTask } from '../../core/golden-task.ts';
import type { Task } from '../../core/outcome.ts';
import type { Fault } from '../../core/plugin.ts';
import type { Recording } from '../../core/stand.ts';
import type { EventKind, NewEvent } from '../../core/trace.ts';
import { createTrigger } from '../../core/trigger.ts';
import { protocols } from '../../protocols/index.ts';
import { createWallWorld } from '../../world/index.ts';
import { scriptFor } from '../script.ts';
import { createStand } from '../stand.ts';
import { openSockets } from './index.ts';

const refund = { order_id: '991', amount_usd: 40 };
const turns = [{ tool: 'issue_refund', args: refund, returns: { refund_id: 'rf_1' } }];
const golden = (name: string) =>
  GoldenTask.parse({ name, input: `What about ${name}?`, answer: `It is about ${name}.`, turns, approval: 'granted' });
const contract = Contract.parse({
  workflow: 'orders',
  stakes: 'high',
  permissions: { tools: { issue_refund: { write: true, approval: 'human' } } },
});
const parameters = {
  type: 'object',
  properties: { order_id: { type: 'string' }, amount_usd: { type: 'number' } },
  required: ['order_id', 'amount_usd'],
  additionalProperties: false,
};
const base_url = 'https://api.openai.com/v1';
const roles: Roles = { primary: { provider: 'openai', protocol: 'openai-chat', base_url, model: 'gpt-5-mini' } };

/** A stand on sockets with one role and one tool, which a fault may break; nobody waits there. It closes by itself. */
export async function onSockets({ fault }: { fault?: Fault } = {}) {
  const world = createWallWorld(7);
  const events: NewEvent[] = [];
  const recording: Recording = {
    emit: (event) => void events.push(event),
    held: (text) => ({ sources: [], source_ids: [], canaries: [], schema_fields: [], models: [text] }),
    facts: () => ({}),
    digest: (text) => text,
    replied() {},
    rereads: () => [],
  };
  const { clock, random, asks } = world;
  const tools = [{ name: 'issue_refund', description: 'Pays money back.', parameters }];
  const stand = createStand({
    ...{ clock: { ...clock, sleep: async () => {} }, random, recording, roles, protocols, contract, tools },
    schemaFields: [],
  });
  const once = {
    trigger: createTrigger({ per: 'task', calls: [1] }),
    shared: false,
    tenants: undefined,
    tasks: undefined,
  };
  const armed = fault && { fault: fault.name, role: 'issue_refund', effect: fault.effectOf({}), open: fault.arm({}) };
  stand.begin(armed === undefined ? [] : [{ ...armed, ...once }]);
  const addresses = { primary: { protocol: 'openai-chat', base_url, model: 'gpt-5-mini', api_key: 'k' } };
  const sockets = await openSockets({
    ...{ clock, stand, roles, addresses, protocols, recording, asks },
    secret: 'nobody knows',
    print() {},
  });
  let asked = 0;
  return {
    sockets,
    events,
    asks,
    of: <K extends EventKind>(kind: K) =>
      events.filter((event): event is Extract<NewEvent, { kind: K }> => event.kind === kind),
    /** Begins an ask; what it returns ends it. */
    begin(name: string) {
      const one = golden(name);
      const ask = ++asked;
      stand.play(ask, scriptFor(one, []));
      let end = () => {};
      const over = new Promise<void>((resolve) => {
        end = resolve;
      });
      const { tenant, priority, input } = one;
      void world.enter({ ask, task: name, tenant }, () => over);
      const about = { workflow: 'orders', tenant, priority, sources: [], deadline_ms: 1000 };
      const task: Task = { id: `${name}-${ask}`, input, ...about };
      return {
        task,
        end() {
          end();
          return over;
        },
      };
    },
    [Symbol.asyncDispose]: () => sockets.close(),
  };
}
