import { canServe, type ResolvedDeclaration, type Route } from '../core/declaration.ts';
import { eventsOf, firstOf } from '../core/evidence.ts';
import { entryOf } from '../core/once.ts';
import { chainFrom, placeContract, placeDrill, reordered } from '../core/positions.ts';
import type { ArmedFault } from '../core/stand.ts';
import type { TraceEvent } from '../core/trace.ts';
import { count, unique } from '../text/words.ts';
import type { JudgePlan } from './plan.ts';

/** The order in which a target that declares none tries its roles: its first call without faults shows it. */
export function chainSeen(declares: ResolvedDeclaration, baseline: readonly TraceEvent[]): string[] {
  return declares.order_assumed ? chainFrom(declares.chain, firstOf(baseline, 'call')?.role) : declares.chain;
}

/** The role that an ask went to first; the first of the chain wherever that was asked at all. */
function firstAsked(events: readonly TraceEvent[], [first]: readonly string[]): string | undefined {
  const called = eventsOf(events, 'call').map((call) => call.role);
  return first !== undefined && called.includes(first) ? first : called.find(canServe);
}

/** Where asks of each kind went first. */
function waysBy(route: Route, chain: readonly string[], asks: readonly (readonly TraceEvent[])[]) {
  const ways = new Map<string, string[]>();
  for (const events of asks) {
    const [kind, role] = [firstOf(events, 'ask')?.[route], firstAsked(events, chain)];
    if (kind !== undefined && role !== undefined) entryOf(ways, kind, () => []).push(role);
  }
  return ways;
}

/** So many asks of a kind show a rule: of tenants there may be as many as asks, and chance would look like one. */
const RULES: readonly { route: Route; least: number }[] = [
  { route: 'priority', least: 1 },
  { route: 'tenant', least: 2 },
];

/**
 * By what a target sends some asks past the first role of the chain that it declares: those of a priority, or of a tenant, all
 * go one way without faults, and others go as declared. It is no rule where all go past it, or where a tenant asked once.
 */
function routeSeen({ chain }: ResolvedDeclaration, asks: readonly (readonly TraceEvent[])[]): Route | undefined {
  const rule = RULES.find(({ route, least }) => {
    const ways = [...waysBy(route, chain, asks).values()];
    const past = ways.filter(([role]) => role !== chain[0]);
    const alike = ways.every((roles) => new Set(roles).size === 1);
    return alike && past.length > 0 && past.length < ways.length && past.every((roles) => roles.length >= least);
  });
  return rule?.route;
}

/** What is told of asks that are sent past the first role of a chain that was declared. */
export function routeNote(
  { chain, routed_by }: ResolvedDeclaration,
  asks: readonly (readonly TraceEvent[])[],
): string[] {
  if (routed_by === undefined) return [];
  const past = [...waysBy(routed_by, chain, asks)].filter(([, [role]]) => role !== chain[0]);
  // Tenants are told by how many there are: their names are not in the trace.
  const kinds =
    routed_by === 'priority' ? past.map(([kind]) => `of ${kind} priority`) : [`of ${count(past.length, 'tenant')}`];
  const roles = unique(past.map(([, [role]]) => role)).join(' or ');
  return [
    `without faults, asks ${kinds.join(' and ')} go to ${roles} first, and not to ${chain[0]}: that is taken for their order`,
  ];
}

/** What is told of roles that were called although nobody assumed it. */
export function strangersNote({ declares, roles }: JudgePlan, chain: readonly string[]): string[] {
  const others = chain.filter((role) => !declares.chain.includes(role));
  if (others.length === 0) return [];
  const named = [declares.chain[0] ?? '', ...others].map((role) => `'${role}'`).join(', ');
  const models = others.map((role) => `${role} (${roles[role]?.model})`).join(' and ');
  return [
    `the target also calls ${models}, and no chain says where it stands; ` +
      `to say so:  export const declares = { features: ['fallback', 'deadline'], chain: [${named}] };`,
  ];
}

/**
 * The plan for one ask. Roles that it called although nobody assumed it end its chain: a failover goes wherever it goes. A task
 * that is routed past the first role without faults has an order of its own; where one was declared, only by a rule.
 */
export function asShown<P extends Pick<JudgePlan, 'declares'>>(
  plan: P,
  events: readonly TraceEvent[],
  baseline: readonly TraceEvent[],
): P {
  const { declares } = plan;
  const { chain, order_assumed: assumed = false, routed_by } = declares;
  if (!assumed && routed_by === undefined) return plan;
  const called = eventsOf(events, 'call').map((call) => call.role);
  const others = called.filter((role) => assumed && !chain.includes(role) && canServe(role));
  const first = firstAsked(baseline, chain) ?? chain[0];
  if (others.length === 0 && first === chain[0]) return plan;
  return {
    ...plan,
    declares: { ...declares, chain: unique([...(first === undefined ? [] : [first]), ...chain, ...others]) },
  };
}

/** The plan as it is once the order is known: a drill of the package then breaks other roles. */
export function settled<P extends Pick<JudgePlan, 'declares' | 'drill' | 'workflow' | 'shipped'>>(
  plan: P,
  chain: string[],
): P {
  const { declares, drill, workflow, shipped } = plan;
  if (chain.join() === declares.chain.join()) return plan;
  const find = shipped ? reordered(declares.chain, chain) : (role: string) => role;
  return {
    ...plan,
    declares: { ...declares, chain },
    drill: placeDrill(drill, find).drill,
    workflow: {
      ...workflow,
      ...(workflow.contract && { contract: placeContract(workflow.contract, find) }),
    },
  };
}

/** The same with what decides where asks go first, where an order was declared and does not say it. */
export function routed<P extends Pick<JudgePlan, 'declares'>>(plan: P, asks: readonly (readonly TraceEvent[])[]): P {
  const routed_by = plan.declares.order_assumed ? undefined : routeSeen(plan.declares, asks);
  return routed_by === undefined ? plan : { ...plan, declares: { ...plan.declares, routed_by } };
}

/** The same for faults that were armed already. */
export function rearmed(
  faults: ArmedFault[][],
  { declares, shipped }: Pick<JudgePlan, 'declares' | 'shipped'>,
  chain: string[],
): ArmedFault[][] {
  const find = shipped ? reordered(declares.chain, chain) : (role: string) => role;
  return faults.map((phase) => phase.map((fault) => ({ ...fault, role: find(fault.role) ?? fault.role })));
}

/** What is told of an order that was taken from what was seen. */
export function orderNote({ declares, roles }: JudgePlan, chain: string[]): string[] {
  if (!declares.order_assumed || chain.join() === declares.chain.join()) return [];
  const named = chain.map((role) => `'${role}'`).join(', ');
  return [
    `the target calls ${chain[0]} (${roles[chain[0] ?? '']?.model}) first, so its chain is taken to be ${chain.join(', ')}; ` +
      `to say so:  export const declares = { features: ['fallback', 'deadline'], chain: [${named}] };`,
  ];
}
