import type { Clock } from '../core/clock.ts';
import { totalUsd, type Usd } from '../core/prices.ts';
import type { Random } from '../core/random.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import { type Breaker, type BreakerSettings, createBreaker } from './breaker.ts';
import type { TenantBudget } from './budget.ts';
import type { FallbackContract } from './contract.ts';
import type { Lanes, Priority } from './lanes.ts';
import { failureModeOf, type ModelAdapter, type ModelRequest, type ModelResult } from './model-adapter.ts';
import { type Ending, POLICY, type Policy } from './policy.ts';
import { missingFields } from './validate.ts';

export interface FailoverOptions {
  /** Roles in the order they are tried. */
  chain: readonly { role: string; adapter: ModelAdapter }[];
  clock: Clock;
  random: Random;
  /** Without it, `POLICY`. */
  policy?: Policy;
  /** Without it: opens after 5 consecutive failures, one probe per 15 s. */
  breaker?: BreakerSettings;
  /** How the roles after the first are shared; without it all may call them at once. */
  lanes?: Lanes;
}

export type Payload = Omit<ModelRequest, 'timeoutMs' | 'streamMs'>;

export interface Ask {
  taskId: string;
  tenantId: string;
  priority?: Priority;
  /** What a role is asked: a payload made for it, or why it may not serve at all. */
  payload: (role: string) => Payload | FailureMode;
  /** The same with less context, for a model that it does not fit: history goes, evidence and policy never. */
  shorter?: (role: string) => Payload;
  /** Roles that an earlier turn of the same task had to leave. */
  without?: readonly string[];
  contract: FallbackContract;
  /** What the tenant may spend over all its asks; without it there is no limit. */
  budget?: TenantBudget;
  signal?: AbortSignal;
}

/** One role's turn: a call, or the reason it was spared. */
export interface Attempt {
  role: string;
  model: string;
  called: boolean;
  /** Null where it served. For a spared role, what its breaker opened for, or `cost_spike`. */
  failureMode: FailureMode | null;
  latencyMs: number;
  /** US dollars; null where the price is unknown. */
  costUsd: number | null;
}

export interface FailoverResult {
  /** `answered`, or how the workflow ends without an answer. */
  kind: 'answered' | Ending;
  /** The reply that was accepted; there exactly where `kind` is `answered`. */
  result?: ModelResult;
  /** The role that served. */
  role?: string;
  attempts: readonly Attempt[];
  latencyMs: number;
  /** US dollars of all calls together. What providers did not count, as of a stream that was left, is estimated from what came. Null where a price is unknown. */
  costUsd: number | null;
  /** Calls beyond the first of each role. */
  retries: number;
  /** 32 hex digits. */
  traceId: string;
}

const UNSURE: readonly FailureMode[] = ['timeout', 'network', 'truncated', 'malformed_response'];
const BREAKER: BreakerSettings = { failures: 5, cooldownMs: 15_000 };
const SOON_MS = 5_000;
const LONGEST_BACKOFF_MS = 500;
/** Kept free before the deadline, for everything that comes after the last model. */
const MARGIN_MS = 250;

/**
 * Walks a chain of models until one keeps the contract, or stops cleanly. Breakers live as long as the returned
 * function and are shared by its asks. Rejects only with the signal's reason, when the caller leaves.
 */
