import { describe, expect, it } from 'vitest';
import type { Row } from './data.ts';
import { findBy, sorted } from './query.ts';

const row = (change: Partial<Row> = {}): Row => ({
  ...{ drill: 0, workflow: 'support', ask: 1, task: 'refund', phase: 'outage', tenant: 'acme', priority: 'normal' },
  ...{ verdict: 'failed', what: 'primary timeout → backup', outcome: 'answered', checks: ['fails-over'] },
  ...{ faults: ['hang on primary'], roles: ['primary', 'backup'], ms: 900, plain_ms: 800, usd: 3, plain_usd: 3 },
  ...{ detail: 0, plain: null },
  ...change,
});
const finds = (query: string, change: Partial<Row> = {}) => findBy(query)(row(change), 'timeout_primary');

describe('a query', () => {
  it.each([
    '',
    'verdict:failed',
    'VERDICT:Failed',
    'verdict:passed,failed',
    'verdict:fail -tenant:other',
    'check:fails-over phase:outage',
    'fault:hang role:backup',
    'refund',
    '"timeout → backup"',
    'drill:timeout',
    '-verdict:passed refund outage',
    'verdict:',
    'fault:"hang on primary"',
  ])('%j finds it', (query) => expect(finds(query)).toBe(true));

  it.each([
    'verdict:passed',
    '-verdict:failed',
    'verdict:failed -tenant:acme',
    '-refund',
    'nothing:else',
    '"backup timeout"',
    'task:x',
  ])('%j does not', (query) => expect(finds(query)).toBe(false));

  it('is never a pattern, and the order of rows of one rank stays', () => {
    expect(finds('.*')).toBe(false);
    expect(finds('[', { what: 'a [ b' })).toBe(true);
    const rows = [
      row({ ask: 1, verdict: 'passed', checks: [], ms: null }),
      row({ ask: 2, ms: 5 }),
      row({ ask: 3, ms: 7, usd: null }),
    ];
    // A finding of the whole drill is shown in an ask that passed.
    expect(sorted([...rows, row({ ask: 4, verdict: 'passed' })], 'worst').map(({ ask }) => ask)).toEqual([2, 3, 4, 1]);
    const asks = (order: string) => sorted(rows, order).map(({ ask }) => ask);
    expect([asks('worst'), asks('slowest'), asks('dearest'), asks('asked'), asks('?')]).toEqual([
      [2, 3, 1],
      [1, 3, 2],
      [1, 2, 3],
      [1, 2, 3],
      [2, 3, 1],
    ]);
  });
});
