import { expect, test } from 'vitest';
import { createForeignSearch } from './foreign.ts';

const POLICY = 'Tents may be sent back within ten days, dry and in their own bag, and never after a fair.';
const SHARED = 'We answer every letter within two working days of the day it came in.';
const sources = [
  { id: 'tents_v1', tenant: 'globex', text: `${POLICY} ${SHARED}` },
  { id: 'lamps_v1', tenant: 'acme', text: `Lamps may be returned. ${SHARED}` },
];
const task = (name: string, tenant: string, input: string) => ({
  ...{ name, tenant, input, history: [], sources: [] },
  material: [],
});
const foreignIn = createForeignSearch(
  [
    task('lamp', 'acme', 'May I return the lamp that I bought in May?'),
    task('shade', 'acme', 'Is there another shade for my old lamp?'),
    task('tent', 'globex', 'May I send the tent back that I bought in May?'),
    task('same', 'globex', 'May I return the lamp that I bought in May?'),
    task('thanks', 'globex', 'Thank you so much!'),
  ],
  sources,
);

test.each<[string, string, string[]]>([
  ['a question of another tenant', '{"notice":"Before: may I send the tent back, that I bought in May?"}', ['tent']],
  ['half of it', 'May I send the tent back', []],
  ['a question that its own tenant asks', 'Is there another shade for my old lamp?', []],
  ['a question that both ask', 'May I return the lamp that I bought in May?', []],
  ['what anybody may say', 'Thank you so much!', []],
  ['a piece of a source', 'They are to be sent back within ten days, dry and in their own bag.', ['tents_v1']],
  ['a few words of it', 'Please come within ten days.', []],
  ['what stands in a source of its own tenant as well', SHARED, []],
])('%s', (_, text, expected) => {
  expect(foreignIn([text], 'lamp')).toEqual(expected);
});
