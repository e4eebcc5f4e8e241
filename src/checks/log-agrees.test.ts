import { expect, test } from 'vitest';
import type { LogRecord } from '../core/outcome.ts';
import type { EventOf } from '../core/trace.ts';
import { evidence, failover, held, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { logAgrees as check } from './log-agrees.ts';

const record = (over: Partial<LogRecord> = {}): LogRecord => ({
  ...{ task_id: 't#2', tenant_hash: '5f2a', workflow_step: 'answer', primary_model: 'gpt-5-mini' },
  ...{ failure_mode: 'timeout', fallback_model: 'claude-haiku-4-5', tool_mode: 'full', schema_status: 'valid' },
  ...{ quality_gate: 'passed', latency_ms: 2900, cost_usd: 0.0021, degraded: true, trace_id: 'x' },
  ...over,
});
const log = (records: LogRecord[], over: Partial<EventOf<'log'>> = {}): EventOf<'log'> => ({
  ...{ kind: 'log', seq: 7, at: 3000, drill: 'd', phase: 'outage', ask: 2, task: 't' },
  ...{ records, held: held(), held_input: false },
  ...over,
});
const on = evidence(failover({ degraded: true }));
const judge = (over: Partial<LogRecord>, inLog: Partial<EventOf<'log'>> = {}) =>
  verdictOf(check, on, {}, log([record(over)], inLog));

test('a record that agrees passes', () => {
  expect(worded(judge({}, { model: 'claude-haiku-4-5', cost_usd: 0.002 }))).toBe(
    'passed: logged: gpt-5-mini timeout → claude-haiku-4-5, 2900 ms, $0.0021',
  );
});

test.each<[Partial<LogRecord>, string]>([
  [{ primary_model: 'gpt-6' }, 'primary_model is gpt-6 in the log, gpt-5-mini on the wire'],
  [{ fallback_model: null }, 'fallback_model is null in the log, claude-haiku-4-5 on the wire'],
  [{ failure_mode: 'rate_limit' }, 'failure_mode is rate_limit in the log, timeout on the wire'],
  [{ failure_mode: null }, 'failure_mode is null in the log, timeout on the wire'],
  [{ latency_ms: 2000 }, 'latency_ms is 2000 in the log, 3000 on the wire'],
  [{ cost_usd: 0.004 }, 'cost_usd is 0.004 in the log, $0.0020 on the wire'],
  [{ degraded: false }, 'degraded is false in the log, true in the outcome'],
  [{ tenant_hash: 'acme' }, 'tenant_hash is the raw tenant'],
])('%o', (over, reason) => {
  expect(judge(over)).toMatchObject({ verdict: 'failed', reason });
});

test.each<[Partial<EventOf<'log'>>, string]>([
  [{ held_input: true }, 'the log holds the raw prompt'],
  [{ held: held({ sources: ['policy_v3'] }) }, 'the log holds the raw prompt'],
  [{ held: held({ canaries: ['acme'] }) }, "the log holds a tenant's data"],
  [{ model: 'gpt-5-mini' }, 'the outcome says gpt-5-mini answered, on the wire claude-haiku-4-5 did'],
  [{ cost_usd: 0 }, 'the outcome says $0.0000, on the wire $0.0020'],
])('%o', (over, reason) => {
  expect(judge({}, over)).toMatchObject({ verdict: 'failed', reason });
});

test('a failover without a record fails', () => {
  for (const none of [undefined, log([])])
    expect(worded(verdictOf(check, on, {}, none))).toBe('failed: backup was called, but no log record says so');
});

test('a spared primary may be logged with any earlier failure', () => {
  const told = story(2).ask().call('backup', 0, { until: 900 }).outcome(900, { degraded: true });
  for (const failure_mode of ['rate_limit', null] as const) {
    const said = log([record({ failure_mode, latency_ms: 900, cost_usd: 0.001 })]);
    expect(verdictOf(check, evidence(told), {}, said).verdict).toBe('passed');
  }
});

test('an ordinary task may log or not, but only what is so', () => {
  const quiet = { failure_mode: null, fallback_model: null, latency_ms: 900, cost_usd: 0.001, degraded: false };
  expect(verdictOf(check, evidence(plain())).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(plain()), {}, log([])).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(plain()), {}, log([record(quiet)])).verdict).toBe('passed');
  expect(verdictOf(check, evidence(plain()), {}, log([record({ ...quiet, failure_mode: 'timeout' })])).verdict).toBe(
    'failed',
  );
});