export function failover(options: FailoverOptions): (ask: Ask) => Promise<FailoverResult> {
  const { clock, random, policy = POLICY, breaker = BREAKER } = options;
  const links = options.chain.map((link) => ({ ...link, breaker: createBreaker(breaker, () => clock.now()) }));
  let asks = 0;

  return async (ask) => {
    asks++;
    const began = clock.now();
    const { deadlineMs, whenAllFail } = ask.contract;
    const until = began + deadlineMs - Math.min(MARGIN_MS, Math.floor(deadlineMs / 10));
    const walk: Walk = {
      ...ask,
      clock,
      flowsUntil: began + Math.ceil(deadlineMs / 2),
      policy,
      random: random.fork(`${ask.taskId}/${asks}`),
      attempts: [],
    };
    const traceId = hex128(walk.random);
    const end = (kind: FailoverResult['kind'], result?: ModelResult): FailoverResult => ({
      kind,
      ...(result && { result, role: walk.attempts.at(-1)?.role ?? '' }),
      attempts: walk.attempts,
      latencyMs: clock.now() - began,
      costUsd: spent(walk.attempts),
      retries: retriesOf(walk.attempts),
      traceId,
    });

    const left = links.filter(({ role }) => ask.without?.includes(role) !== true);
    for (let link = left.shift(); link !== undefined; link = takeNext(left, walk)) {
      // Every role still to come keeps an equal share, so a hanging primary never eats the backup's time.
      const endsAt = clock.now() + Math.floor((until - clock.now()) / (left.length + 1));
      const lanes = link === links[0] ? undefined : options.lanes;
      const leave = await lanes?.enter(ask.tenantId, ask.priority ?? 'normal', ask.signal);
      if (lanes !== undefined && leave === undefined) {
        walk.attempts.push(spared(link, 'rate_limit'));
        continue;
      }
      const result = await visit(walk, link, endsAt, left.length === 0).finally(() => leave?.());
      if (result !== undefined) return end('answered', result);
      const mode = walk.attempts.at(-1)?.failureMode;
      if (mode && !policy[mode].failover) return end(policy[mode].ends);
    }
    return end(whenAllFail === 'honest_failure' ? 'failed' : endingOf(walk.attempts, policy));
  };
}

interface Walk extends Ask {
  clock: Clock;
  /** A stream that flows may have half of the time, however many roles could come after it: they would begin anew. */
  flowsUntil: number;
  policy: Policy;
  random: Random;
  attempts: Attempt[];
}
interface Link {
  role: string;
  adapter: ModelAdapter;
  breaker: Breaker;
}

/** Of the roles that are left, the one that suits what went wrong; where none suits better, the next of the chain. */
function takeNext(left: Link[], { attempts, policy }: Walk): Link | undefined {
  const rank = policy[attempts.at(-1)?.failureMode ?? 'unknown'].prefers ?? (() => 0);
  const best = Math.min(...left.map(({ adapter }) => rank(adapter)));
  const at = left.findIndex(({ adapter }) => rank(adapter) === best);
  return left.splice(Math.max(0, at), 1)[0];
}

/** Asks one role, with its retries or its one repair. Undefined where it did not serve: the last attempt says why. */
async function visit(walk: Walk, link: Link, endsAt: number, last: boolean): Promise<ModelResult | undefined> {
  const { clock, contract, policy } = walk;
  const first = walk.payload(link.role);
  if (typeof first === 'string') {
    walk.attempts.push(spared(link, first));
    return undefined;
  }
  const share = endsAt - clock.now();
  const longestBackoff = Math.min(LONGEST_BACKOFF_MS, Math.floor(share / 10));
  const wholeAttempt = Math.floor((share - longestBackoff) / (contract.retries + 1));
  let payload = first;

  for (let tries = 0; ; tries++) {
    // Nobody comes after the last role, so its call may use all the time there is.
    const timeoutMs = last ? endsAt - clock.now() : wholeAttempt;
    const streamMs = Math.max(endsAt, walk.flowsUntil) - clock.now();
    const { result, mode } = await attempt(walk, link, { ...payload, timeoutMs, ...(payload.stream && { streamMs }) });
    if (mode === null) return result;
    if (result === undefined || tries >= contract.retries) return undefined;
    const repaired = repair(walk, link, payload, result, mode);
    if (repaired === undefined && !policy[mode].retry) return undefined;
    payload = repaired ?? payload;
    const backoff = repaired === undefined ? Math.floor((1 + walk.random.next()) * (longestBackoff / 2)) : 0;
    const wait = backoff + (result.retryAfterMs ?? 0);
    // A retry that cannot be given a whole attempt's time would only take it from the next role.
    const enough = last && repaired !== undefined ? 1 : wholeAttempt;
    if (clock.now() + wait + enough > endsAt || link.breaker.state.state !== 'closed') return undefined;
    await clock.sleep(wait, walk.signal);
  }
}

