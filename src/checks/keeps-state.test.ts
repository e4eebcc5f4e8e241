import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import { evidence, failover, GIVEN, story, verdictOf, worded } from './evidence.fixture.ts';
import { keepsState as check } from './keeps-state.ts';

const contract = Contract.parse({
  workflow: 'w',
  state: { keep: ['tool_results', 'retry_count'] },
  experience: { when_all_fail: 'save_and_offer_next_step' },
});
const has = { held: { ...GIVEN, results: ['lookup_order'] } };
const lookup = { tool: 'lookup_order', write: false };
const looked = () => story(2).ask().call('primary', 0, { until: 9 }).tool(10, lookup);
const failing = () => looked().call('primary', 20, { until: 30, fails: 'left', turn: 2, ...has });
const judge = (told: ReturnType<typeof story>, outcome = {}) =>
  verdictOf(check, evidence(told.outcome(99, outcome), { contract }));

test('the result travels', () => {
  expect(worded(judge(failing().call('backup', 30, { until: 40, ...has })))).toBe('passed: 1 tool result handed on');
});

test('the result gets lost', () => {
  expect(worded(judge(failing().call('backup', 30, { until: 40 })))).toBe(
    'failed: backup was called without the result of lookup_order',
  );
});

test('a contract that does not keep results says so, where one got lost', () => {
  const told = failing().call('backup', 30, { until: 40 }).outcome(99);
  expect(worded(verdictOf(check, evidence(told)))).toBe(
    'inconclusive: the contract’s state.keep does not name tool_results, and the workflow was not stopped',
  );
});

test('a result that no call ever held cannot be recognised, and one that failed is none', () => {
  expect(judge(looked().call('backup', 30, { until: 40 })).verdict).toBe('inconclusive');
  const none = story(2)
    .ask()
    .call('primary', 0, { until: 9, ...has })
    .tool(10, { ...lookup, ok: false });
  expect(judge(none.call('backup', 30, { until: 40 })).verdict).toBe('inconclusive');
});

const own = { task_id: 't-2' };
const lamp = { order: 'LH-20590', status: 'delivered', stock: 0, refunded: false };
const withTurn = (told: ReturnType<typeof story>, outcome = {}, over = {}) =>
  verdictOf(
    check,
    evidence(told.outcome(99, outcome), {
      ...{ contract, ...over },
      task: { turns: [{ tool: 'lookup_order', args: {}, returns: lamp }] },
    }),
  );

test('a stopped workflow hands back what the contract names', () => {
  const state = { ...own, tool_results: [{ tool: 'lookup_order', result: JSON.stringify(lamp) }], retry_count: 1 };
  expect(worded(withTurn(failing(), { kind: 'queued', state }))).toBe(
    'passed: tool_results, retry_count kept for later',
  );
  expect(worded(withTurn(failing(), { kind: 'failed', state: { ...state, retry_count: undefined } }))).toBe(
    'failed: the stopped workflow has no state.retry_count',
  );
  expect(judge(failing(), { kind: 'failed', error: 'TypeError' }).verdict).toBe('inconclusive');
});

test('the results that are kept are those that the tools gave, in whatever words', () => {
  const keeping = (tool_results: unknown) =>
    worded(withTurn(failing(), { kind: 'queued', state: { ...own, retry_count: 1, tool_results } }));
  expect(keeping({ lookup_order: 'order LH-20590 is delivered, none in stock' })).toMatch(/^passed/);
  const lacking = 'failed: state.tool_results lacks what lookup_order gave';
  expect(keeping([])).toBe(lacking);
  expect(keeping([{ tool: 'lookup_order', hash: 'c0ffee00c0ffee00' }])).toBe(lacking);
  expect(keeping([{ order: 'LH-20591', status: 'delivered' }])).toBe(lacking);
});

const epoch_ms = Date.UTC(2026, 0);
const stopped = (state: object) =>
  verdictOf(
    check,
    evidence(failing().outcome(99, { kind: 'failed', state: { ...state } }), {
      epoch_ms,
      task: { fixtures: ['order_9'] },
    }),
  );

test.each([
  ['the id of its task', { task_id: 't-2' }],
  ['its question', { asked: 'MAY I RETURN\nIT' }],
  ['its sources', { about: ['order_9'] }],
  ['a handle of its own', { saved: true, ticket: 'q7f3-a91c' }],
  ['a number as a handle', { ticket: 40_031_277 }],
])('state can be found again by %s', (_, state) => {
  expect(worded(stopped(state))).toBe('passed: state kept for later');
});

