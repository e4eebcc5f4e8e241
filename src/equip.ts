import { readOutcome } from './config/outcome-shape.ts';
import type { Roles } from './core/declaration.ts';
import { type Drill, type FaultUse, paramsOf, placeOf } from './core/drill.ts';
import { sourcesFor } from './core/golden-task.ts';
import { once } from './core/once.ts';
import type { Fault } from './core/plugin.ts';
import { protocolOf } from './core/protocol.ts';
import type { ArmedFault } from './core/stand.ts';
import { createTrigger } from './core/trigger.ts';
import { faults } from './faults/index.ts';
import { protocols } from './protocols/index.ts';
import type { Redaction } from './redaction/redact.ts';
import type { PlayPlan } from './run/plan.ts';
import { mockKey } from './stand/route.ts';
import { scriptFor } from './stand/script.ts';
import { createStand } from './stand/stand.ts';
import { unguessable } from './world/index.ts';

/** What is played, as data alone, so that another process can be handed it; `tasks` are names of golden tasks. */
export interface PlayData extends Pick<PlayPlan, 'drill' | 'workflow' | 'declares' | 'roles' | 'shipped'> {
  tasks: string[];
}

export const dataOf = ({ drill, workflow, declares, roles, shipped, tasks }: PlayPlan): PlayData => ({
  ...{ drill, workflow, declares, roles, shipped },
  tasks: tasks.map(({ name }) => name),
});

/** Such data with everything that plays it: faults, providers, scripts. */
export function equip({ tasks, ...data }: PlayData, redaction: Redaction): PlayPlan {
  const { roles, workflow } = data;
  const addresses = addressesOf(roles);
  return {
    ...data,
    tasks: workflow.tasks.filter(({ name }) => tasks.includes(name)),
    addresses,
    faults: faultsOf(data.drill),
    redaction,
    openStand: (world) => createStand({ ...world, roles, protocols }),
    async openSockets(world) {
      const { openSockets } = await import('./stand/sockets/index.ts');
      return openSockets({ ...world, roles, addresses, protocols, secret: unguessable() });
    },
    scriptFor: once((task) => scriptFor(task, sourcesFor(task, workflow.sources))),
    readOutcome,
  };
}

/** Where each role is found, with a dummy key. */
export function addressesOf(roles: Roles): PlayPlan['addresses'] {
  const addresses = Object.entries(roles).map(([name, role]) => {
    const { provider, key_env, ...endpoint } = role;
    const rules = { ...protocolOf(protocols, role)?.rules, ...role.rules };
    const kept = Object.keys(rules).length > 0 && { rules };
    return [name, { ...endpoint, ...kept, api_key: mockKey(role) }] as const;
  });
  return Object.fromEntries(addresses);
}

const faultsOf = ({ phases }: Drill): ArmedFault[][] => phases.map((phase) => phase.faults.map((use) => armFault(use)));

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
