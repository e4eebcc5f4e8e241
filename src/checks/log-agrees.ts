import type { LogRecord } from '../core/outcome.ts';
import { type Case, defineLogCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { Seen } from '../core/seen.ts';
import type { EventOf } from '../core/trace.ts';
import { usd, when } from './words.ts';

/** What the target logs of a failover is what the wire saw, and holds no raw prompt and no raw tenant. */
export const logAgrees = defineLogCheck({
  name: 'log-agrees',
  summary: 'A failover is logged, and the log agrees with the wire',
  severity: 'critical',
  feature: 'log',
  reads: "the target's own log, model and cost, and the calls",
  implies: () => ({}),
  judge(on, log) {
    const { ask, outcome, calls } = on.seen;
    if (ask === undefined || outcome === undefined) return nothingToJudge('no outcome, so no log');
    const later = calls.find((c) => on.declares.chain.slice(1).includes(c.call.role));
    const record = log?.records.at(-1);
    const proof = [ask, ...calls, outcome, log];
    if (later !== undefined && record === undefined)
      return failed(`${later.call.role} was called, but no log record says so`, proof);
    if (log === undefined) return nothingToJudge('no failover and no log');

    const wrong = [
      ...(record === undefined ? [] : recordErrors(record, on, outcome, outcome.at - ask.at)),
      ...when(log.held_input || log.held.sources.length > 0, 'the log holds the raw prompt'),
      ...when(log.held.canaries.length > 0, "the log holds a tenant's data"),
      ...claimErrors(log, on),
    ];
    if (wrong.length > 0) return failed(wrong.join('; '), proof);
    if (record === undefined && log.model === undefined && log.cost_usd === undefined)
      return nothingToJudge('no failover and no log record');
    return passed(record === undefined ? 'what it says of itself agrees with the wire' : told(record), proof);
  },
});

const told = (r: LogRecord) =>
  `logged: ${r.primary_model} ${r.failure_mode ?? 'ok'}${r.fallback_model === null ? '' : ` → ${r.fallback_model}`}, ${r.latency_ms} ms, ${usd(r.cost_usd)}`;

function recordErrors(r: LogRecord, on: Case, { outcome }: EventOf<'outcome'>, tookMs: number): string[] {
  const { calls, servers, spent } = on.seen;
  const serving = servers.at(-1);
  const [first = '', ...others] = on.declares.chain;
  const names = (role: string) => [
    on.roles[role]?.model,
    ...calls.filter((c) => c.call.role === role).map((c) => c.call.model),
  ];

  const tried = others.filter((role) => calls.some((c) => c.call.role === role));
  const byLater = serving !== undefined && serving.call.role !== first;
  const fallbacks = byLater ? names(serving.call.role) : [null, ...tried.flatMap(names)];

  const onFirst = calls.filter((c) => c.call.role === first);
  // A caller that neither got a reply nor hung up gave up waiting.
  const modes = onFirst.flatMap((c) => (c.ok ? [] : [c.failureMode ?? 'timeout']));
  const modeIsTrue =
    onFirst.length === 0 ||
    (UNSEEN.includes(r.failure_mode) && onFirst.some((c) => c.ok)) ||
    modes.some((m) => m === r.failure_mode) ||
    (r.failure_mode === null && (modes.length === 0 || !byLater));

  const degraded = outcome.degraded ?? false;
  const differs = (so: boolean, key: keyof LogRecord, wire: string) =>
    when(so, `${key} is ${String(r[key])} in the log, ${wire} on the wire`);
  return [
    ...differs(!names(first).includes(r.primary_model), 'primary_model', names(first)[0] ?? 'unknown'),
    ...differs(!fallbacks.includes(r.fallback_model ?? null), 'fallback_model', String(fallbacks[0])),
    ...differs(!modeIsTrue, 'failure_mode', modes[0] ?? 'null'),
    ...differs(Math.abs(r.latency_ms - tookMs) > 250, 'latency_ms', String(tookMs)),
    ...differs(!costAgrees(r.cost_usd, on.seen), 'cost_usd', usd(spent.usd)),
    ...when(r.degraded !== degraded, `degraded is ${r.degraded} in the log, ${degraded} in the outcome`),
    ...when(r.tenant_hash === on.task.tenant, 'tenant_hash is the raw tenant'),
  ];
}

/** Failures that only the target knows: the reply was whole. */
const UNSEEN: readonly (string | null)[] = ['schema_error', 'quality_regression', 'tool_mismatch', 'cost_spike'];

/** What a garbled or broken reply cost is billed all the same, and cannot be read out of it. */
function costAgrees(said: number, { calls, spent: { usd: wire } }: Seen): boolean {
  const unread = calls.filter((c) => c.end !== undefined && UNREAD.includes(c.failureMode));
  const least = wire - unread.reduce((sum, c) => sum + (c.end?.cost_usd ?? 0), 0);
  const slack = Math.max(0.2 * wire, 0.001) + 1e-9;
  return said >= least - slack && said <= wire + slack;
}
const UNREAD: readonly (string | null)[] = ['malformed_response', 'truncated', 'network'];

/** What the target says beside its log. */
function claimErrors({ model, cost_usd }: EventOf<'log'>, { seen, roles }: Case): string[] {
  const served = seen.servers.at(-1)?.call;
  const another =
    model !== undefined && served !== undefined && ![served.model, roles[served.role]?.model].includes(model);
  const spent = usd(seen.spent.usd);
  return [
    ...when(another, `the outcome says ${model} answered, on the wire ${served?.model} did`),
    ...(cost_usd === undefined || costAgrees(cost_usd, seen)
      ? []
      : [`the outcome says ${usd(cost_usd)}, on the wire ${spent}`]),
  ];
}