test.each([
  ['a flag', { saved: true }],
  ['a count and a short word', { attempts: 2, status: 'open' }],
  ['a sum', { budget_used: 0.000123456 }],
  ['a sentence', { note: 'It will be looked at soon.' }],
  ['the time of the stop', { saved_at: '2026-01-01T00:00:05.000Z', at: epoch_ms + 5000 }],
  ['the kind of the ending and the roles tried', { why: 'needs_review', tried: ['primary', 'claude-haiku-4-5'] }],
])('%s alone is no state that anybody could go on from', (_, state) => {
  expect(worded(stopped(state))).toBe(
    'failed: the state holds neither the id nor the question of its ask, nor a handle',
  );
});

test('an outcome without state claims none, unless the contract asks for it', () => {
  expect(stopped({}).verdict).toBe('inconclusive');
  const answered = failing().outcome(99, { state: { saved: true } });
  expect(verdictOf(check, evidence(answered)).verdict).toBe('inconclusive');
});

test('the id of another ask is a finding in any state', () => {
  const told = failing().outcome(99, { state: { task_id: 't-1' } });
  const events = told.events().map((e) => (e.kind === 'outcome' ? { ...e, state_asks: ['t-1'] } : e));
  expect(worded(verdictOf(check, evidence({ events: () => events })))).toBe('failed: the state holds 1 other ask: t-1');
});

const counted = Contract.parse({ workflow: 'w', state: { keep: ['retry_count', 'budget_used'] } });
const twice = (mode: 'server_error' | 'malformed_response', cost_usd = 0.004) =>
  story(2)
    .ask()
    .call('primary', 0, { until: 9, fails: mode, cost_usd })
    .call('primary', 20, { until: 30, fails: mode, cost_usd })
    .call('backup', 40, { until: 50, fails: 'left', cost_usd });
const keeping = (told: ReturnType<typeof story>, retry_count: unknown, budget_used: unknown) =>
  worded(
    verdictOf(
      check,
      evidence(told.outcome(99, { kind: 'queued', state: { ...own, retry_count, budget_used } }), {
        contract: counted,
      }),
    ),
  );

test('retries and spending are at least what the wire shows', () => {
  expect(keeping(twice('server_error'), 1, 0.008)).toMatch(/^passed/);
  expect(keeping(twice('server_error'), 5, 1)).toMatch(/^passed/);
  expect(keeping(twice('server_error'), { primary: 1, backup: 0 }, '$0.0070')).toMatch(/^passed/);
  expect(keeping(twice('server_error'), 0, 0.008)).toBe('failed: state.retry_count is 0, and the wire shows 1');
  expect(keeping(twice('server_error'), 1, 0.002)).toBe(
    'failed: state.budget_used is $0.0020, and the calls cost $0.0080',
  );
  // Little money is not counted to the cent of a cent.
  expect(keeping(twice('server_error', 0.0004), 1, 0)).toMatch(/^passed/);
});

test('a repair is no retry, and what a broken reply cost cannot be known', () => {
  const state = { ...own, retry_count: 0, budget_used: 0 };
  const told = twice('malformed_response').outcome(99, { kind: 'queued', state });
  const events = told.events().map((e) => (e.kind === 'call-end' ? { ...e, status: 200 } : e));
  expect(worded(verdictOf(check, evidence({ events: () => events }, { contract: counted })))).toMatch(/^passed/);
});

test('nothing to judge where nobody took over and nothing stopped', () => {
  expect(judge(looked()).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(failover(), { contract })).verdict).toBe('inconclusive');
});

test('what a queue asks later is no retry of the ask, and costs nothing of it', () => {
  const down = () => story(2).ask().call('primary', 0, { until: 9, fails: 'server_error' });
  const later = (told: ReturnType<typeof story>) => told.call('primary', 200, { until: 300, cost_usd: 1 });
  expect(keeping(down(), 0, 0.008)).toBe(keeping(later(down()), 0, 0.008));
});

test('what a queue reads later cannot be in the state', () => {
  const state = { ...own, tool_results: [], retry_count: 1 };
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 9, fails: 'left' })
    .call('primary', 10, { until: 20, fails: 'left' });
  expect(worded(withTurn(told.tool(500, lookup), { kind: 'queued', state }))).toBe(
    'passed: tool_results, retry_count kept for later',
  );
});
