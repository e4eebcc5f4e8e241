import { z } from 'zod';
import { callsOf, firstOf, type TaskEvidence } from '../core/evidence.ts';
import type { LogRecord } from '../core/outcome.ts';
import { defineLogCheck } from '../core/plugin.ts';
import type { EventOf, TraceEvent } from '../core/trace.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { servingCall, spentIn } from './serving.ts';
import { usd } from './words.ts';

/** What the target logs of a failover is what the wire saw, and holds no raw prompt and no raw tenant. */
export const logAgrees = defineLogCheck({
  name: 'log-agrees',
  summary: 'A failover is logged, and the log agrees with the wire',
  severity: 'critical',
  feature: 'log',
  reads: "the target's own log, model and cost, and the calls",
  params: z.strictObject({}),
  example: 'log-agrees: {}',
  implies: () => ({}),
  judge(evidence, log) {
    const { events, declares } = evidence;
    const ask = firstOf(events, 'ask');
    const outcome = firstOf(events, 'outcome');
    if (ask === undefined || outcome === undefined) return nothingToJudge('no outcome, so no log');
    const later = callsOf(events).filter((c) => declares.chain.slice(1).includes(c.call.role));
    const record = log?.records.at(-1);
    const calls = callsOf(events).flatMap((c) => c.seqs);
    const seqs = [ask.seq, ...calls, outcome.seq, ...(log === undefined ? [] : [log.seq])];
    if (later.length > 0 && record === undefined)
      return failed(`${later[0]?.call.role} was called, but no log record says so`, seqs);
    if (log === undefined) return nothingToJudge('no failover and no log');

    const wrong = [
      ...(record === undefined ? [] : recordErrors(record, evidence, outcome, outcome.at - ask.at)),
      ...leaks(log),
      ...claimErrors(log, evidence),
    ];
    if (wrong.length > 0) return failed(wrong.join('; '), seqs);
    if (record === undefined && log.model === undefined && log.cost_usd === undefined)
      return nothingToJudge('no failover and no log record');
    return passed(record === undefined ? 'what it says of itself agrees with the wire' : told(record), seqs);
  },
});

const told = (r: LogRecord) =>
  `logged: ${r.primary_model} ${r.failure_mode ?? 'ok'}${r.fallback_model === null ? '' : ` → ${r.fallback_model}`}, ${r.latency_ms} ms, ${usd(r.cost_usd)}`;

function recordErrors(r: LogRecord, evidence: TaskEvidence, outcome: EventOf<'outcome'>, tookMs: number): string[] {
  const { events, declares, roles } = evidence;
  const [first = '', ...others] = declares.chain;
  const calls = callsOf(events);
  const served = servingCall(events, declares.chain);
  const names = (role: string) => [
    roles[role]?.model,
    ...calls.filter((c) => c.call.role === role).map((c) => c.call.model),
  ];

  const tried = others.filter((role) => calls.some((c) => c.call.role === role));
  const byLater = served !== undefined && served.call.role !== first;
  const fallbacks = byLater ? names(served.call.role) : [null, ...tried.flatMap(names)];

  const onFirst = calls.filter((c) => c.call.role === first);
  // A caller that neither got a reply nor hung up gave up waiting.
  const modes = onFirst.flatMap((c) => (c.ok ? [] : [c.failureMode ?? 'timeout']));
  const spared = onFirst.length === 0;
  const modeIsTrue =
    spared ||
    (UNSEEN.includes(r.failure_mode) && onFirst.some((c) => c.ok)) ||
    modes.some((m) => m === r.failure_mode) ||
    (r.failure_mode === null && (modes.length === 0 || !byLater));

  const degraded = outcome.outcome.degraded ?? false;
  const say = (key: keyof LogRecord, wire: string) => `${key} is ${String(r[key])} in the log, ${wire} on the wire`;
  return [
    ...(names(first).includes(r.primary_model) ? [] : [say('primary_model', names(first)[0] ?? 'unknown')]),
    ...(fallbacks.includes(r.fallback_model ?? null) ? [] : [say('fallback_model', String(fallbacks[0]))]),
    ...(modeIsTrue ? [] : [say('failure_mode', modes[0] ?? 'null')]),
    ...(Math.abs(r.latency_ms - tookMs) <= 250 ? [] : [say('latency_ms', String(tookMs))]),
    ...(costAgrees(r.cost_usd, events) ? [] : [say('cost_usd', usd(spentIn(events).usd))]),
    ...(r.degraded === degraded ? [] : [`degraded is ${r.degraded} in the log, ${degraded} in the outcome`]),
    ...(r.tenant_hash === evidence.task.tenant ? ['tenant_hash is the raw tenant'] : []),
  ];
}

/** Failures that only the target knows: the reply was whole. */
const UNSEEN: readonly (string | null)[] = ['schema_error', 'quality_regression', 'tool_mismatch', 'cost_spike'];

/** What a garbled or broken reply cost is billed all the same, and cannot be read out of it. */
function costAgrees(said: number, events: readonly TraceEvent[]): boolean {
  const { usd: wire } = spentIn(events);
  const unread = callsOf(events).filter((c) => c.end !== undefined && UNREAD.includes(c.failureMode));
  const least = wire - unread.reduce((sum, c) => sum + (c.end?.cost_usd ?? 0), 0);
  const slack = Math.max(0.2 * wire, 0.001) + 1e-9;
  return said >= least - slack && said <= wire + slack;
}
const UNREAD: readonly (string | null)[] = ['malformed_response', 'truncated', 'network'];

function leaks(log: EventOf<'log'>): string[] {
  const raw = log.held_input || log.held.sources.length > 0;
  return [
    ...(raw ? ['the log holds the raw prompt'] : []),
    ...(log.held.canaries.length > 0 ? ["the log holds a tenant's data"] : []),
  ];
}

function claimErrors(log: EventOf<'log'>, { events, declares, roles }: TaskEvidence): string[] {
  const served = servingCall(events, declares.chain)?.call;
  const names = served === undefined ? [] : [served.model, roles[served.role]?.model];
  const spent = spentIn(events).usd;
  return [
    ...(log.model === undefined || served === undefined || names.includes(log.model)
      ? []
      : [`the outcome says ${log.model} answered, on the wire ${served.model} did`]),
    ...(log.cost_usd === undefined || costAgrees(log.cost_usd, events)
      ? []
      : [`the outcome says ${usd(log.cost_usd)}, on the wire ${usd(spent)}`]),
  ];
}
