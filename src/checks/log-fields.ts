import { leavesWhole } from '../core/effect.ts';
import type { CallView } from '../core/evidence.ts';
import type { LogRecord } from '../core/outcome.ts';
import { OUTCOME_KINDS, ToolMode } from '../core/outcome-kind.ts';
import type { Case } from '../core/plugin.ts';
import { FAILURE_MODES, type FailureMode } from '../core/taxonomy.ts';
import type { EventOf } from '../core/trace.ts';
import { usd, when } from '../text/words.ts';
import { dataErrors } from './content.ts';
import { degradedPath } from './degraded-path.ts';
import { answerers, costAgrees, isModel, modelsOf } from './self-report.ts';

/** An ask and what its log is held against. */
interface Logged {
  on: Case;
  outcome: EventOf<'outcome'>;
  /** The first role, and the later ones that were called. */
  first: string;
  tried: string[];
  onFirst: CallView[];
  servers: CallView[];
  /** A later role served, and no other can have. */
  byLater: boolean;
  /** The last record sums up; each of several may also tell of one attempt or step. */
  last: LogRecord;
  records: readonly LogRecord[];
}

/** What of the log is not so. */
export function recordErrors(
  { records, other_tasks = [] }: EventOf<'log'>,
  on: Case,
  ask: EventOf<'ask'>,
  outcome: EventOf<'outcome'>,
): string[] {
  const last = records.at(-1);
  if (last === undefined) return [];
  const [first = '', ...others] = on.declares.chain;
  const calls = on.seen.calls.filter((c) => c.call.at <= outcome.at);
  const servers = answerers(on.seen);
  const it: Logged = {
    ...{ on, outcome, first, servers, last, records },
    tried: others.filter((role) => calls.some((c) => c.call.role === role)),
    onFirst: calls.filter((c) => c.call.role === first),
    byLater: servers.length > 0 && servers.every((c) => c.call.role !== first),
  };
  return [
    ...when(other_tasks.length > 0, `task_id is ${other_tasks.join(', ')} in the log, ${on.task.name} was asked`),
    ...records.flatMap((record) => [...blanks(record), ...foreignSources(record, on)]),
    ...missingSources(it),
    ...modelErrors(it),
    ...modeErrors(it),
    ...toolModeErrors(it),
    ...checkedErrors(it),
    ...latencyErrors(it, ask.at),
    ...costErrors(it),
    ...degradedErrors(it),
  ];
}

const differs = (so: boolean, key: keyof LogRecord, said: unknown, wire: string) =>
  when(so, `${key} is ${String(said)} in the log, ${wire} on the wire`);

function blanks(record: LogRecord): string[] {
  const { task_id, tenant_hash, trace_id, schema_version } = record;
  const empty = Object.entries({ task_id, tenant_hash, trace_id, schema_version });
  return empty.flatMap(([key, text]) => when(text?.trim() === '', `${key} is empty in the log`));
}

/** A target may write an id with something before or after it. */
function foreignSources({ source_ids = [] }: LogRecord, { sources }: Case): string[] {
  const foreign = source_ids.filter((id) => !sources.some((source) => id.includes(source.id)));
  return when(foreign.length > 0, `source_ids has ${foreign.join(', ')}, which is no source of this task`);
}

/** A reply that cites was given what it cites: then a list of none is false, whether it is of what was given or of what was used. */
function missingSources({ servers, records }: Logged): string[] {
  const lists = records.flatMap(({ source_ids }) => (source_ids === undefined ? [] : [source_ids]));
  const citing = servers.length > 0 && servers.every(({ end }) => end?.cites !== undefined) ? servers[0] : undefined;
  if (citing === undefined || lists.length === 0 || lists.some((ids) => ids.length > 0)) return [];
  return [
    `source_ids is empty in the log, but the reply of ${citing.call.role} cites ${citing.end?.cites?.join(', ')}`,
  ];
}

// --- who --------------------------------------------------------------------

function modelErrors({ on, first, tried, onFirst, servers, byLater, records }: Logged): string[] {
  const isOf = (said: string | null, roles: readonly string[]) =>
    said !== null && roles.some((role) => modelsOf(on, role).some((model) => isModel(said, model)));
  // Where the first choice was not called, another was asked first; and one of several records may be of a later attempt.
  const asked = [first, ...(onFirst.length === 0 ? tried.slice(0, 1) : []), ...(records.length > 1 ? tried : [])];
  const later = servers.map((c) => c.call.role).filter((role) => asked.includes(role));
  const primary = records.find((r) => !isOf(r.primary_model, asked));
  const fallback = records.find((r) => r.fallback_model !== null && !isOf(r.fallback_model, tried));
  const unsaid = byLater && !records.some((r) => isOf(r.fallback_model, tried) || isOf(r.primary_model, later));
  const wire = byLater ? modelsOf(on, servers[0]?.call.role ?? '') : [];
  return [
    ...differs(primary !== undefined, 'primary_model', primary?.primary_model, modelsOf(on, first)[0] ?? 'unknown'),
    ...differs(
      fallback !== undefined || unsaid,
      'fallback_model',
      (fallback ?? records.at(-1))?.fallback_model,
      wire[0] ?? 'null',
    ),
  ];
}

