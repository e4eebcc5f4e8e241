import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { messageOf } from './errors.ts';

it.each([
  [new TypeError('it broke'), 'it broke'],
  [runInNewContext("new Error('elsewhere')"), 'elsewhere'],
  [{ message: 'told without a class' }, 'told without a class'],
  ['a text', 'a text'],
  [undefined, 'undefined'],
  [null, 'null'],
])('says what %s says', (thrown, message) => {
  expect(messageOf(thrown)).toBe(message);
});
