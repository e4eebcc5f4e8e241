import { z } from 'zod';

export const ToolMode = z.enum(['full', 'plan-only', 'read-only', 'none']);
export type ToolMode = z.infer<typeof ToolMode>;

/** The guide’s alternatives to an answer have a kind each; `abandoned` is the end of an ask whose user left. */
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
  'abandoned',
]);
export type OutcomeKind = z.infer<typeof OutcomeKind>;

/** What an ending means, whoever asks: lists of kinds are derived from this and written nowhere else. */
interface KindTraits {
  /** It claims to be a whole answer. */
  answers: boolean;
  /** Words reach the user as an answer, whole or less. A draft for a reviewer was handed to nobody. */
  handsOut: boolean;
  /** The workflow ends here, or waits: nobody was given an answer. */
  stops: boolean;
  /** No model's words: the product's own rules speak, unless a reply is found in it. */
  byRule?: true;
  /** Nobody has it any more: where somebody still waited for it, the ask was lost. */
  lost?: true;
  /** A person has it now: only then is a notice true that says so. */
  toPeople: boolean;
}

export const OUTCOME_KINDS: Readonly<Record<OutcomeKind, KindTraits>> = {
  answered: { answers: true, handsOut: true, stops: false, toPeople: false },
  extracted: { answers: true, handsOut: true, stops: false, toPeople: false },
  partial: { answers: false, handsOut: true, stops: false, toPeople: false },
  rules_based: { answers: false, handsOut: true, stops: false, toPeople: false, byRule: true },
  needs_confirmation: { answers: false, handsOut: true, stops: false, toPeople: true },
  action_disabled: { answers: false, handsOut: true, stops: false, toPeople: true },
  queued: { answers: false, handsOut: false, stops: true, toPeople: true },
  needs_review: { answers: false, handsOut: false, stops: true, toPeople: true },
  declined: { answers: false, handsOut: false, stops: true, toPeople: false },
  failed: { answers: false, handsOut: false, stops: true, toPeople: false, lost: true },
  abandoned: { answers: false, handsOut: false, stops: true, toPeople: false, lost: true },
};
