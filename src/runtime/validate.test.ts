import { expect, test } from 'vitest';
import { missingFields, parseJson, schemaErrors } from './validate.ts';

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

test('null and absence are both missing', () => {
  expect(missingFields({ a: 0, b: null }, ['a', 'b', 'c'])).toEqual(['b', 'c']);
  expect(missingFields('text', ['a'])).toEqual(['a']);
});
