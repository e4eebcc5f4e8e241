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
