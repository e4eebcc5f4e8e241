import { canServe, type ResolvedDeclaration } from '../core/declaration.ts';
import { eventsOf, firstOf } from '../core/evidence.ts';
import { chainFrom, placeContract, placeDrill, reordered } from '../core/positions.ts';
import type { ArmedFault } from '../core/stand.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { JudgePlan } from './plan.ts';

/** The order in which a target that declares none tries its roles: its first call without faults shows it. */
export function chainSeen(declares: ResolvedDeclaration, baseline: readonly TraceEvent[]): string[] {
  return declares.order_assumed ? chainFrom(declares.chain, firstOf(baseline, 'call')?.role) : declares.chain;
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
 * that is routed past the first role without faults, by its tenant or priority say, has an order of its own.
 */
export function asShown<P extends Pick<JudgePlan, 'declares'>>(
  plan: P,
  events: readonly TraceEvent[],
  baseline: readonly TraceEvent[],
): P {
  const { declares } = plan;
  if (declares.order_assumed !== true) return plan;
  const called = eventsOf(events, 'call').map((call) => call.role);
  const others = new Set(called.filter((role) => !declares.chain.includes(role) && canServe(role)));
  const usual = eventsOf(baseline, 'call').map((call) => call.role);
  const isRouted = usual.length > 0 && !usual.includes(declares.chain[0] ?? '');
  const first = isRouted ? usual.filter(canServe).slice(0, 1) : [];
  if (others.size + first.length === 0) return plan;
  return { ...plan, declares: { ...declares, chain: [...new Set([...first, ...declares.chain, ...others])] } };
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
