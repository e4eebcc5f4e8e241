import { expect, test } from 'vitest';
import { missingFields, objectIn, parseJson, schemaErrors, unwrapped } from './validate.ts';

test('JSON is parsed strictly', () => {
  expect(parseJson('null')).toEqual({ json: null });
  expect(parseJson('Sure! {}')).toBeUndefined();
});

test('schema errors say where and which rule, never the value', () => {
  const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n', 'm'] };
  expect(schemaErrors({ n: 1, m: 1 }, schema)).toEqual([]);
  const errors = schemaErrors({ n: 'secret' }, schema);
  expect(errors).toEqual(expect.arrayContaining(['# required', '#/n type']));
  expect(errors.join()).not.toContain('secret');
});

test('a pattern is matched in linear time; one that only the engine knows, by the engine', () => {
  const schema = { properties: { id: { pattern: '^(a+)+$' }, word: { pattern: '^(?!no)' } } };
  expect(schemaErrors({ id: 'aaa', word: 'yes' }, schema)).toEqual([]);
  expect(schemaErrors({ id: `${'a'.repeat(50_000)}!` }, schema)).toContain('#/id pattern');
  expect(schemaErrors({ word: 'no' }, schema)).toContain('#/word pattern');
});

test('null and absence are both missing', () => {
  expect(missingFields({ a: 0, b: null }, ['a', 'b', 'c'])).toEqual(['b', 'c']);
  expect(missingFields('text', ['a'])).toEqual(['a']);
});

test.each([
  ['```json\n{"a":1}\n```', '{"a":1}'],
  ['<think>\nHm {1}.\n</think>\n\nYes.', 'Yes.'],
  ['A ``` within', 'A ``` within'],
])('takes a model’s words out of what it wrapped them in: %s', (text, words) => {
  expect(unwrapped(text)).toBe(words);
});

test('finds the object among words, and none where there is none', () => {
  expect(objectIn('Here it is:\n{"a":1}\nBye.')).toEqual({ json: { a: 1 } });
  expect([objectIn('no brace'), objectIn('} {')]).toEqual([undefined, undefined]);
});
