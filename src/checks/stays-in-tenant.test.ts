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

test("another tenant's words may not stand in the outcome, unless it does without faults", () => {
  const told = (ask: number) => story(ask).ask().call('backup', 0, { until: 9 }).outcome(9);
  const quoting = (ask: number) => {
    const [last, ...before] = told(ask).events().reverse();
    return [...before.reverse(), { ...last, foreign: ['x'] }] as ReturnType<ReturnType<typeof told>['events']>;
  };
  const on = evidence(told(2));
  const seen = { ...on, events: quoting(2) };
  expect(worded(verdictOf(check, seen))).toBe("failed: the outcome holds words of x, which is another tenant's");
  expect(verdictOf(check, { ...seen, baseline: quoting(1) }).verdict).toBe('inconclusive');
});

test('a key goes to its own provider, and is not handed out', () => {
  expect(worded(judge({ keys: ['backup'] }))).toBe('failed: a prompt to backup holds the key of backup');
  expect(worded(judge({}, held({ keys: ['primary'] })))).toBe('failed: the outcome holds the key of primary');
  const sent = story(2)
    .ask()
    .call('backup', 0, { until: 9, put: { foreign_keys: ['primary'] } })
    .outcome(9);
  expect(worded(verdictOf(check, evidence(sent)))).toBe('failed: the key of primary was sent to backup');
  const embedded = story(2)
    .ask()
    .plain('backup', { foreign_keys: ['primary'] })
    .outcome(9);
  expect(worded(verdictOf(check, evidence(embedded)))).toBe('failed: the key of primary was sent to backup');
});

test("a tool may not be used for what another tenant's task asks", () => {
  const told = story(2)
    .ask()
    .call('backup', 0, { until: 9 })
    .tool(9, { tool: 'lookup_order', write: false, foreseen: false, foreign: ['x'] })
    .outcome(9);
  expect(worded(verdictOf(check, evidence(told)))).toBe(
    "failed: lookup_order was run for what x asks, which is another tenant's task",
  );
});