// --- why --------------------------------------------------------------------

function modeErrors(it: Logged): string[] {
  const { on, onFirst, records } = it;
  // Whoever spared the first choice may say why it was spared: what it saw in an earlier ask.
  if (onFirst.length === 0) return [];
  const chain = on.seen.calls.filter((c) => on.declares.chain.includes(c.call.role));
  const failures = chain.filter((c) => !c.ok);
  const lie = records.find(({ failure_mode: said }) => said !== null && !isPlausible(said, failures, it));
  const unsaid = records.every((r) => r.failure_mode === null) && wasLeft(it);
  const wire = onFirst.map(modeOf).find((mode) => mode !== null) ?? null;
  return differs(lie !== undefined || unsaid, 'failure_mode', lie?.failure_mode ?? null, String(wire));
}

/** A caller that neither got a reply nor hung up gave up waiting. */
const modeOf = (c: CallView): FailureMode | null => (c.ok ? null : (c.failureMode ?? 'timeout'));

function isPlausible(said: FailureMode, failures: readonly CallView[], it: Logged): boolean {
  if (failures.some((c) => isSeenAs(said, c))) return true;
  // A role that may not see a tenant's data is left without a call.
  const { contract, task } = it.on;
  if (said === 'regional_access' && contract?.residency?.[task.tenant] !== undefined) return true;
  // A reply that is whole on the wire may hold nothing that can be read.
  const unusable = it.on.seen.calls.some((c) => c.fired.some((f) => f.effect === 'spoils' || f.effect === 'odd'));
  if (FAILURE_MODES[said].unread && unusable) return true;
  return FAILURE_MODES[said].visible === 'target' && !wentWell(it);
}

/** Whether a failure may be taken for this one by somebody who reads less of it: the status alone, or that nothing can be read. */
function isSeenAs(said: FailureMode, call: CallView): boolean {
  const mode = modeOf(call);
  if (mode === null || said === mode || COARSER[mode]?.includes(said)) return mode !== null;
  const status = call.end?.status ?? 0;
  if (said === 'unknown') return status >= 400 && status < 500 && ![408, 429].includes(status);
  return FAILURE_MODES[mode].unread === true && (FAILURE_MODES[said].unread === true || said === 'schema_error');
}

const COARSER: Partial<Record<FailureMode, readonly FailureMode[]>> = {
  quota_exhausted: ['rate_limit'],
  overloaded: ['server_error', 'rate_limit'],
  regional_access: ['auth'],
};

/** Every reply is as it was written, the first choice served, and it ended as it does without faults: nothing was wrong with any. */
function wentWell({ on, outcome, tried }: Logged): boolean {
  const ordinary = outcome.outcome.kind === on.plain.outcome?.outcome.kind;
  return (
    ordinary &&
    tried.length === 0 &&
    on.seen.results.every((e) => e.ok) &&
    on.seen.calls.every((c) => c.ok && !isAltered(c))
  );
}

/** The first choice failed on the wire, and another was asked in its place. Whom another overtook did not fail. */
function wasLeft({ onFirst, tried, servers, byLater, outcome }: Logged): boolean {
  const last = onFirst.at(-1);
  if (last === undefined || modeOf(last) === null) return false;
  const overtaken = servers.some((c) => (c.endedAt ?? 0) <= (last.endedAt ?? outcome.at));
  return byLater ? !overtaken : tried.length > 0 && OUTCOME_KINDS[outcome.outcome.kind].stops;
}

// --- how --------------------------------------------------------------------

function toolModeErrors({ on, outcome, servers, last }: Logged): string[] {
  const { permissions } = on.contract ?? {};
  if (permissions === undefined) return [];
  const own = outcome.outcome.tool_mode;
  const { handsOut } = OUTCOME_KINDS[outcome.outcome.kind];
  // Where nobody answered, it may be the mode of anyone who might have.
  const roles = handsOut ? [...new Set(servers.map((c) => c.call.role))] : on.declares.chain;
  if (roles.length === 0) return [];
  const modes = roles.map((role) => permissions.modes[role] ?? 'full');
  const rank = (mode: ToolMode) => ToolMode.options.indexOf(mode);
  const beyond = modes.every((most) => rank(last.tool_mode) < rank(most));
  // It may use less than it might, if it says the same of itself in the outcome.
  const another = own !== undefined && ![own, ...modes, ...when(!handsOut, 'none')].includes(last.tool_mode);
  const is = [...new Set(modes)].join(' or ');
  return when(beyond || another, `tool_mode is ${last.tool_mode} in the log, ${roles.join(' or ')} is in mode ${is}`);
}

