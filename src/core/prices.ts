import type { Role } from './declaration.ts';
import type { Usage } from './wire.ts';

/**
 * The day of the prices below. They are those of @pydantic/genai-prices 0.1.8 of that day, which names the providers' price
 * pages for each. `price` on a role comes before them.
 */
export const PRICE_DATE = '2026-09-23';

/** US dollars per million tokens. What is not given costs as input or output does. */
export interface Rates {
  input: number;
  output: number;
  /** Input that the provider still had. */
  cached_input?: number | undefined;
  /** Input that the provider was to keep, at the longest time it may be kept for. */
  cache_write?: number | undefined;
  /** What the model thought before it spoke. */
  reasoning?: number | undefined;
}

export interface Price extends Rates {
  /** Of a request with more input tokens than that, all of it costs as much. */
  above?: Rates & { input_tokens: number };
  /** Tokens that its context window takes. */
  context_tokens?: number;
}

const PRICES: ReadonlyMap<string, Price> = new Map<string, Price>([
  ['gpt-4o-mini', { input: 0.15, output: 0.6, cached_input: 0.075, context_tokens: 128_000 }],
  ['gpt-5', { input: 1.25, output: 10, cached_input: 0.125, context_tokens: 400_000 }],
  ['gpt-5-mini', { input: 0.25, output: 2, cached_input: 0.025, context_tokens: 400_000 }],
  ['gpt-5-nano', { input: 0.05, output: 0.4, cached_input: 0.005, context_tokens: 400_000 }],
  [
    'gpt-5.5',
    {
      ...{ input: 5, output: 30, cached_input: 0.5, context_tokens: 1_000_000 },
      above: { input_tokens: 271_999, input: 10, output: 45, cached_input: 1 },
    },
  ],
  [
    'gpt-6-sol',
    {
      ...{ input: 2, output: 10, cached_input: 0.2, cache_write: 2.5, context_tokens: 1_050_000 },
      above: { input_tokens: 272_000, input: 4, output: 15, cached_input: 0.4, cache_write: 5 },
    },
  ],
  ['claude-haiku-4-5', { input: 1, output: 5, cached_input: 0.1, cache_write: 2, context_tokens: 200_000 }],
  // Above 200 000 input tokens it takes no request any more.
  ['claude-sonnet-4-5', { input: 3, output: 15, cached_input: 0.3, cache_write: 6, context_tokens: 200_000 }],
  ['claude-sonnet-5', { input: 2, output: 10, cached_input: 0.2, cache_write: 4, context_tokens: 1_000_000 }],
  ['claude-opus-4-5', { input: 5, output: 25, cached_input: 0.5, cache_write: 10, context_tokens: 200_000 }],
  ['claude-opus-5-5', { input: 4, output: 20, cached_input: 0.2, cache_write: 8, context_tokens: 1_000_000 }],
  [
    'gemini-3-pro-preview',
    {
      ...{ input: 2, output: 12, cached_input: 0.2 },
      above: { input_tokens: 200_000, input: 4, output: 18, cached_input: 0.4 },
    },
  ],
  ['gemini-3-flash-preview', { input: 0.5, output: 3, cached_input: 0.05, context_tokens: 1_000_000 }],
  [
    'gemini-2.5-pro',
    {
      ...{ input: 1.25, output: 10, cached_input: 0.125 },
      above: { input_tokens: 200_000, input: 2.5, output: 15, cached_input: 0.25 },
    },
  ],
  ['gemini-2.5-flash', { input: 0.3, output: 2.5, cached_input: 0.03, context_tokens: 1_048_576 }],
  ['gemini-2.5-flash-lite', { input: 0.1, output: 0.4, cached_input: 0.01, context_tokens: 1_000_000 }],
  ['mistral-small-latest', { input: 0.1, output: 0.3 }],
]);

/** What a model costs where this role is called: the role's own price is that of the role's own model. */
export function priceOf({ model: own, price }: Pick<Role, 'model' | 'price'>, model = own): Price | undefined {
  return price !== undefined && model === own ? price : PRICES.get(model);
}

/** Whether it is the name of a model that many know; what is not may be anyone's alias of any. */
export const isKnownModel = (model: string): boolean => PRICES.has(model);

/** Nano-dollars, whole, rounded up. Infinity where it is more than can be counted. */
export function nanoUsd(price: Price, { input, output, cached = 0, written = 0, reasoning = 0 }: Usage): number {
  const rates = price.above !== undefined && input > price.above.input_tokens ? price.above : price;
  const fresh = Math.max(0, input - cached - written);
  return nanoOf([
    [fresh, rates.input],
    [cached, rates.cached_input ?? rates.input],
    [written, rates.cache_write ?? rates.input],
    [Math.max(0, output - reasoning), rates.output],
    [reasoning, rates.reasoning ?? rates.output],
  ]);
}

/** The most that so many tokens can cost, whatever the provider does with them. */
export function mostNanoUsd(price: Price, { input, output }: Pick<Usage, 'input' | 'output'>): number {
  const rates = [price, ...(price.above === undefined ? [] : [price.above])];
  const most = (of: (one: Rates) => (number | undefined)[]) => Math.max(...rates.flatMap(of).map((rate) => rate ?? 0));
  return nanoOf([
    [input, most((one) => [one.input, one.cached_input, one.cache_write])],
    [output, most((one) => [one.output, one.reasoning])],
  ]);
}

/** Prices of a millionth of a dollar per million tokens are told apart: a token then costs a whole number of pico-dollars. */
const PICO_A_TOKEN = 1_000_000;
function nanoOf(bill: readonly (readonly [tokens: number, usdPerMillion: number])[]): number {
  const pico = bill.reduce((sum, [tokens, rate]) => sum + tokens * Math.round(rate * PICO_A_TOKEN), 0);
  return Number.isSafeInteger(pico) ? Math.ceil(pico / 1000) : Number.POSITIVE_INFINITY;
}

/** US dollars; null where the price is not known. */
export type Usd = number | null;

/** US dollars together, to a millionth: sums of floating-point numbers would show more. One unknown makes all of it unknown. */
export function totalUsd(amounts: readonly number[]): number;
export function totalUsd(amounts: readonly Usd[]): Usd;
export function totalUsd(amounts: readonly Usd[]): Usd {
  const known = amounts.filter((one) => one !== null);
  if (known.length < amounts.length) return null;
  return Math.round(known.reduce((sum, one) => sum + one, 0) * 1_000_000) / 1_000_000;
}

/** What a call of this role cost, to a millionth. What took no tokens costs nothing at any price. */
export function costOf(role: Pick<Role, 'model' | 'price'>, usage: Usage): Usd {
  if (usage.input === 0 && usage.output === 0) return 0;
  const price = priceOf(role);
  return price === undefined ? null : Math.round(nanoUsd(price, usage) / 1000) / 1_000_000;
}
