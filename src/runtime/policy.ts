import type { FailureMode } from '../core/taxonomy.ts';
import type { ModelAdapter, ModelRequest } from './model-adapter.ts';

/** How a workflow ends when no model may or can go on. */
export type Ending = 'declined' | 'queued' | 'needs_review' | 'failed';

/** What one failure mode leads to. */
export interface Consequence {
  /** The same role may be asked once more. */
  retry: boolean;
  /** The same role may be asked once more with another payload: its invalid reply to mend, or less context. */
  repair?: 'mend' | 'shorten';
  /** The next role may be asked. Where it may not, the workflow ends at once: a policy flow, never a way around it. */
  failover: boolean;
  /** Which of the other roles suits best: the one with the lowest rank. Without it, the next of the chain. */
  prefers?: (adapter: ModelAdapter) => number;
  /** It speaks against the provider, not against this one request, and so counts for the circuit breaker. */
  trips: boolean;
  /** Where the workflow goes if this was the last word. */
  ends: Ending;
}

export type Policy = Readonly<Record<FailureMode, Consequence>>;

const transient: Consequence = { retry: true, failover: true, trips: true, ends: 'queued' };
/** The role will fail the same way for everybody until somebody mends it. */
const broken: Consequence = { retry: false, failover: true, trips: true, ends: 'queued' };
/** This request is at fault, or this model with it; others are served. */
const unfit: Consequence = { retry: false, failover: true, trips: false, ends: 'needs_review' };

/** Prices are compared over one and the same call. */
const CALL: ModelRequest = {
  ...{ taskId: '', tenantId: '', messages: [], temperature: 0, timeoutMs: 1 },
  maxOutputTokens: 1000,
};
const fast = ({ latency }: ModelAdapter) => (latency === 'low' ? 0 : 1);
const cheap = (adapter: ModelAdapter) => adapter.worstCaseUsd?.(CALL) ?? Number.POSITIVE_INFINITY;
const roomy = ({ maxContextTokens }: ModelAdapter) => -maxContextTokens;
const able = ({ supportsTools }: ModelAdapter) => (supportsTools ? 0 : 1);

/** The default answer to each failure mode. Another model is not always the right one. */
export const POLICY: Policy = {
  timeout: { ...transient, prefers: fast },
  rate_limit: transient,
  overloaded: transient,
  server_error: transient,
  network: transient,
  truncated: transient,
  malformed_response: transient,
  unknown: transient,
  auth: broken,
  quota_exhausted: broken,
  model_not_found: broken,
  // A role that may not serve a tenant has no payload for it, so the next one that has is approved.
  regional_access: broken,
  schema_error: { ...unfit, repair: 'mend' },
  tool_mismatch: { ...unfit, prefers: able },
  quality_regression: unfit,
  context_overflow: { ...unfit, repair: 'shorten', prefers: roomy },
  cost_spike: { ...unfit, prefers: cheap, ends: 'queued' },
  // Asking a laxer model would be a way around a policy.
  safety_block: { retry: false, failover: false, trips: false, ends: 'declined' },
};
