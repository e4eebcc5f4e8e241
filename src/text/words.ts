/** Seconds with one decimal, rounded up: a time past its limit never reads as equal to it. Every report and reason tells times in this way. */
export const seconds = (ms: number): string => `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;

/** Beside a time, what of it is not judged: ` (0.2 s of it the start of its process)`, or nothing. */
export const lessStart = (ms: number): string => (ms === 0 ? '' : ` (${seconds(ms)} of it the start of its process)`);

/** `1 retry`, `3 calls`. */
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** Null is what nobody knows, as the price of a model that stands in no table. */
export const usd = (amount: number | null): string => (amount === null ? PRICE_UNKNOWN : `$${amount.toFixed(4)}`);

const PRICE_UNKNOWN = 'price unknown';
/** Why money is not judged, and what to do about it. */
export const priceUnknown = (roles: readonly string[]): string =>
  `${PRICE_UNKNOWN} of what ${roles.join(', ')} ${roles.length === 1 ? 'was' : 'were'} asked: \`price\` on a role gives it`;

/** `2 × 200, 1 × 429`. */
export const tallied = (times: Record<string, number>): string =>
  Object.entries(times)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, n]) => `${n} × ${name}`)
    .join(', ');

/** Each thing once, in order of first appearance. */
export const unique = <T>(things: readonly T[]): T[] => [...new Set(things)];

/** What is said only where something is so. */
export const when = (so: boolean, words: string): string[] => (so ? [words] : []);
