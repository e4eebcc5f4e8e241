import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import { type Breaker, type BreakerSettings, createBreaker } from './breaker.ts';
import type { FallbackContract } from './contract.ts';
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
}

export interface Ask {
  request: Omit<ModelRequest, 'timeoutMs'>;
  contract: FallbackContract;
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
  costUsd: number;
}

export interface FailoverResult {
  /** `answered`, or how the workflow ends without an answer. */
  kind: 'answered' | Ending;
  /** The reply that was accepted; there exactly where `kind` is `answered`. */
  result?: ModelResult;
  attempts: readonly Attempt[];
  latencyMs: number;
  /** US dollars of all calls together, as far as providers counted: a call that was left has no count. */
  costUsd: number;
  /** Calls beyond the first of each role. */
  retries: number;
  /** 32 hex digits. */
  traceId: string;
}

const BREAKER: BreakerSettings = { failures: 5, cooldownMs: 15_000 };
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
      policy,
      random: random.fork(`${ask.request.taskId}/${asks}`),
      attempts: [],
    };
    const traceId = hex128(walk.random);
    const end = (kind: FailoverResult['kind'], result?: ModelResult): FailoverResult => ({
      kind,
      ...(result && { result }),
      attempts: walk.attempts,
      latencyMs: clock.now() - began,
      costUsd: spent(walk.attempts),
      retries: retriesOf(walk.attempts),
      traceId,
    });

    for (const [i, link] of links.entries()) {
      // Every role still to come keeps an equal share, so a hanging primary never eats the backup's time.
      const endsAt = clock.now() + Math.floor((until - clock.now()) / (links.length - i));
      const result = await visit(walk, link, endsAt, i === links.length - 1);
      if (result !== undefined) return end('answered', result);
      const mode = walk.attempts.at(-1)?.failureMode;
      if (mode && !policy[mode].failover) return end(policy[mode].ends);
    }
    return end(whenAllFail === 'honest_failure' ? 'failed' : endingOf(walk.attempts, policy));
  };
}

interface Walk extends Ask {
  clock: Clock;
  policy: Policy;
  random: Random;
  attempts: Attempt[];
}
interface Link {
  role: string;
  adapter: ModelAdapter;
  breaker: Breaker;
}

/** Asks one role, with its retries. Undefined where it did not serve: the last attempt says why. */
async function visit(walk: Walk, link: Link, endsAt: number, last: boolean): Promise<ModelResult | undefined> {
  const { clock, contract, policy } = walk;
  const share = endsAt - clock.now();
  const longestBackoff = Math.min(LONGEST_BACKOFF_MS, Math.floor(share / 10));
  const wholeAttempt = Math.floor((share - longestBackoff) / (contract.retries + 1));

  for (let tries = 0; ; tries++) {
    // Nobody comes after the last role, so its call may use all the time there is.
    const timeoutMs = last ? endsAt - clock.now() : wholeAttempt;
    const { result, mode } = await attempt(walk, link, timeoutMs);
    if (mode === null) return result;
    if (result === undefined || tries >= contract.retries || !policy[mode].retry) return undefined;
    const backoff = 1 + Math.floor(walk.random.next() * longestBackoff);
    const wait = backoff + (result.retryAfterMs ?? 0);
    // A retry that cannot be given a whole attempt's time would only take it from the next role.
    if (clock.now() + wait + wholeAttempt > endsAt || link.breaker.state.state !== 'closed') return undefined;
    await clock.sleep(wait, walk.signal);
  }
}

/** One call, if the breaker and the budget admit it. Without a result the role was spared. */
async function attempt(
  walk: Walk,
  { role, adapter, breaker }: Link,
  timeoutMs: number,
): Promise<{ mode: FailureMode | null; result?: ModelResult }> {
  const { request, contract, policy, attempts, signal } = walk;
  const record = (called: boolean, mode: FailureMode | null, result?: ModelResult) => {
    const model = result?.model ?? adapter.model ?? adapter.name;
    const costUsd = result?.usage?.costUsd ?? 0;
    attempts.push({ role, model, called, failureMode: mode, latencyMs: result?.latencyMs ?? 0, costUsd });
    return { mode, ...(result && { result }) };
  };

  if (timeoutMs < 1) return record(false, 'timeout');
  const full = { ...request, timeoutMs };
  const worst = spent(attempts) + (adapter.worstCaseUsd?.(full) ?? 0);
  if (contract.budgetUsd !== undefined && worst > contract.budgetUsd) return record(false, 'cost_spike');
  const permit = breaker.admit();
  if (permit === undefined) return record(false, breaker.state.state === 'closed' ? 'unknown' : breaker.state.because);

  const call = async () => {
    const result = await adapter.call(full, signal);
    return { result, mode: failureModeOf(result) ?? breach(result, contract) };
  };
  const { result, mode } = await call().catch((error) => {
    permit.release();
    throw error;
  });
  if (mode === null) permit.success();
  else if (policy[mode].trips) permit.failure(mode);
  else permit.release();
  return record(true, mode, result);
}

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

function spent(attempts: readonly Attempt[]): number {
  return Math.round(attempts.reduce((sum, a) => sum + a.costUsd, 0) * 1_000_000) / 1_000_000;
}

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
