import { expect, test } from 'vitest';
import { evidence, plain, story } from '../checks/evidence.fixture.ts';
import { asShown, routed, routeNote } from './settle-chain.ts';

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

test('what is declared gives way to a rule: all of a kind go past the first role, and others do not', () => {
  const routedTo = (kind: { priority: 'low' } | { tenant: string }, ...roles: string[]) => {
    const asks = roles.map((role, i) => {
      const told = story(i + 1, 'baseline', 1).ask(0, i < roles.length - 1 ? kind : {});
      return told.call(role, 0, { until: 9 }).events();
    });
    const plan = routed({ declares: { ...declares, chain: ['primary', 'backup'] } }, asks);
    return { notes: routeNote(plan.declares, asks), order: asShown(plan, [], asks[0] ?? []).declares.chain };
  };
  const rule = (kind: string) => ({
    notes: [`without faults, asks ${kind} go to backup first, and not to primary: that is taken for their order`],
    order: ['backup', 'primary'],
  });
  const [low, other] = [{ priority: 'low' }, { tenant: 'other' }] as const;
  expect(routedTo(low, 'backup', 'primary')).toEqual(rule('of low priority'));
  expect(routedTo(other, 'backup', 'backup', 'primary')).toEqual(rule('of 1 tenant'));
  const none = { notes: [], order: ['primary', 'backup'] };
  expect(routedTo(low, 'backup', 'backup', 'backup')).toEqual(none);
  expect(routedTo(low, 'backup', 'primary', 'primary')).toEqual(none);
  expect(routedTo(low, 'primary', 'backup')).toEqual({ ...rule('of normal priority'), order: ['primary', 'backup'] });
  expect(routedTo(other, 'backup', 'primary')).toEqual(none);
});
