import { z } from 'zod';

/** Every way a model call can fail: the first eight are the guide's table, the rest are what real wires add. */
export const FailureMode = z.enum([
  'timeout',
  'rate_limit',
  'schema_error',
  'safety_block',
  'tool_mismatch',
  'quality_regression',
  'cost_spike',
  'regional_access',
  'auth',
  'quota_exhausted',
  'overloaded',
  'server_error',
  'network',
  'context_overflow',
  'model_not_found',
  'truncated',
  'malformed_response',
  'unknown',
]);
export type FailureMode = z.infer<typeof FailureMode>;

/** What a failure mode says, whoever asks: lists of modes are derived from this and written nowhere else. */
interface ModeTraits {
  /** Whose fault it is: the provider's, the request's, or that there is no room left. A request's opens no breaker. */
  blames: 'provider' | 'request' | 'room';
  /** Who can see it: anyone on the wire, or only the target, because the reply was whole. */
  visible: 'wire' | 'target';
  /** The reply stopped or could not be read: what it cost is billed and cannot be read out of it. */
  unread?: true;
}

export const FAILURE_MODES: Readonly<Record<FailureMode, ModeTraits>> = {
  timeout: { blames: 'provider', visible: 'wire' },
  rate_limit: { blames: 'room', visible: 'wire' },
  schema_error: { blames: 'request', visible: 'target' },
  safety_block: { blames: 'request', visible: 'wire' },
  tool_mismatch: { blames: 'request', visible: 'target' },
  quality_regression: { blames: 'request', visible: 'target' },
  cost_spike: { blames: 'request', visible: 'target' },
  regional_access: { blames: 'provider', visible: 'wire' },
  auth: { blames: 'provider', visible: 'wire' },
  quota_exhausted: { blames: 'room', visible: 'wire' },
  overloaded: { blames: 'room', visible: 'wire' },
  server_error: { blames: 'provider', visible: 'wire' },
  network: { blames: 'provider', visible: 'wire', unread: true },
  context_overflow: { blames: 'request', visible: 'wire' },
  model_not_found: { blames: 'provider', visible: 'wire' },
  truncated: { blames: 'provider', visible: 'wire', unread: true },
  malformed_response: { blames: 'provider', visible: 'wire', unread: true },
  unknown: { blames: 'provider', visible: 'wire' },
};
