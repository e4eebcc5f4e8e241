import { z } from 'zod';
import { eventsOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, nothingToJudge, passed } from '../core/verdict.ts';
import { unique } from './words.ts';

/** A provider is approved for a tenant by where it keeps what it is sent; a failover does not change that. */
export const staysInRegion = defineTaskCheck({
  name: 'stays-in-region',
  summary: 'A tenant’s data goes only to roles in the regions that the contract names for it',
  reads: 'the roles that were called, and their regions',
  severity: 'critical',
  feature: 'residency',
  params: z.strictObject({}),
  example: 'stays-in-region: {}',
  implies: ({ tenant }, contract) => (contract?.residency?.[tenant] === undefined ? undefined : {}),
  judge({ events, task, contract, roles }) {
    const allowed = contract?.residency?.[task.tenant];
    if (allowed === undefined) return notApplicable('the tenant’s data may go anywhere');
    const calls = eventsOf(events, 'call');
    if (calls.length === 0) return nothingToJudge('no model was called');
    const regionOf = (role: string) => roles[role]?.region;
    const abroad = calls.filter(({ role }) => !allowed.includes(regionOf(role) ?? ''));
    const where = (role: string) => `${role} (${regionOf(role) ?? 'no region promised'})`;
    const named = (some: typeof calls) => unique(some.map((c) => where(c.role))).join(', ');
    if (abroad.length > 0)
      return failed(
        `sent to ${named(abroad)}, allowed: ${allowed.join(', ')}`,
        abroad.map((c) => c.seq),
      );
    return passed(
      `sent to ${named(calls)} only`,
      calls.map((c) => c.seq),
    );
  },
});
