import { expect, test } from 'vitest';
import { keysAt, namedAt } from './problems.ts';

const said = {
  phases: [{ faults: [{ role: 'primary' }, 'broken', { role: 3 }] }, { faults: 'broken' }],
  targets: { 'my.agent': { builtin: 'reference' }, other: null },
};

test.each([
  ['phases[].faults[].role', [{ word: 'primary', path: ['phases', 0, 'faults', 0, 'role'] }, { word: 3 }]],
  ['targets.<name>.builtin', [{ word: 'reference', path: ['targets', 'my.agent', 'builtin'] }]],
  ['targets[]', []],
  ['phases.<name>', []],
  ['constructor', []],
])('what stands at %s', (pattern, expected) => {
  const found = namedAt(said, pattern);
  expect(found).toHaveLength(expected.length);
  expect(found).toMatchObject(expected);
});

test('a list that is the whole, a long one in part, and keys', () => {
  expect(namedAt(['a', 'b', 'c'], '[]', 2)).toEqual([
    { word: 'a', path: [0] },
    { word: 'b', path: [1] },
  ]);
  expect(keysAt(said, 'targets').map(({ word }) => word)).toEqual(['my.agent', 'other']);
});
