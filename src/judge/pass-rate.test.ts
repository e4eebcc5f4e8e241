import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allOf, moreFor, oneOf, wilson } from './pass-rate.ts';

// The bounds are those of R's binom.confint(x, n, methods = "wilson").
it.each([
  [0, 10, 0, 0.2775],
  [8, 10, 0.4902, 0.9433],
  [10, 10, 0.7225, 1],
  [50, 100, 0.4038, 0.5962],
])('%i of %i', (passed, of, low, high) => {
  expect(wilson({ passed, of }).low).toBeCloseTo(low, 4);
  expect(wilson({ passed, of }).high).toBeCloseTo(high, 4);
});

it('pass^k and pass@k by drawing without putting back', () => {
  const tries = { passed: 2, of: 4 };
  expect(allOf(tries, 1)).toBeCloseTo(1 / 2);
  expect(allOf(tries, 2)).toBeCloseTo(1 / 6);
  expect(oneOf(tries, 2)).toBeCloseTo(5 / 6);
  expect(allOf(tries, 3)).toBe(0);
  expect(oneOf(tries, 3)).toBe(1);
  expect(allOf(tries, 5)).toBeUndefined();
});

it('says how many more tries decide, and one fewer would not', () => {
  const shares = fc.constantFrom(0.5, 0.8, 0.9, 0.95);
  const tries = fc.integer({ min: 1, max: 30 }).chain((of) => fc.record({ of: fc.constant(of), passed: fc.nat(of) }));
  const decides = (one: { passed: number; of: number }, more: number, share: number) => {
    const of = one.of + more;
    const { low, high } = wilson({ passed: Math.round((one.passed / one.of) * of), of });
    return low >= share || high < share;
  };
  fc.assert(
    fc.property(tries, shares, (one, share) => {
      const more = moreFor(one, share);
      if (more === undefined) expect(one.passed / one.of).toBeCloseTo(share, 1);
      else expect(decides(one, more, share)).toBe(true);
    }),
  );
  expect(moreFor({ passed: 5, of: 5 }, 0.9)).toBe(30);
  expect(moreFor({ passed: 9, of: 10 }, 0.9)).toBeUndefined();
  expect(moreFor({ passed: 0, of: 0 }, 0.9)).toBeUndefined();
});
