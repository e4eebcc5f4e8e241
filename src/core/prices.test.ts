import { describe, expect, it } from 'vitest';
import { costOf, mostNanoUsd, nanoUsd, priceOf, totalUsd } from './prices.ts';

const of = (model: string, price?: { input: number; output: number }) => ({ model, ...(price && { price }) });

describe('a price', () => {
  it("is the role's own before that of the table, and unknown where neither has it", () => {
    expect(priceOf(of('gpt-5'))).toMatchObject({ input: 1.25, output: 10 });
    expect(priceOf(of('gpt-5', { input: 1, output: 2 }))).toEqual({ input: 1, output: 2 });
    expect(priceOf(of('gpt-7'))).toBeUndefined();
    expect(priceOf(of('toString'))).toBeUndefined();
  });

  it("of the role is that of the role's own model alone", () => {
    const role = of('mine', { input: 1, output: 2 });
    expect(priceOf(role, 'gpt-5')).toMatchObject({ input: 1.25 });
    expect(priceOf(role, 'another')).toBeUndefined();
  });
});

describe('a cost', () => {
  it('is null where the price is unknown, and nothing where nothing was billed', () => {
    expect(costOf(of('gpt-7'), { input: 1, output: 1 })).toBeNull();
    expect(costOf(of('gpt-7'), { input: 0, output: 0 })).toBe(0);
    expect(costOf(of('gpt-5'), { input: 1000, output: 1000 })).toBe(0.01125);
  });

  it('counts cached, written and thought tokens at their own prices', () => {
    const price = { input: 4, output: 20, cached_input: 0.5, cache_write: 8, reasoning: 10 };
    const usage = { input: 1000, cached: 500, written: 100, output: 100, reasoning: 40 };
    expect(nanoUsd(price, usage)).toBe(400 * 4000 + 500 * 500 + 100 * 8000 + 60 * 20_000 + 40 * 10_000);
    const { input, output } = price;
    expect(nanoUsd({ input, output }, usage)).toBe(1000 * 4000 + 100 * 20_000);
  });

  it('is that of the higher tier for all tokens of a long request', () => {
    const long = (input: number) => costOf(of('gemini-2.5-pro'), { input, output: 1000 });
    expect([long(200_000), long(200_001)]).toEqual([0.26, 0.515003]);
  });

  it('is a whole number, rounded up', () => {
    expect(nanoUsd({ input: 0.1, output: 0 }, { input: 3, output: 0 })).toBe(300);
    expect(nanoUsd({ input: 0.0125, output: 0 }, { input: 1, output: 0 })).toBe(13);
    expect(nanoUsd({ input: 1e6, output: 0 }, { input: 1e12, output: 0 })).toBe(Number.POSITIVE_INFINITY);
  });

  it('at most is at the dearest of all prices', () => {
    const above = { input_tokens: 10, input: 3, output: 30, cache_write: 7 };
    expect(mostNanoUsd({ input: 2, output: 20, cached_input: 1, above }, { input: 1, output: 1 })).toBe(37_000);
    expect(mostNanoUsd({ input: 2, output: 20, reasoning: 40 }, { input: 1, output: 1 })).toBe(42_000);
  });
});

it('a sum with one unknown part is unknown', () => {
  expect(totalUsd([0.1, 0.2])).toBe(0.3);
  expect(totalUsd([0.1, null])).toBeNull();
});
