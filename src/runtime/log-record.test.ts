import { expect, test } from 'vitest';
import { LogRecord } from '../core/outcome.ts';
import type { Attempt, FailoverResult } from './failover.ts';
import { type AskFacts, fingerprint, logRecord } from './log-record.ts';

const FACTS: AskFacts = {
  taskId: 't1',
  tenantId: 'acme',
  step: 'answer',
  toolMode: 'none',
  sourceIds: ['policy_v3'],
  schema: { type: 'object' },
  gated: true,
};
const attempt = (role: string, failureMode: Attempt['failureMode'], called = true): Attempt => ({
  role,
  model: `${role}-model`,
  called,
  failureMode,
  latencyMs: 10,
  costUsd: 0,
});
const result = (kind: FailoverResult['kind'], ...attempts: Attempt[]): FailoverResult => ({
  kind,
  attempts,
  latencyMs: 20,
  costUsd: 0.001,
  retries: 0,
  traceId: 'f'.repeat(32),
});

test('one record holds the thirteen fields, the source ids and the schema version', () => {
  const record = logRecord(FACTS, result('answered', attempt('primary', 'timeout'), attempt('backup', null)));
  expect(LogRecord.parse(record)).toEqual(record);
  expect(record).toEqual({
    task_id: 't1',
    tenant_hash: fingerprint('acme'),
    workflow_step: 'answer',
    primary_model: 'primary-model',
    failure_mode: 'timeout',
    fallback_model: 'backup-model',
    tool_mode: 'none',
    schema_status: 'valid',
    quality_gate: 'passed',
    latency_ms: 20,
    cost_usd: 0.001,
    degraded: true,
    trace_id: 'f'.repeat(32),
    source_ids: ['policy_v3'],
    schema_version: fingerprint('{"type":"object"}'),
  });
  expect(record.tenant_hash).toMatch(/^[0-9a-f]{16}$/);
});

test('a retry that helped is no failover, but the failure is told', () => {
  const record = logRecord(FACTS, result('answered', attempt('primary', 'server_error'), attempt('primary', null)));
  expect(record).toMatchObject({ failure_mode: 'server_error', fallback_model: null, degraded: false });
});

test('a spared role was no fallback', () => {
  const record = logRecord(FACTS, result('queued', attempt('primary', 'timeout'), attempt('backup', 'timeout', false)));
  expect(record).toMatchObject({ fallback_model: null, schema_status: 'not_checked', quality_gate: 'not_run' });
});

test('an answer that broke its schema or its gate is told as such', () => {
  const broken = logRecord(FACTS, result('needs_review', attempt('primary', 'schema_error')));
  expect(broken).toMatchObject({ schema_status: 'invalid', quality_gate: 'not_run', degraded: true });
  const gated = logRecord(FACTS, result('needs_review', attempt('primary', 'quality_regression')));
  expect(gated).toMatchObject({ schema_status: 'valid', quality_gate: 'failed' });
  const free = logRecord({ ...FACTS, schema: undefined, gated: false }, result('answered', attempt('primary', null)));
  expect(free).toMatchObject({ schema_status: 'not_checked', quality_gate: 'not_run' });
  expect(free).not.toHaveProperty('schema_version');
});
