import { z } from 'zod';

export const ToolMode = z.enum(['full', 'plan-only', 'read-only', 'none']);
export type ToolMode = z.infer<typeof ToolMode>;

/** The guide’s alternatives to an answer have a kind each. */
export const OutcomeKind = z.enum([
  'answered',
  'partial',
  'needs_confirmation',
  'queued',
  'needs_review',
  'rules_based',
  'extracted',
  'action_disabled',
  'declined',
  'failed',
]);
export type OutcomeKind = z.infer<typeof OutcomeKind>;
