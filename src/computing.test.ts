import { expect, it } from 'vitest';
import { isLinear } from './computing.fixture.ts';

const QUADRATIC = /x*y/;

it('tells linear time from quadratic time', async () => {
  expect(await isLinear((n) => 'x'.repeat(n).split('x').join('y'), 1_600_000)).toBe(true);
  expect(await isLinear((n) => QUADRATIC.test('x'.repeat(n)), 4_800)).toBe(false);
});
