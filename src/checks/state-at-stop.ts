import { type CallView, isTriedAgain } from '../core/evidence.ts';
import { sourcesFor } from '../core/golden-task.ts';
import { OUTCOME_KINDS, OutcomeKind, ToolMode } from '../core/outcome-kind.ts';
import type { Case } from '../core/plugin.ts';
import { FAILURE_MODES, FailureMode } from '../core/taxonomy.ts';
import type { EventOf } from '../core/trace.ts';
import { leavesOf } from '../text/canonical.ts';
import { isRecord } from '../text/json.ts';
import { holds, type Told, tellsOf, toldIn } from '../text/told.ts';
import { count, unique, usd, when } from '../text/words.ts';

type State = Record<string, unknown>;

/** An ending that somebody will go on from; one that was thrown promises nothing, and one that the task has without faults is no stop. */
export function stopOf({ seen: { outcome: event }, plain, contract }: Case): EventOf<'outcome'> | undefined {
  if (event === undefined || event.outcome.error !== undefined) return undefined;
  const { kind, state } = event.outcome;
  const { stops, toPeople } = OUTCOME_KINDS[kind];
  const promised = contract?.experience?.when_all_fail === 'save_and_offer_next_step';
  // What failed promises nothing of itself, unless the contract does or it hands state out.
  const goesOn = stops && (toPeople || (kind === 'failed' && (promised || isKept(state))));
  return goesOn && plain.outcome?.outcome.kind !== kind ? event : undefined;
}

export const isKept = (state: State | undefined): state is State =>
  state !== undefined && Object.keys(state).length > 0;

/** What of a kept state nobody could go on from. */
export function wrongInState(stop: EventOf<'outcome'>, keep: readonly string[], on: Case): string[] {
  const { state } = stop.outcome;
  const missing = keep
    .filter((part) => state?.[part] === undefined)
    .map((part) => `the stopped workflow has no state.${part}`);
  if (!isKept(state)) return missing;
  return [
    ...missing,
    ...when(!hasHandle(state, stop, on), 'the state holds neither the id nor the question of its ask, nor a handle'),
    ...(keep.includes('tool_results') ? resultsMissing(state, on) : []),
    ...(keep.includes('retry_count') ? tooFewRetries(state, on) : []),
    ...(keep.includes('budget_used') ? tooLittleSpent(state, on) : []),
  ];
}

// --- the handle ---------------------------------------------------------------

