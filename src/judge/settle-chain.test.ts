import { expect, test } from 'vitest';
import { evidence, plain, story } from '../checks/evidence.fixture.ts';
import { asShown } from './settle-chain.ts';

const { declares } = evidence(plain());
const asking = (...roles: string[]) => {
  const told = story(1, 'baseline', 1).ask();
  for (const [i, role] of roles.entries()) told.call(role, i * 10, { until: i * 10 + 9 });
  return told.events();
};
const chainOf = (asked: string[], usual: string[], over: object = { order_assumed: true }) =>
  asShown({ declares: { ...declares, chain: ['primary', 'backup'], ...over } }, asking(...asked), asking(...usual))
    .declares.chain;

test('a role that nobody assumed ends the chain of the ask that calls it', () => {
  expect(chainOf(['primary', 'third'], ['primary'])).toEqual(['primary', 'backup', 'third']);
  expect(chainOf(['primary', 'verifier'], ['primary'])).toEqual(['primary', 'backup']);
});

test('a task that is sent past the first role without faults begins where it is sent', () => {
  expect(chainOf(['backup', 'primary'], ['backup'])).toEqual(['backup', 'primary']);
  expect(chainOf(['primary'], ['third'])).toEqual(['third', 'primary', 'backup']);
  // Asked beside the first role, or under faults alone, it is what it is everywhere.
  expect(chainOf(['backup'], ['backup', 'primary'])).toEqual(['primary', 'backup']);
  expect(chainOf(['backup'], ['primary'])).toEqual(['primary', 'backup']);
  expect(chainOf(['primary'], [])).toEqual(['primary', 'backup']);
});

test('an order that is declared stands', () => {
  expect(chainOf(['backup'], ['backup'], {})).toEqual(['primary', 'backup']);
});
