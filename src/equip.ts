import { replaying } from './cassettes/replaying.ts';
import { readOutcome } from './config/outcome-shape.ts';
import type { Clock } from './core/clock.ts';
import type { Role, Roles } from './core/declaration.ts';
import { type Drill, type FaultUse, paramsOf, placeOf } from './core/drill.ts';
import { type GoldenTask, sourcesFor } from './core/golden-task.ts';
import { once } from './core/once.ts';
import type { Fault } from './core/plugin.ts';
import { type Protocol, protocolOf } from './core/protocol.ts';
import type { ArmedFault } from './core/stand.ts';
import { createTrigger } from './core/trigger.ts';
import type { ReplySource } from './core/upstream.ts';
import { faults } from './faults/index.ts';
import { protocols } from './protocols/index.ts';
import type { Redaction } from './redaction/redact.ts';
import type { PlayPlan } from './run/plan.ts';
import { dummyKey, mockKey } from './stand/route.ts';
import { scriptFor } from './stand/script.ts';
import { createStand } from './stand/stand.ts';
import { unguessable } from './world/index.ts';

/** What is played, as data alone, so that another process can be handed it; `tasks` are names of golden tasks. */
export interface PlayData
  extends Pick<PlayPlan, 'drill' | 'workflow' | 'declares' | 'roles' | 'shipped' | 'unscripted' | 'cassettes'> {
  tasks: string[];
}

export const dataOf = ({
  drill,
  workflow,
  declares,
  roles,
  shipped,
  unscripted,
  cassettes,
  tasks,
}: PlayPlan): PlayData => ({
  ...{ drill, workflow, declares, roles, shipped, cassettes, ...(unscripted && { unscripted }) },
  tasks: tasks.map(({ name }) => name),
});

/** What makes a run live. */
export interface Live {
  /** The providers themselves, in one world of a drill. */
  repliesIn(world: { clock: Clock; workflow: string; drill: string }): ReplySource;
  /** What the dummy keys of this run begin with: the stand answers nobody without one. */
  keys: string;
}

/** What is known beside the data: of the package, and of the project's plugins. */
interface Known {
  faults: readonly Fault[];
  protocols: readonly Protocol[];
}

/** Such data with everything that plays it: faults and protocols of those `known`, providers, scripts. */
export function equip(
  { tasks, ...data }: PlayData,
  redaction: Redaction,
  live?: Live,
  known: Known = { faults, protocols },
): PlayPlan {
  const { drill, roles, workflow, cassettes } = data;
  const keyFor = live && ((role: Role) => dummyKey(role, live.keys));
  const addresses = addressesOf(roles, known.protocols, keyFor);
  const scriptOf = once((task: GoldenTask) => scriptFor(task, sourcesFor(task, workflow.sources)));
  const scripts = (name: string) => {
    const task = workflow.tasks.find((one) => one.name === name);
    return task && scriptOf(task);
  };
  return {
    ...data,
    tasks: workflow.tasks.filter(({ name }) => tasks.includes(name)),
    addresses,
    faults: faultsOf(data.drill, known.faults),
    redaction,
    openStand(world) {
      const { clock } = world;
      const replies =
        cassettes === undefined
          ? live?.repliesIn({ clock, workflow: workflow.name, drill: drill.drill })
          : replaying(cassettes, { clock, redaction });
      return createStand({
        ...world,
        roles,
        protocols: known.protocols,
        keyFor,
        replies,
        scripts,
        tasks: workflow.tasks,
      });
    },
    async openSockets(world) {
      const { openSockets } = await import('./stand/sockets/index.ts');
      const own = { roles, addresses, protocols: known.protocols, secret: unguessable(), live: live?.keys };
      return openSockets({ ...world, ...own });
    },
    scriptFor: scriptOf,
    readOutcome,
  };
}

/** Where each role is found, with a dummy key. */
export function addressesOf(
  roles: Roles,
  speaking: readonly Protocol[],
  keyFor: (role: Role) => string = mockKey,
): PlayPlan['addresses'] {
  const addresses = Object.entries(roles).map(([name, role]) => {
    const { provider, key_env, ca_file, allow_private, ...endpoint } = role;
    const rules = { ...protocolOf(speaking, role)?.rules, ...role.rules };
    const kept = Object.keys(rules).length > 0 && { rules };
    return [name, { ...endpoint, ...kept, api_key: keyFor(role) }] as const;
  });
  return Object.fromEntries(addresses);
}

const faultsOf = ({ phases }: Drill, known: readonly Fault[]): ArmedFault[][] =>
  phases.map((phase) => phase.faults.map((use) => armFault(use, known)));

/** A fault as a drill uses it, ready to be armed; `known` are those there are. */
export function armFault(use: FaultUse, known: readonly Fault[] = faults): ArmedFault {
  const fault = known.find((f) => f.name === use.fault);
  if (fault === undefined) throw new Error(`no fault ${use.fault}`);
  const params = paramsOf(use);
  return {
    fault: fault.name,
    role: placeOf(use),
    effect: fault.effectOf(params),
    needs: fault.needsOf(params),
    shared: fault.shared ?? false,
    open: fault.arm(params),
    trigger: createTrigger(use.when ?? { per: 'task' }),
    tenants: use.tenants,
    tasks: use.tasks,
  };
}
