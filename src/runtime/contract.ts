import type { ModelResult } from './model-adapter.ts';

/** A quality gate: says what is wrong with an answer, or undefined where it may pass. */
export type Gate = (result: ModelResult) => string | undefined;

/** What must remain true of one ask, whichever model serves it. */
export interface FallbackContract {
  /** The structured output: a JSON Schema, and fields that must be there and not null. */
  output?: { schema: Record<string, unknown>; required: readonly string[] };
  /** Evidence checks, policy checks: a failing answer goes to nobody. */
  gate?: Gate;
  /** Whole milliseconds from the ask within which the user has an outcome. */
  deadlineMs: number;
  /** Retries per role. */
  retries: 0 | 1;
  /** US dollars for all attempts together. */
  budgetUsd?: number;
  /** With `honest_failure` nothing is promised: the outcome is `failed`. */
  whenAllFail: 'save_and_offer_next_step' | 'honest_failure';
}
