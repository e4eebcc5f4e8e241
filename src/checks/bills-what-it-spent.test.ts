import { expect, test } from 'vitest';
import type { EventOf } from '../core/trace.ts';
import { billsWhatItSpent as check } from './bills-what-it-spent.ts';
import { evidence, failover, held, story, verdictOf, worded } from './evidence.fixture.ts';

const log = (cost_usd?: number): EventOf<'log'> => ({
  ...{ kind: 'log', seq: 7, at: 3000, drill: 'd', phase: 'outage', ask: 2, task: 't' },
  ...{ records: [], held: held(), held_input: false, ...(cost_usd !== undefined && { cost_usd }) },
});
const dear = (fails?: 'malformed_response' | 'left', until = 900) =>
  evidence(
    story(2)
      .ask()
      .call('primary', 0, { until, cost_usd: 0.01, ...(fails && { fails }) })
      .call('backup', 900, { until: 1800, cost_usd: 0.01 })
      .call('verifier', 1800, { until: 2000, cost_usd: 0.01 })
      .outcome(2000),
  );
const judge = (cost_usd: number, on = dear()) => worded(verdictOf(check, on, {}, log(cost_usd)));

test('every call is billed, those beside the answer too, within a fifth', () => {
  for (const cost of [0.03, 0.025, 0.036]) expect(judge(cost)).toMatch(/^passed/);
  expect(judge(0.03)).toBe('passed: the outcome says $0.0300, on the wire $0.0300');
});

test.each([0, 0.01, 0.02, 0.04])('$%d is not what it spent', (cost) => {
  expect(judge(cost)).toBe(`failed: the outcome says $${cost.toFixed(4)}, on the wire $0.0300`);
});

test('what cannot be read out of a garbled reply, and what ends after the outcome, may be left out', () => {
  for (const on of [dear('malformed_response'), dear('left', 2500)]) {
    for (const cost of [0.02, 0.03]) expect(judge(cost, on)).toMatch(/^passed/);
    expect(judge(0.01, on)).toMatch(/^failed/);
  }
  expect(judge(0.02, dear('left'))).toMatch(/^failed/);
});

test('an outcome that stops is billed as well', () => {
  const queued = evidence(failover({ kind: 'queued', answer: undefined }));
  expect(judge(0.002, queued)).toMatch(/^passed/);
  expect(judge(0.004, queued)).toMatch(/^failed/);
});

test('without a cost there is nothing to judge', () => {
  for (const none of [log(), undefined])
    expect(worded(verdictOf(check, dear(), {}, none))).toBe('inconclusive: the outcome states no cost');
});

test('nor where nobody knows the price of a call', () => {
  const told = story(2).ask().call('primary', 0, { until: 900, cost_usd: null }).outcome(900);
  expect(judge(7, evidence(told))).toBe(
    'inconclusive: price unknown of what primary was asked: `price` on a role gives it',
  );
});

test('a sum of next to nothing is one as well; what is rounded off is none', () => {
  const cheap = evidence(story(2).ask().call('primary', 0, { until: 500, cost_usd: 0.0004 }).outcome(600));
  for (const cost of [0.0004, 0.00035, 0, 0.001]) expect(judge(cost, cheap)).toMatch(/^passed/);
  for (const cost of [1e-7, 0.00001, 0.0001, 0.00026]) expect(judge(cost, cheap)).toMatch(/^failed/);
});
