import { expect, test } from 'vitest';
import type { EventOf } from '../core/trace.ts';
import { evidence, failover, held, verdictOf, worded } from './evidence.fixture.ts';
import { logsNothingRaw as check } from './logs-nothing-raw.ts';

const log = (over: Partial<EventOf<'log'>> = {}): EventOf<'log'> => ({
  ...{ kind: 'log', seq: 7, at: 3000, drill: 'd', phase: 'outage', ask: 2, task: 't' },
  ...{ held: held(), held_input: false },
  records: [
    {
      ...{ task_id: 't#2', tenant_hash: '5f2a', workflow_step: 'answer', primary_model: 'gpt-5-mini' },
      ...{ failure_mode: null, fallback_model: null, tool_mode: 'full', schema_status: 'valid' },
      ...{ quality_gate: 'passed', latency_ms: 2900, cost_usd: 0.0021, degraded: true, trace_id: 'x' },
    },
  ],
  ...over,
});
const judge = (over?: Partial<EventOf<'log'>>) => worded(verdictOf(check, evidence(failover()), {}, log(over)));

test('a record that gives nothing away passes', () => {
  expect(judge()).toBe('passed: nothing raw in 1 record');
  expect(judge({ held: held({ source_ids: ['policy_v3'], models: ['backup'] }) })).toMatch(/^passed/);
});

test.each<[Partial<EventOf<'log'>>, string]>([
  [{ held_input: true }, 'the log holds the raw question, or part of it'],
  [{ held: held({ sources: ['policy_v3'] }) }, 'the log holds the text of policy_v3, or part of it'],
  [{ held: held({ canaries: ['acme'] }) }, 'the log holds data of acme'],
  [{ held: held({ keys: ['primary'] }) }, 'the log holds the API key of primary'],
  [{ held_tenant: true }, "the log holds a tenant's name: tenant_hash is there to hide it"],
])('%o', (over, reason) => {
  expect(judge(over)).toBe(`failed: ${reason}`);
});

test('without a record there is nothing to judge', () => {
  expect(judge({ records: [] })).toBe('inconclusive: no log record');
  expect(verdictOf(check, evidence(failover())).verdict).toBe('inconclusive');
});
