/** Why a call is not let through for its money. None of them says anything of the target. */
export const REFUSALS = [
  'no_room',
  'price_unknown',
  'context_unknown',
  'priced_otherwise',
  'no_output_limit',
  'unreadable_request',
  'ledger_failed',
] as const;

export interface Refusal {
  granted: false;
  because: (typeof REFUSALS)[number];
  /** One sentence without its full stop, for people. */
  why: string;
  /** What they can do about it. */
  fix: string;
}

export const refusal = (because: Refusal['because'], why: string, fix: string): Refusal => ({
  granted: false,
  ...{ because, why, fix },
});