/** A fault changed the reply on its way, and let it through. */
const isAltered = ({ ok, fired }: CallView) => ok && fired.some((f) => !leavesWhole(f.effect));
const isUnreadable = ({ ok, end, failureMode }: CallView) =>
  !ok && end?.how === 'complete' && failureMode !== null && FAILURE_MODES[failureMode].unread === true;

/** What schema and gate are said to have found: false only of a last reply that was spoiled and came to nothing. */
function checkedErrors({ on, outcome, last }: Logged): string[] {
  const chain = on.seen.calls.filter((c) => on.declares.chain.includes(c.call.role) && c.call.at <= outcome.at);
  const spoiled = chain.filter((c) => isAltered(c) || isUnreadable(c));
  const { schema_status: schema, quality_gate: gate } = last;
  if (schema === 'invalid' && spoiled.length === 0 && handsOutValid(on))
    return ['schema_status is invalid in the log, but what was handed out follows the schema'];

  // Where a later call failed, or another model was asked about the reply, it may have stopped for that: the gate may have passed.
  const reply = on.seen.calls.filter((c) => c.call.at <= outcome.at).at(-1);
  const stopped = OUTCOME_KINDS[outcome.outcome.kind].stops && on.seen.content === undefined;
  if (reply === undefined || !spoiled.includes(reply) || (reply.endedAt ?? 0) > outcome.at || !stopped) return [];
  const unreadable = isUnreadable(reply);
  const bad = unreadable ? 'could not be read' : 'was not what its model had written';
  const because = `but ${reply.call.role}'s last reply ${bad}, and the outcome is ${outcome.outcome.kind}`;
  // A reply that was altered may follow the schema all the same: then it is the gate that found it out.
  const passed = gate === 'passed' && (unreadable || schema !== 'invalid');
  return [
    ...when(unreadable && ['valid', 'repaired'].includes(schema), `schema_status is ${schema} in the log, ${because}`),
    ...when(passed, `quality_gate is passed in the log, ${because}`),
  ];
}

function handsOutValid({ seen: { content }, contract }: Case): boolean {
  const { data, kind } = content?.outcome ?? {};
  if (data === undefined || kind === undefined || contract?.output === undefined) return false;
  return OUTCOME_KINDS[kind].handsOut && dataErrors(contract.output.schema)(data).length === 0;
}

// --- how long, how much -----------------------------------------------------

const SLACK_MS = 250;

/** From the ask to the outcome, or to the log line, which may be written as soon as the last reply is there; of several records each may tell its own. */
function latencyErrors({ on, outcome, servers, last, records }: Logged, begun: number): string[] {
  const took = outcome.at - begun;
  // A process cannot count the time before it ran. Starts differ in length, but it was running when it made its first call.
  const from = on.start_ms > 0 ? Math.max(begun + on.start_ms, on.seen.calls[0]?.call.at ?? begun) : begun;
  const ended = (c: CallView) => (c.endedAt === undefined || c.endedAt > outcome.at ? [] : [c.endedAt - from]);
  const least =
    servers.length > 0 ? Math.min(...servers.flatMap(ended), took) : Math.max(...on.seen.calls.flatMap(ended), 0);
  const sum = records.reduce((ms, r) => ms + r.latency_ms, 0);
  const fits = (ms: number) => ms >= least - SLACK_MS && ms <= took + SLACK_MS;
  return differs(!fits(last.latency_ms) && !fits(sum), 'latency_ms', last.latency_ms, String(took));
}

function costErrors({ on: { seen }, last, records }: Logged): string[] {
  // What nobody knows cannot be compared.
  if (seen.spent.unpriced.length > 0) return [];
  const sum = records.reduce((dollars, r) => dollars + (r.cost_usd ?? 0), 0);
  const fits = last.cost_usd !== null && (costAgrees(last.cost_usd, seen) || costAgrees(sum, seen));
  return differs(!fits, 'cost_usd', last.cost_usd, usd(seen.spent.usd));
}

/** What the outcome says of itself has a check of its own; where it says nothing, the path tells. */
function degradedErrors({ on, outcome, last }: Logged): string[] {
  const said = outcome.outcome.degraded;
  if (said !== undefined)
    return when(last.degraded !== said, `degraded is ${last.degraded} in the log, ${said} in the outcome`);
  const path = degradedPath(on)?.degraded;
  return differs(path === (last.degraded ? 'no' : 'yes'), 'degraded', last.degraded, String(!last.degraded));
}
