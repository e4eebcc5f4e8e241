import { hash } from 'node:crypto';
import type { LogRecord } from '../core/outcome.ts';
import type { Attempt, FailoverResult } from './failover.ts';

/** The first 64 bits of a SHA-256, as 16 hex digits: enough to match records, too little to read them. */
export function fingerprint(text: string): string {
  return hash('sha256', text).slice(0, 16);
}

/** What only the workflow knows of an ask. */
export interface AskFacts {
  taskId: string;
  tenantId: string;
  step: string;
  toolMode: LogRecord['tool_mode'];
  sourceIds: readonly string[];
  /** The schema that was asked for, if any. */
  schema: Record<string, unknown> | undefined;
  /** Whether the contract had a quality gate. */
  gated: boolean;
}

/** One record for one ask: enough to replay an incident, without the question, the answer or the tenant's name. */
export function logRecord(facts: AskFacts, { kind, attempts, ...rest }: FailoverResult): LogRecord {
  const primary = attempts[0];
  const ofPrimary = attempts.filter((a) => a.role === primary?.role);
  const fallback = attempts.filter((a) => a.role !== primary?.role && a.called).at(-1);
  const decisive = attempts.filter((a) => a.called).at(-1);
  return {
    task_id: facts.taskId,
    tenant_hash: fingerprint(facts.tenantId),
    workflow_step: facts.step,
    primary_model: primary?.model ?? 'none',
    failure_mode: lastFailure(ofPrimary.some((a) => a.called) ? ofPrimary.filter((a) => a.called) : ofPrimary),
    fallback_model: fallback?.model ?? null,
    tool_mode: facts.toolMode,
    schema_status: facts.schema === undefined ? 'not_checked' : schemaStatus(decisive),
    quality_gate: facts.gated ? gateStatus(decisive) : 'not_run',
    latency_ms: rest.latencyMs,
    cost_usd: rest.costUsd,
    // Whatever is not a whole answer from the primary is less than the full service.
    degraded: kind !== 'answered' || fallback !== undefined,
    trace_id: rest.traceId,
    source_ids: [...facts.sourceIds],
    ...(facts.schema && { schema_version: fingerprint(JSON.stringify(facts.schema)) }),
  };
}

const lastFailure = (attempts: readonly Attempt[]) =>
  attempts.findLast((a) => a.failureMode !== null)?.failureMode ?? null;

/** The schema was checked only where a whole reply came. */
function schemaStatus(decisive: Attempt | undefined): LogRecord['schema_status'] {
  if (decisive?.failureMode === 'schema_error') return 'invalid';
  return decisive?.failureMode === null || decisive?.failureMode === 'quality_regression' ? 'valid' : 'not_checked';
}

function gateStatus(decisive: Attempt | undefined): LogRecord['quality_gate'] {
  if (decisive?.failureMode === 'quality_regression') return 'failed';
  return decisive?.failureMode === null ? 'passed' : 'not_run';
}
