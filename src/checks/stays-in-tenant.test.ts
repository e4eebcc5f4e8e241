import { expect, test } from 'vitest';
import { evidence, failover, GIVEN, held, story, verdictOf, worded } from './evidence.fixture.ts';
import { staysInTenant as check } from './stays-in-tenant.ts';

const canaries = { acme: 'heron-1', globex: 'finch-2' };
const judge = (inCall: object, inOutcome = held()) => {
  const told = story(2)
    .ask()
    .call('backup', 0, { until: 9, held: { ...GIVEN, ...inCall } })
    .outcome(9, {}, inOutcome);
  return verdictOf(check, evidence(told, { canaries }));
};

test("the tenant's own records may be there", () => {
  expect(worded(judge({ canaries: ['acme'] }))).toBe('passed: 1 call with records, 0 of another tenant');
});

test("another tenant's may not, in a request or in the outcome", () => {
  expect(worded(judge({ canaries: ['acme', 'globex'] }, held({ canaries: ['globex'] })))).toBe(
    "failed: another tenant's data in a call to backup and the outcome",
  );
});

test('nothing to judge without canaries or records', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('inconclusive');
  expect(judge({ sources: [], source_ids: [] }).verdict).toBe('inconclusive');
});
