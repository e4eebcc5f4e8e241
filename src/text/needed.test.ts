import fc from 'fast-check';
import { RE2JS } from 're2js';
import { expect, test } from 'vitest';
import { mayHold } from './needed.ts';

test('most texts are told apart from a pattern without looking', () => {
  const refunds = mayHold(String.raw`\b(we|i)( will|'ll) (\w+ ){0,2}(refund|reimburse)\b`);
  expect(refunds('I WILL gladly Reimburse you')).toBe(true);
  expect(refunds('We will write to you')).toBe(false);
  expect(refunds('A refund is not what we can promise')).toBe(false);
  expect(mayHold('colou?r')('a colr')).toBe(false);
  expect(mayHold('(?i)anything')('at all')).toBe(true);
});

/** Patterns of all that RE2 reads, and texts of the same letters. */
const letters = fc.constantFrom(
  'a',
  'B',
  'k',
  's',
  ' ',
  '-',
  '\\.',
  '\\w',
  '\\b',
  '\\S',
  '.',
  '[ab]',
  '[^k\\]]',
  '[[:alpha:]]',
  '^',
  '$',
  'é',
  '\\x61',
  '\\pL',
  '{',
  ']',
);
const counts = fc.constantFrom('', '', '', '*', '+', '?', '*?', '{0}', '{0,2}', '{1,2}', '{2}');
const { pattern } = fc.letrec<{ pattern: string; branch: string; piece: string }>((tie) => ({
  pattern: fc.array(tie('branch'), { minLength: 1, maxLength: 3 }).map((all) => all.join('|')),
  branch: fc.array(tie('piece'), { maxLength: 5 }).map((all) => all.join('')),
  piece: fc.oneof(
    { weight: 5, arbitrary: fc.tuple(letters, counts).map((both) => both.join('')) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom('(', '(?:', '(?i:', '(?P<n>'), tie('pattern'), counts)
        .map(([open, inner, count]) => `${open}${inner})${count}`),
    },
  ),
}));
const text = fc.string({
  unit: fc.constantFrom('a', 'A', 'b', 'k', '\u212a', 's', 'ſ', ' ', '-', '.', 'é', 'É', 'İ', '{', ']', '\n'),
  maxLength: 12,
});

test('what is found in a text may be in it', () => {
  let found = 0;
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      let re: RE2JS;
      try {
        re = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
      } catch {
        return;
      }
      if (!re.matcher(text).find()) return;
      found++;
      expect(mayHold(pattern)(text)).toBe(true);
    }),
    { numRuns: 1000 },
  );
  expect(found).toBeGreaterThan(100);
});
