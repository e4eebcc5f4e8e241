import type { FailureMode } from '../core/taxonomy.ts';

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

/** The default answer to each failure mode. Another model is not always the right one. */
export const POLICY: Policy = {
  timeout: transient,
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
  // The chain is the list of approved providers, so the next role is allowed to serve.
  regional_access: broken,
  schema_error: { ...unfit, repair: 'mend' },
  tool_mismatch: unfit,
  quality_regression: unfit,
  context_overflow: { ...unfit, repair: 'shorten' },
  cost_spike: { ...unfit, ends: 'queued' },
  // Asking a laxer model would be a way around a policy.
  safety_block: { retry: false, failover: false, trips: false, ends: 'declined' },
};
