import { describe, expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { TaskEvidence } from '../core/evidence.ts';
import type { LogRecord } from '../core/outcome.ts';
import type { EventOf } from '../core/trace.ts';
import { evidence, failover, held, ORDERS, plain, story, verdictOf, worded } from './evidence.fixture.ts';
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
const judge = (over: Partial<LogRecord>, by: TaskEvidence = on) => verdictOf(check, by, {}, log([record(over)]));
const WELL = { failure_mode: null, fallback_model: null, latency_ms: 900, cost_usd: 0.001, degraded: false } as const;

test('a record that agrees passes', () => {
  expect(worded(judge({}))).toBe('passed: logged: gpt-5-mini timeout → claude-haiku-4-5, 2900 ms, $0.0021');
});

test.each<[Partial<LogRecord>, string]>([
  [{ primary_model: 'gpt-6' }, 'primary_model is gpt-6 in the log, gpt-5-mini on the wire'],
  [{ primary_model: 'gpt-5' }, 'primary_model is gpt-5 in the log, gpt-5-mini on the wire'],
  [{ fallback_model: null }, 'fallback_model is null in the log, claude-haiku-4-5 on the wire'],
  [{ fallback_model: 'gpt-5-mini' }, 'fallback_model is gpt-5-mini in the log, claude-haiku-4-5 on the wire'],
  [{ failure_mode: 'rate_limit' }, 'failure_mode is rate_limit in the log, timeout on the wire'],
  [{ failure_mode: 'unknown' }, 'failure_mode is unknown in the log, timeout on the wire'],
  [{ failure_mode: null }, 'failure_mode is null in the log, timeout on the wire'],
  [{ latency_ms: 2000 }, 'latency_ms is 2000 in the log, 3000 on the wire'],
  [{ latency_ms: 2.9 }, 'latency_ms is 2.9 in the log, 3000 on the wire'],
  [{ cost_usd: 0.004 }, 'cost_usd is 0.004 in the log, $0.0020 on the wire'],
  [{ cost_usd: null }, 'cost_usd is null in the log, $0.0020 on the wire'],
  [{ degraded: false }, 'degraded is false in the log, true in the outcome'],
  [{ tenant_hash: ' ' }, 'tenant_hash is empty in the log'],
  [{ trace_id: '' }, 'trace_id is empty in the log'],
  [{ source_ids: ['policy_v3', 'policy_v9'] }, 'source_ids has policy_v9, which is no source of this task'],
])('%o', (over, reason) => {
  expect(judge(over)).toMatchObject({ verdict: 'failed', reason });
});

test.each<Partial<LogRecord>>([
  { primary_model: 'openai/gpt-5-mini', fallback_model: 'claude-haiku-4-5-20251001' },
  { schema_status: 'not_checked', quality_gate: 'not_run' },
  { schema_status: 'repaired' },
  { source_ids: ['doc:policy_v3', 'order_9'], schema_version: 'v4' },
  { source_ids: [] },
  { task_id: '018f7b1e-5d2c-7cc3-98c4-dc0c0c07398f' },
  { tool_mode: 'none' },
])('%o is as good', (over) => {
  expect(worded(judge(over))).toMatch(/^passed/);
});

test('a list of no sources is false where the reply cites some, whatever the list is of', () => {
  const cites = ['policy_v3', 'order_9'];
  const answered = (over: object, role = 'primary') =>
    evidence(
      story(2)
        .ask()
        .call(role, 0, { until: 900, ...over })
        .outcome(900),
    );
  const none = { ...WELL, source_ids: [] };
  expect(worded(judge(none, answered({ cites })))).toBe(
    'failed: source_ids is empty in the log, but the reply of primary cites policy_v3, order_9',
  );
  for (const source_ids of [['policy_v3'], undefined])
    expect(worded(judge({ ...WELL, source_ids }, answered({ cites })))).toMatch(/^passed/);
  expect(worded(judge(none, answered({})))).toMatch(/^passed/);
  const several = log([record({ ...none, cost_usd: 0 }), record({ ...WELL, source_ids: ['order_9'] })]);
  expect(worded(verdictOf(check, answered({ cites }), {}, several))).toMatch(/^passed/);
});

test('a record of another task is none of this one', () => {
  const other = log([record()], { other_tasks: ['u-3'] });
  expect(worded(verdictOf(check, on, {}, other))).toBe('failed: task_id is u-3 in the log, t was asked');
});

test('a failover without a record fails', () => {
  for (const none of [undefined, log([])])
    expect(worded(verdictOf(check, on, {}, none))).toBe('failed: backup was called, but no log record says so');
});

test('a second opinion beside the answer of the first choice is no failover', () => {
  const told = story(2).ask().call('backup', 0, { until: 800 }).call('primary', 0, { until: 900 }).outcome(900);
  expect(verdictOf(check, evidence(told)).verdict).toBe('inconclusive');
  for (const fallback_model of [null, 'claude-haiku-4-5'])
    expect(worded(judge({ ...WELL, cost_usd: 0.002, fallback_model }, evidence(told)))).toMatch(/^passed/);
});

test('a spared primary may be logged with any earlier failure, or as not asked at all', () => {
  const told = story(2).ask().call('backup', 0, { until: 900 }).outcome(900, { degraded: true });
  const said = { latency_ms: 900, cost_usd: 0.001 };
  for (const failure_mode of ['rate_limit', null] as const)
    expect(judge({ ...said, failure_mode }, evidence(told)).verdict).toBe('passed');
  const first = { ...said, failure_mode: null, primary_model: 'claude-haiku-4-5', fallback_model: null };
  expect(judge(first, evidence(told)).verdict).toBe('passed');
});

test('an ordinary task may log or not, but only what is so', () => {
  const quiet = evidence(plain());
  expect(verdictOf(check, quiet).verdict).toBe('inconclusive');
  expect(verdictOf(check, quiet, {}, log([])).verdict).toBe('inconclusive');
  expect(judge(WELL, quiet).verdict).toBe('passed');
  for (const failure_mode of ['timeout', 'schema_error', 'quality_regression'] as const)
    expect(judge({ ...WELL, failure_mode }, quiet).verdict).toBe('failed');
  expect(judge({ ...WELL, schema_status: 'not_checked', quality_gate: 'not_run' }, quiet).verdict).toBe('passed');
});

describe('why the first choice was left', () => {
  const bothFail = (mode: 'rate_limit' | 'overloaded' | 'truncated' | 'auth') =>
    evidence(
      story(2)
        .ask()
        .call('primary', 0, { until: 1000, fails: 'server_error' })
        .call('backup', 1000, { until: 2000, fails: mode })
        .outcome(2000, { kind: 'queued', answer: undefined, degraded: true }),
    );
  const said = { latency_ms: 2000, cost_usd: 0.002, schema_status: 'not_checked', quality_gate: 'not_run' } as const;

  test('any role of the chain may be blamed, by any name that fits what was seen', () => {
    for (const failure_mode of ['server_error', 'rate_limit'] as const)
      expect(judge({ ...said, failure_mode }, bothFail('rate_limit')).verdict).toBe('passed');
    expect(judge({ ...said, failure_mode: 'rate_limit' }, bothFail('overloaded')).verdict).toBe('passed');
    for (const failure_mode of ['malformed_response', 'network', 'schema_error'] as const)
      expect(judge({ ...said, failure_mode }, bothFail('truncated')).verdict).toBe('passed');
    for (const failure_mode of ['timeout', 'auth', 'malformed_response', null] as const)
      expect(judge({ ...said, failure_mode }, bothFail('rate_limit')).verdict).toBe('failed');
  });

  test('a role that may not see the data needs no call to be left', () => {
    const contract = Contract.parse({ workflow: 'w', residency: { acme: ['eu'] } });
    const kept = { ...bothFail('rate_limit'), contract };
    expect(judge({ ...said, failure_mode: 'regional_access' }, kept).verdict).toBe('passed');
    expect(judge({ ...said, failure_mode: 'regional_access' }, bothFail('rate_limit')).verdict).toBe('failed');
  });

  test('a failure that a retry mended may be told or not', () => {
    const mended = story(2)
      .ask()
      .call('primary', 0, { until: 400, fails: 'server_error' })
      .call('primary', 500, { until: 900 })
      .outcome(900);
    for (const failure_mode of ['server_error', null] as const)
      expect(judge({ ...WELL, failure_mode, cost_usd: 0.002 }, evidence(mended)).verdict).toBe('passed');
  });

  test('whoever was overtaken by another did not fail', () => {
    const hedged = story(2)
      .ask()
      .call('primary', 0, { until: 950, fails: 'left' })
      .call('backup', 300, { until: 900 })
      .outcome(1000, { degraded: true });
    for (const failure_mode of ['timeout', null] as const)
      expect(judge({ latency_ms: 1000, cost_usd: 0.002, failure_mode }, evidence(hedged)).verdict).toBe('passed');
  });

  test('what only the target can see is believed where a reply of the first choice was altered', () => {
    const told = story(2)
      .ask()
      .call('primary', 0, { until: 900, fault: 'any' })
      .call('backup', 900, { until: 1800 })
      .outcome(1800, { degraded: true });
    const seen = { latency_ms: 1800, cost_usd: 0.002 };
    for (const failure_mode of ['schema_error', 'quality_regression', null] as const)
      expect(judge({ ...seen, failure_mode }, evidence(told)).verdict).toBe('passed');
    expect(judge({ ...seen, failure_mode: 'timeout' }, evidence(told)).verdict).toBe('failed');
  });
});

describe('what was checked', () => {
  const stops = (
    last: Parameters<ReturnType<typeof story>['call']>[2],
    kind: 'needs_review' | 'queued' = 'needs_review',
  ) =>
    story(2)
      .ask()
      .call('primary', 0, { until: 2000, fails: 'left', fault: 'hang' })
      .call('backup', 2000, { until: 2900, ...last })
      .outcome(3000, { kind, answer: undefined, degraded: true });
  const altered = evidence(stops({ fault: 'any' }));

  test('a reply that was altered, and came to nothing, passed neither schema and gate', () => {
    expect(worded(judge({}, altered))).toBe(
      "failed: quality_gate is passed in the log, but backup's last reply was not what its model had written, and the outcome is needs_review",
    );
    expect(judge({ schema_status: 'not_checked' }, altered).verdict).toBe('failed');
    for (const so of [
      { schema_status: 'invalid', quality_gate: 'not_run' },
      { schema_status: 'valid', quality_gate: 'failed' },
      { schema_status: 'not_checked', quality_gate: 'not_run' },
      { schema_status: 'invalid' },
    ] as const)
      expect(judge(so, altered).verdict, JSON.stringify(so)).toBe('passed');
  });

  test('a reply that cannot be read is not valid', () => {
    const garbled = evidence(stops({ fails: 'malformed_response' }));
    for (const schema_status of ['valid', 'repaired'] as const)
      expect(worded(judge({ schema_status, quality_gate: 'not_run' }, garbled))).toMatch(
        /^failed: schema_status is (valid|repaired) in the log, but backup's last reply could not be read/,
      );
    expect(judge({ schema_status: 'invalid', quality_gate: 'not_run' }, garbled).verdict).toBe('passed');
  });

  test('whatever stopped it after a good reply, or after none, says nothing of the checks', () => {
    expect(judge({}, evidence(stops({}))).verdict).toBe('passed');
    expect(judge({}, evidence(stops({ fails: 'server_error' }, 'queued'))).verdict).toBe('passed');
    const repairTimedOut = story(2)
      .ask()
      .call('primary', 0, { until: 900, fault: 'any' })
      .call('primary', 900, { until: 2900, fails: 'left' })
      .outcome(3000, { kind: 'queued', answer: undefined, degraded: true });
    expect(judge({ fallback_model: null }, evidence(repairTimedOut)).verdict).toBe('passed');
    const verifierSaysNo = story(2)
      .ask()
      .call('primary', 0, { until: 900, fault: 'any' })
      .call('verifier', 900, { until: 2900 })
      .outcome(3000, { kind: 'needs_review', answer: undefined, degraded: true });
    expect(judge({ fallback_model: null, failure_mode: null }, evidence(verifierSaysNo)).verdict).toBe('passed');
  });

  test('what was handed out and follows the schema is not invalid, unless some reply was', () => {
    const schema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
    const contract = Contract.parse({ workflow: 'w', output: { schema } });
    const data = { answer: 'Yes.' };
    const good = story(2).ask().call('primary', 0, { until: 900 }).outcome(900, { data });
    const invalid = { ...WELL, schema_status: 'invalid' } as const;
    expect(judge(invalid, evidence(good, { contract })).verdict).toBe('failed');
    const mended = story(2)
      .ask()
      .call('primary', 0, { until: 400, fault: 'any' })
      .call('primary', 400, { until: 900 })
      .outcome(900, { data });
    for (const schema_status of ['invalid', 'repaired', 'valid'] as const)
      expect(judge({ ...WELL, cost_usd: 0.002, schema_status }, evidence(mended, { contract })).verdict).toBe('passed');
  });
});

test('tool_mode is that of the role that answered, or what the outcome says', () => {
  const by = (tool_mode?: 'read-only' | 'full') =>
    evidence(failover({ degraded: true, ...(tool_mode && { tool_mode }) }), { contract: ORDERS });
  expect(judge({ tool_mode: 'plan-only' }, by()).verdict).toBe('passed');
  expect(judge({ tool_mode: 'read-only' }, by('read-only')).verdict).toBe('passed');
  expect(judge({ tool_mode: 'none' }, by('read-only')).verdict).toBe('failed');
  expect(worded(judge({ tool_mode: 'full' }, by()))).toBe(
    'failed: tool_mode is full in the log, backup is in mode plan-only',
  );
  const stopped = story(2)
    .ask()
    .call('primary', 0, { until: 2000, fails: 'left' })
    .call('backup', 2000, { until: 2900, fails: 'server_error' })
    .outcome(3000, { kind: 'queued', answer: undefined, degraded: true, tool_mode: 'full' });
  for (const tool_mode of ['full', 'plan-only', 'none'] as const)
    expect(judge({ tool_mode }, evidence(stopped, { contract: ORDERS })).verdict).toBe('passed');
  expect(judge({ tool_mode: 'read-only' }, evidence(stopped, { contract: ORDERS })).verdict).toBe('failed');
});

test('where the outcome does not say whether it is degraded, the path does', () => {
  const silent = evidence(failover());
  expect(judge({}, silent).verdict).toBe('passed');
  expect(worded(judge({ degraded: false }, silent))).toBe('failed: degraded is false in the log, true on the wire');
});

test('the log line may be written before the outcome is out, but after the reply', () => {
  const slow = evidence(
    story(2)
      .ask()
      .call('primary', 0, { until: 2000, fails: 'left', fault: 'hang' })
      .call('backup', 2000, { until: 2900 })
      .outcome(5000, { degraded: true }),
  );
  for (const latency_ms of [2900, 4000, 5000]) expect(judge({ latency_ms }, slow).verdict).toBe('passed');
  for (const latency_ms of [900, 2000, 5600]) expect(judge({ latency_ms }, slow).verdict).toBe('failed');
});

describe('a record for each attempt', () => {
  const first = record({
    ...WELL,
    failure_mode: 'timeout',
    latency_ms: 2000,
    cost_usd: 0.001,
    quality_gate: 'not_run',
  });
  const second = record({
    ...WELL,
    primary_model: 'claude-haiku-4-5',
    latency_ms: 900,
    cost_usd: 0.001,
    degraded: true,
  });
  const judged = (...records: LogRecord[]) => verdictOf(check, on, {}, log(records));

  test('agrees where together they tell it all', () => {
    expect(worded(judged(first, second))).toMatch(/^passed/);
    expect(worded(judged(first, { ...second, latency_ms: 3000, cost_usd: 0.002 }))).toMatch(/^passed/);
  });

  test('does not where one is false, or one is missing', () => {
    expect(worded(judged({ ...first, failure_mode: 'auth' }, second))).toContain('failure_mode is auth');
    expect(worded(judged({ ...first, failure_mode: null }, second))).toContain('failure_mode is null');
    expect(worded(judged(second))).toContain('primary_model is claude-haiku-4-5');
    expect(worded(judged(first, first))).toContain('fallback_model is null');
    expect(worded(judged({ ...first, source_ids: ['x'] }, second))).toContain('source_ids has x');
  });
});

test.each([null, 0, 7])('where nobody knows the price of a call, a cost of %s is not compared', (cost_usd) => {
  const told = story(2).ask().call('primary', 0, { until: 900, cost_usd: null }).outcome(900);
  expect(worded(judge({ ...WELL, cost_usd }, evidence(told)))).toMatch(/^passed/);
});

test('what was before the first call of a process, nobody can count who is in it', () => {
  const told = story(2).ask().call('primary', 1100, { until: 1900 }).outcome(2000, { degraded: false });
  const seen = (start_ms: number) => judge({ ...WELL, latency_ms: 850 }, { ...evidence(told), start_ms }).verdict;
  // The least of the baseline's starts was 700 ms.
  expect(seen(700)).toBe('passed');
  expect(seen(0)).toBe('failed');
  expect(judge({ ...WELL, latency_ms: 400 }, { ...evidence(told), start_ms: 700 }).verdict).toBe('failed');
});
