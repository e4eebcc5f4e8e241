import { expect, it } from 'vitest';
import { fieldsOf, withSentence } from './answer.ts';

it.each([
  ['Yes.', 'Yes. More.'],
  ['{"answer":"Yes.","note":"longer than it"}', '{"answer":"Yes. More.","note":"longer than it"}'],
  ['{"risk":"low","summary":"A lamp broke."}', '{"risk":"low","summary":"A lamp broke. More."}'],
  ['{"n":1}', undefined],
  [' ', undefined],
])('a sentence is added to the prose of %s', (text, more) => {
  expect(withSentence(text, 'More.')).toBe(more);
});

it('only an object is a structured answer', () => {
  expect(['[1]', 'null', '"a"', '{', '{"a":1}'].map(fieldsOf)).toEqual([...Array(4).fill(undefined), { a: 1 }]);
});
