import { expect, test } from 'vitest';
import { describeExpectation, holdsPhrase, matches } from './match-expectation.ts';

test.each([
  ['The POLICY   window\nis closed', 'policy window'],
  ['It’s the “policy window”', '"policy window"'],
  ["It's closed", 'it’s'],
  ['Größe: 30 %', '30 %'],
  ['see [policy_v3].', 'policy_v3'],
  ['refund, fund', 'fund'],
  ['no-reply', 'no'],
])('%s holds %s', (text, phrase) => expect(holdsPhrase(text, phrase)).toBe(true));

test.each([
  ['a refund', 'fund'],
  ['funds', 'fund'],
  ['policy_v31', 'policy_v3'],
  ['überfund', 'fund'],
  ['fund𝐚', 'fund'],
  ['anything', ' '],
])('%s does not hold %s', (text, phrase) => expect(holdsPhrase(text, phrase)).toBe(false));

test('any of several, or a pattern without regard to case', () => {
  expect(matches('A second thing', { any_of: ['first', 'second'] })).toBe(true);
  expect(matches('A third thing', { any_of: ['first', 'second'] })).toBe(false);
  expect(matches('Order 991', { pattern: '^order \\d+$' })).toBe(true);
  expect(matches('Order nine', { pattern: '^order \\d+$' })).toBe(false);
});

test('a pattern takes linear time', () => {
  expect(matches('a'.repeat(50_000), { pattern: '(a+)+$b' })).toBe(false);
});

test('an expectation reads as it is written', () => {
  expect(['a', { any_of: ['a', 'b'] }, { pattern: 'a+' }].map(describeExpectation)).toEqual([
    '"a"',
    'any of "a", "b"',
    '/a+/',
  ]);
});