/** Another payload for the same role, from the same evidence; undefined where the failure is not one to repair. */
function repair(walk: Walk, link: Link, payload: Payload, result: ModelResult, mode: FailureMode): Payload | undefined {
  const how = walk.policy[mode].repair;
  if (how === 'shorten') return walk.shorter?.(link.role);
  if (how !== 'mend' || result.text === undefined) return undefined;
  const messages: Payload['messages'] = [
    ...payload.messages,
    { role: 'assistant', content: result.text },
    {
      role: 'user',
      content: `That reply cannot be used: ${result.rawError ?? mode}. Give the same answer, from the same sources, in the right shape.`,
    },
  ];
  return { ...payload, messages };
}

const spared = ({ role, adapter }: Link, failureMode: FailureMode): Attempt => ({
  role,
  model: adapter.model ?? adapter.name,
  called: false,
  failureMode,
  latencyMs: 0,
  costUsd: 0,
});

/** One call, if the breaker and the budgets admit it. Without a result the role was spared. */
async function attempt(
  walk: Walk,
  link: Link,
  request: ModelRequest,
): Promise<{ mode: FailureMode | null; result?: ModelResult }> {
  const { contract, policy, attempts, signal } = walk;
  const { role, adapter, breaker } = link;
  const spare = (mode: FailureMode) => {
    attempts.push(spared(link, mode));
    return { mode };
  };

  if (request.timeoutMs < 1) return spare('timeout');
  const worst = adapter.worstCaseUsd?.(request) ?? 0;
  if (contract.budgetUsd !== undefined && knownOf(attempts) + worst > contract.budgetUsd) return spare('cost_spike');
  const permit = breaker.admit();
  if (permit === undefined) return spare(breaker.state.state === 'closed' ? 'unknown' : breaker.state.because);
  const booking = walk.budget?.book(walk.tenantId, worst);
  if (walk.budget !== undefined && booking === undefined) {
    permit.release();
    return spare('cost_spike');
  }

  const call = async () => {
    const result = await adapter.call(request, signal);
    return { result, mode: failureModeOf(result) ?? breach(result, contract) };
  };
  const { result, mode } = await call().catch((error) => {
    permit.release();
    throw error;
  });
  if (mode === null) permit.success();
  else if (policy[mode].trips && !isBusy(result)) permit.failure(mode);
  else permit.release();
  const costUsd = result.usage === undefined ? 0 : (result.usage.costUsd ?? null);
  // A call that was left or cut may still have been billed: it stays booked at its worst price. A refused one was not.
  if (result.usage !== undefined || (mode !== null && !UNSURE.includes(mode))) booking?.settle(costUsd ?? 0);
  attempts.push({ role, model: result.model, called: true, failureMode: mode, latencyMs: result.latencyMs, costUsd });
  return { mode, result };
}

/** A role that says when to come back, and soon, is not dead. */
const isBusy = ({ retryAfterMs }: ModelResult) => retryAfterMs !== undefined && retryAfterMs <= SOON_MS;

/** Where a reply that went well still breaks the contract. */
function breach(result: ModelResult, { output, gate }: FallbackContract): FailureMode | null {
  if (output !== undefined && missingFields(result.json, output.required).length > 0) return 'schema_error';
  return gate?.(result) === undefined ? null : 'quality_regression';
}

/** An answer that somebody could mend goes to review, whatever failed after it. */
function endingOf(attempts: readonly Attempt[], policy: Policy): Ending {
  const ends = attempts.map((a) => policy[a.failureMode ?? 'unknown'].ends);
  return ends.includes('needs_review') ? 'needs_review' : (ends.at(-1) ?? 'failed');
}

function spent(attempts: readonly Attempt[]): Usd {
  return totalUsd(attempts.map((a) => a.costUsd));
}

/** What a budget can be held to. */
const knownOf = (attempts: readonly Attempt[]): number => totalUsd(attempts.map((a) => a.costUsd ?? 0));

function retriesOf(attempts: readonly Attempt[]): number {
  const called = attempts.filter((a) => a.called).map((a) => a.role);
  return called.length - new Set(called).size;
}

function hex128(random: Random): string {
  const word = () =>
    Math.floor(random.next() * 4_294_967_296)
      .toString(16)
      .padStart(8, '0');
  return word() + word() + word() + word();
}