const SHORTEST_HANDLE = 8;
const MOST = 0.8;
/** Times are numbers of the same length as ids: those within a year of the world's are no handle. */
const YEAR_MS = 366 * 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d(?:[T ][\d:.]*(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** Whether the ask can be found again by it: by its id, its question, its sources, or a handle that only the target knows. */
function hasHandle(state: State, { ask, task }: EventOf<'outcome'>, on: Case): boolean {
  const told = toldIn(JSON.stringify(state));
  const ids = [`${task}-${ask}`, ...sourcesFor(on.task, on.sources).map((s) => s.id)];
  if (ids.some((id) => told.line.includes(toldIn(id).line))) return true;
  if (holdsQuestion(told, on.task.input)) return true;
  return leavesOf(state).some((leaf) => isHandle(leaf, on));
}

function holdsQuestion({ all }: Told, question: string): boolean {
  const words = [...toldIn(question).all];
  return words.filter((word) => all.has(word)).length >= MOST * words.length;
}

/** A value of its own: no sentence, no time, no sum, and none of the words that everyone's states are made of. */
function isHandle(leaf: string, on: Case): boolean {
  if (leaf.length < SHORTEST_HANDLE || /\s/.test(leaf) || DATE.test(leaf)) return false;
  const number = Number(leaf);
  if (Number.isFinite(number)) return /^\d+$/.test(leaf) && !isTime(number, on.epoch_ms);
  return !knownWords(on).includes(leaf);
}

const isTime = (number: number, epochMs: number) =>
  [1, 1000].some((unit) => Math.abs(number * unit - epochMs) < YEAR_MS);

const knownWords = ({ contract, roles, task, declares }: Case) => [
  ...[...OutcomeKind.options, ...FailureMode.options, ...ToolMode.options],
  ...[...declares.chain, ...declares.features, task.name, task.tenant, contract?.workflow ?? ''],
  ...[...Object.keys(contract?.permissions?.tools ?? {}), ...task.turns.map((turn) => turn.tool)],
  ...Object.entries(roles).flatMap(([role, { model, provider, protocol }]) => [role, model, provider, protocol]),
];

// --- results and counts -------------------------------------------------------

/** What the ask's tools gave, and the state does not hold: a result is known by its texts and numbers. */
function resultsMissing(state: State, { seen, task }: Case): string[] {
  if (state['tool_results'] === undefined) return [];
  const told = toldIn(JSON.stringify(state['tool_results']));
  const ended = seen.ending?.seq ?? Number.POSITIVE_INFINITY;
  const gave = seen.uses.filter(({ use, result }) => use.foreseen && result?.ok === true && result.seq < ended);
  return unique(gave.map(({ use }) => use.tool)).flatMap((tool) => {
    const given = unique(gave.filter(({ use }) => use.tool === tool).map(({ use }) => use.args_hash)).length;
    const turns = task.turns.filter((turn) => turn.tool === tool).map((turn) => tellsOf(turn.returns));
    const kept = turns.filter((tells) => (tells === undefined ? told.words.length > 0 : holds(told, tells))).length;
    return when(kept < Math.min(given, turns.length), `state.tool_results lacks what ${tool} gave`);
  });
}

/** Calls of a role that followed a failed one of the same turn. */
function tooFewRetries(state: State, { seen, declares: { chain } }: Case): string[] {
  const said = sumOf(state['retry_count']);
  const calls = seen.early.filter(({ call }) => chain.includes(call.role));
  const most = Math.max(0, ...calls.map(({ call }) => call.held.sources.length));
  const tries = calls.filter(({ call }) => call.held.sources.length * 2 >= most);
  const retries = tries.filter((view, i) => tries.slice(0, i).some((before) => isRetry(before, view))).length;
  return when(said !== undefined && said < retries, `state.retry_count is ${said}, and the wire shows ${retries}`);
}

const isRetry = (before: CallView, view: CallView) => before.call.turn === view.call.turn && isTriedAgain(before, view);

/** A caller's own estimate may be a little off. */
const OFF = 0.2;
const OFF_USD = 0.001;

/** What an abandoned or broken reply cost cannot be read out of it, so it is left out here. */
function tooLittleSpent(state: State, { seen }: Case): string[] {
  const said = sumOf(state['budget_used']);
  const told = seen.early.filter(
    ({ failureMode }) => failureMode === null || FAILURE_MODES[failureMode].unread !== true,
  );
  const spent = told.reduce((sum, { end }) => sum + (end?.cost_usd ?? 0), 0);
  const short = said !== undefined && said < spent - Math.max(OFF * spent, OFF_USD);
  return when(short, `state.budget_used is ${usd(said ?? 0)}, and the calls cost ${usd(spent)}`);
}

/** A count may be given as one number, or as one a role; undefined where there is none. */
function sumOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return sumOf(/\d+(?:\.\d+)?/.exec(value)?.map(Number)[0]);
  if (!isRecord(value)) return undefined;
  const sums = Object.values(value).flatMap((one) => sumOf(one) ?? []);
  return sums.length === 0 ? undefined : sums.reduce((sum, one) => sum + one, 0);
}

/** What the outcome's state tells of asks that are not its own. */
export const othersIn = (outcome: EventOf<'outcome'> | undefined): string[] =>
  when(
    (outcome?.state_asks ?? []).length > 0,
    `the state holds ${count(outcome?.state_asks?.length ?? 0, 'other ask')}: ${outcome?.state_asks?.join(', ')}`,
  );
