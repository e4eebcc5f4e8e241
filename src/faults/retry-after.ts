import { z } from 'zod';
import { HOUR_MS, whole } from '../core/numbers.ts';
import type { ErrorPart } from '../core/wire.ts';

/** Far beyond 24.8 days, which is what a timer of 32 bits takes. */
const TEN_YEARS_MS = 10 * 365 * 24 * HOUR_MS;

const WAYS = ['seconds', 'http-date', 'past', 'garbage', 'absent'] as const;
type Way = (typeof WAYS)[number];

/** The parameters of a fault whose reply may say when to come back. */
export const retryAfterParams = <W extends Way>(usual: W) => ({
  retry_after_ms: whole(0, TEN_YEARS_MS)
    .default(1000)
    .describe('milliseconds after which the provider says to come back'),
  retry_after_as: z
    .enum(WAYS)
    .default(usual)
    .describe(
      'how Retry-After says it; `past`: a date that is so long gone by; `garbage`: a word in its place; `absent` leaves the header out',
    ),
});

/** How a reply says it, in words for the trace and as a field of its error. */
export function retryAfter({
  retry_after_ms: ms,
  retry_after_as: as,
}: {
  retry_after_ms: number;
  retry_after_as: Way;
}): {
  told: string;
  field: Pick<ErrorPart, 'retryAfter'>;
} {
  if (as === 'absent') return { told: '', field: {} };
  if (as === 'garbage') return { told: ', Retry-After a word', field: { retryAfter: { ms, as } } };
  if (as !== 'past') return { told: `, Retry-After ${ms} ms as ${as}`, field: { retryAfter: { ms, as } } };
  // Headers are rounded up to the second: a date of this one would not be past.
  const gone = Math.max(1000, ms);
  return { told: `, Retry-After ${gone} ms ago`, field: { retryAfter: { ms: -gone, as: 'http-date' } } };
}
