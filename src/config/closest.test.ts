import { expect, test } from 'vitest';
import { closest, suggest } from './closest.ts';

const faults = ['hang', 'server-error', 'rate-limited'];

test.each([
  ['hnag', 'hang'],
  ['Hang', 'hang'],
  ['server_eror', 'server-error'],
  ['rate-limit', 'rate-limited'],
  ['rate', 'rate-limited'],
  ['quux', undefined],
  ['', undefined],
])('%s -> %s', (word, meant) => {
  expect(closest(word, faults)).toBe(meant);
});

test('says what was meant and what there is', () => {
  expect(suggest('hnag', ['hang'], 'faults')).toBe('did you mean "hang"? (faults: hang)');
  expect(suggest('quux', ['hang'], 'faults')).toBe('faults: hang');
  expect(suggest('quux', [], 'faults')).toBe('there are no faults');
});

test('of a thousand words some are compared and shown', () => {
  const many = Array.from({ length: 1000 }, (_, i) => `word_${i}_${'x'.repeat(1000)}`);
  expect(suggest('word_7', many, 'words')).toMatch(/^did you mean "word_7_x.*word_39_x+, and 960 more\)$/);
});
