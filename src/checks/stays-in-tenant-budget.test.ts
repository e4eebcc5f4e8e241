import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { TraceEvent } from '../core/trace.ts';
import { drillVerdictOf, facts, story, worded } from './evidence.fixture.ts';
import { staysInTenantBudget as check } from './stays-in-tenant-budget.ts';

const number = (events: TraceEvent[]) => events.toSorted((a, b) => a.at - b.at).map((e, seq) => ({ ...e, seq }));
const on = (budgets: Record<string, number>) =>
  facts({ contract: Contract.parse({ workflow: 'w', budgets: { window_ms: 10_000, ...budgets } }) });

interface AskStory {
  at: number;
  tenant?: string;
  roles?: string[];
  usd?: number | null;
  takes?: number;
}
/** Each ask calls the roles one after another. */
function drill(...asks: AskStory[]) {
  const told = asks.flatMap(({ at, tenant = 'a', roles = ['primary'], usd = 0.01, takes = 100 }, i) => {
    const one = story(2 + i).ask(at, { tenant });
    for (const [k, role] of roles.entries())
      one.call(role, at + k * takes, { until: at + (k + 1) * takes, cost_usd: usd });
    return one.outcome(at + roles.length * takes).events();
  });
  return number([...story(1).phase(0, 'began').events(), ...told]);
}

test('as many calls as allowed, of more that were asked for', () => {
  const events = drill({ at: 1 }, { at: 2 }, { at: 3, roles: [] }, { at: 4, tenant: 'b' });
  expect(worded(drillVerdictOf(check, events, {}, on({ requests: 2 })))).toBe(
    'passed: at most 2 calls of one tenant in 10.0 s, 2 calls allowed; 1 budget put to the test',
  );
});

test('calls to the backup count as well', () => {
  const events = drill({ at: 1, roles: ['primary', 'backup'] }, { at: 2 });
  expect(worded(drillVerdictOf(check, events, {}, on({ requests: 2 })))).toBe(
    'failed: 3 calls of one tenant in 10.0 s, 2 calls allowed',
  );
});

test('the window slides', () => {
  const at = (third: number) => drill({ at: 9000 }, { at: 9500 }, { at: third });
  expect(drillVerdictOf(check, at(18_999), {}, on({ requests: 2 })).verdict).toBe('failed');
  expect(drillVerdictOf(check, at(19_000), {}, on({ requests: 2 })).verdict).toBe('passed');
});

test('money counts from when the call began, whenever the bill comes', () => {
  const late = drill({ at: 1, usd: 0.06, takes: 12_000 }, { at: 9000, usd: 0.05 });
  expect(worded(drillVerdictOf(check, late, {}, on({ usd: 0.1 })))).toBe(
    'failed: $0.1100 of one tenant in 10.0 s, $0.1000 allowed',
  );
  const apart = drill({ at: 1, usd: 0.06, takes: 12_000 }, { at: 10_001, usd: 0.06 });
  expect(drillVerdictOf(check, apart, {}, on({ usd: 0.1 })).verdict).toBe('passed');
});

test('nothing to judge where no budget was needed or there is none', () => {
  expect(worded(drillVerdictOf(check, drill({ at: 1 }), {}, on({ requests: 9, usd: 1 })))).toBe(
    'inconclusive: no tenant came to the end of its budget: at most 1 call of one tenant in 10.0 s, 9 calls allowed',
  );
  expect(drillVerdictOf(check, drill(), {}, on({ requests: 9 })).verdict).toBe('inconclusive');
  expect(drillVerdictOf(check, drill({ at: 1 })).verdict).toBe('not_applicable');
});

test('the baseline is not looked at', () => {
  const events = drill({ at: 1 }, { at: 2 }, { at: 3 }).map((e) => ({ ...e, phase: 'baseline' }));
  expect(drillVerdictOf(check, events, {}, on({ requests: 2 })).verdict).toBe('inconclusive');
});

test('money is not judged where nobody knows the price of a call, unless the others cost too much already', () => {
  const unknown = { at: 1, usd: null, roles: ['backup'] };
  expect(worded(drillVerdictOf(check, drill(unknown, { at: 2 }), {}, on({ usd: 0.01, requests: 9 })))).toBe(
    'inconclusive: price unknown of what backup was asked: `price` on a role gives it',
  );
  expect(drillVerdictOf(check, drill(unknown, { at: 2, usd: 0.02 }), {}, on({ usd: 0.01 })).verdict).toBe('failed');
  expect(drillVerdictOf(check, drill(unknown, { at: 2 }), {}, on({ requests: 2 })).verdict).toBe('passed');
});
