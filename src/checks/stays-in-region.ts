import { eventsOf } from '../core/evidence.ts';
import { type Case, defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { unique } from '../text/words.ts';

/** A provider is approved for a tenant by where it keeps what it is sent; a failover does not change that. */
export const staysInRegion = defineTaskCheck({
  name: 'stays-in-region',
  summary: 'A tenant’s data goes only to roles in the regions that the contract names for it',
  severity: 'critical',
  advice:
    "Before each call compare the role's region with those allowed for the customer, and skip roles outside them.",
  always: true,
  nobody_waits: true,
  feature: 'residency',
  reads:
    "the roles that were called, and their regions; of embeddings, counts and moderation those that hold the task's question or the tenant's canary",
  implies: ({ tenant }, contract) => (contract?.residency?.[tenant] === undefined ? undefined : {}),
  judge(on) {
    const { seen, task, contract, roles } = on;
    const allowed = contract?.residency?.[task.tenant];
    if (allowed === undefined) return notApplicable('the tenant’s data may go anywhere');
    const calls = seen.calls.map(({ call }) => call);
    const carried = eventsOf(on.events, 'plain-call').filter(({ role, held, questions }) => {
      const isTheirs = questions !== undefined || held.canaries.includes(task.tenant);
      return isTheirs && !mayGoTo(on, role);
    });
    if (calls.length === 0 && carried.length === 0) return nothingToJudge('no model was called');
    const regionOf = (role: string) => roles[role]?.region;
    const abroad = [...calls.filter(({ role }) => !mayGoTo(on, role)), ...carried];
    const named = (some: readonly { role: string }[]) =>
      unique(some.map(({ role }) => `${role} (${regionOf(role) ?? 'no region promised'})`)).join(', ');
    if (abroad.length > 0) return failed(`sent to ${named(abroad)}, allowed: ${allowed.join(', ')}`, abroad);
    return passed(`sent to ${named(calls)} only`, calls);
  },
});

/** Whether a task's data may go to a role. One that promises no region is outside of all. */
export function mayGoTo({ task, contract, roles }: Case, role: string): boolean {
  return contract?.residency?.[task.tenant]?.includes(roles[role]?.region ?? '') !== false;
}
