import type { Role } from './declaration.ts';

/** US dollars per million tokens, from the providers' public price pages. Override with `price` on a role. */
export const PRICE_DATE = '2026-11-01';

const PRICES: Record<string, { input: number; output: number }> = {
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  'claude-opus-4-5': { input: 5, output: 25 },
  'claude-sonnet-4-5': { input: 3, output: 15 },
  'mistral-small-latest': { input: 0.1, output: 0.3 },
  'claude-haiku-4-5': { input: 1, output: 5 },
  'gemini-3-pro-preview': { input: 2, output: 12 },
  'gemini-3-flash-preview': { input: 0.5, output: 3 },
  'gemini-2.5-pro': { input: 1.25, output: 10 },
  'gemini-2.5-flash': { input: 0.3, output: 2.5 },
  'gemini-2.5-flash-lite': { input: 0.1, output: 0.4 },
};

/** An unknown model without a price of its own is priced like the dearest of the table: a budget errs on the safe side. */
const DEAREST = { input: 5, output: 25 };

/** US dollars together, to a millionth: sums of floating-point numbers would show more. */
export const totalUsd = (amounts: readonly number[]): number =>
  Math.round(amounts.reduce((sum, one) => sum + one, 0) * 1_000_000) / 1_000_000;

/** What a call of this role cost, in US dollars rounded to a millionth. */
export function costOf(role: Role, tokens: { input: number; output: number }): number {
  const price = role.price ?? PRICES[role.model] ?? DEAREST;
  return Math.round(tokens.input * price.input + tokens.output * price.output) / 1_000_000;
}
