import type { Claim } from '../text/claims.ts';
import { formatRfc3339 } from '../text/http-date.ts';
import { knownFrom, says } from '../text/known-facts.ts';

const DAY_MS = 86_400_000;

/** Whether a date is one on which the run was under way, wherever on Earth it is read: no source has to say when something was stored. */
export function isDayOfRun(claim: Claim, epoch_ms: number, at: number): boolean {
  // Without its year it may be any: that of a deadline, say.
  if (claim.kind !== 'date' || claim.partial) return false;
  const days = Math.ceil(at / DAY_MS) + 3;
  const dates = Array.from({ length: days }, (_, i) => formatRfc3339(epoch_ms + (i - 1) * DAY_MS));
  return says(knownFrom(dates, []), claim);
}
