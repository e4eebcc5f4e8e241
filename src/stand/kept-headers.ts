import type { Headers } from '../core/wire.ts';

/** Headers worth keeping; none of them can hold a secret. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms', 'anthropic-version', 'x-stainless-retry-count'];

/** The allow-listed headers, by lower-case name. */
export function keptHeaders(headers: Headers): Record<string, string> {
  const kept = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(kept.filter(([name]) => KEPT_HEADERS.includes(name)));
}
