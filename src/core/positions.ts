import type { Contract } from './contract.ts';
import { canServe } from './declaration.ts';
import type { Drill, FaultUse } from './drill.ts';

/**
 * The drills and contracts of the package name positions in a target's chain, whatever its roles are called: `primary` is
 * the first, `backup` the second, `backup-2` the third.
 */
export function positionOf(name: string): number | undefined {
  if (name === 'primary') return 0;
  if (name === 'backup') return 1;
  const nth = /^backup-(\d+)$/.exec(name)?.[1];
  return nth === undefined ? undefined : Number(nth);
}

/** Finds the role that a name means; undefined where there is none. */
export type FindRole = (name: string) => string | undefined;

/** With `literal`, a role that exists is meant by its own name, whatever its place is. */
export function roleFinder(chain: readonly string[], roles: readonly string[], literal: boolean): FindRole {
  return (name) => {
    if (literal && roles.includes(name)) return name;
    const position = positionOf(name);
    if (position !== undefined) return chain[position];
    return roles.includes(name) ? name : undefined;
  };
}

/** The names of all positions of a chain. */
export const positionsIn = (chain: readonly string[]): string[] =>
  chain.map((_, i) => (i === 0 ? 'primary' : i === 1 ? 'backup' : `backup-${i}`));

/** What a drill names that the run lacks. */
export interface Lacking {
  what: string;
  why: string;
}

/** The drill with real roles in place of positions; faults that have no place in this run are left out, and told. */
export function placeDrill(
  drill: Drill,
  find: FindRole,
  fits: (use: FaultUse) => string | undefined = () => undefined,
): { drill: Drill; lacking: Lacking[] } {
  const lacking: Lacking[] = [];
  const lack = (what: string, why: string): [] => {
    if (!lacking.some((one) => one.what === what)) lacking.push({ what, why });
    return [];
  };
  const place = (use: FaultUse): FaultUse[] => {
    const misfit = fits(use);
    if (misfit !== undefined) return lack(`${use.fault} on ${use.role ?? use.tool}`, misfit);
    if (use.role === undefined) return [use];
    const role = find(use.role);
    return role === undefined ? lack(`${use.fault} on ${use.role}`, `the target has no such role`) : [{ ...use, role }];
  };
  const claims = (expect: Drill['expect']): Drill['expect'] =>
    Object.fromEntries(
      Object.entries(expect).flatMap(([check, params]): [string, Drill['expect'][string]][] => {
        if (typeof params['role'] !== 'string') return [[check, params]];
        const role = find(params['role']);
        return role === undefined ? lack(check, `the target has no ${params['role']}`) : [[check, { ...params, role }]];
      }),
    );
  const phases = drill.phases.map(({ expect, ...phase }) => ({
    ...phase,
    faults: phase.faults.flatMap(place),
    ...(expect && { expect: claims(expect) }),
  }));
  return { drill: { ...drill, phases, expect: claims(drill.expect) }, lacking };
}

/** The contract with real roles in place of positions; rules about roles that the run lacks go. */
export function placeContract(contract: Contract, find: FindRole): Contract {
  const { permissions, experience } = contract;
  const steps = contract.steps.flatMap((step) => {
    const role = find(step.role);
    return role === undefined ? [] : [{ ...step, role }];
  });
  const modes = Object.entries(permissions?.modes ?? {}).flatMap(([name, mode]) => {
    const role = find(name);
    return role === undefined ? [] : [[role, mode] as const];
  });
  const degraded = experience?.degraded_on?.flatMap((name) => find(name) ?? []);
  return {
    ...contract,
    steps,
    ...(permissions && { permissions: { ...permissions, modes: Object.fromEntries(modes) } }),
    ...(experience && { experience: { ...experience, ...(degraded && { degraded_on: degraded }) } }),
  };
}

/**
 * The order that a target's first call without faults shows, where it declares none. A role that nobody assumed takes a
 * place, too: what it displaces is no reserve until it is called.
 */
export function chainFrom(assumed: readonly string[], firstCalled: string | undefined): string[] {
  if (firstCalled === undefined || !canServe(firstCalled)) return [...assumed];
  const others = assumed.filter((role) => role !== firstCalled);
  return [firstCalled, ...others].slice(0, Math.max(2, assumed.length));
}

/** Roles that were placed by one chain, as another has them. */
export const reordered =
  (from: readonly string[], to: readonly string[]): FindRole =>
  (name) =>
    from.includes(name) ? to[from.indexOf(name)] : name;
