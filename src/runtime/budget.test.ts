import { expect, test } from 'vitest';
import { createTenantBudget } from './budget.ts';

test('a tenant has so many requests in a window, and no other tenant’s', () => {
  let now = 0;
  const budget = createTenantBudget({ windowMs: 1000, requests: 2 }, () => now);
  const booked = (tenant: string) => budget.book(tenant, 0) !== undefined;
  expect([booked('a'), booked('a'), booked('a'), booked('b')]).toEqual([true, true, false, true]);
  now = 1000;
  expect(booked('a')).toBe(true);
});

test('money is booked at the worst price until it is known', () => {
  const budget = createTenantBudget({ windowMs: 1000, usd: 1 }, () => 0);
  const first = budget.book('a', 0.9);
  expect(budget.book('a', 0.2)).toBeUndefined();
  first?.settle(0.1);
  expect(budget.book('a', 0.9)).toBeDefined();
});
