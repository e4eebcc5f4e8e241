import { expect, test } from 'vitest';
import type { Meaning } from '../core/notices.ts';
import { guessOf } from './notice-guesses.ts';
import { templateOf } from './notice-templates.ts';

test.each<[string, Meaning]>([
  ['Your draft was saved.', { saved: true }],
  ['Nothing was saved.', {}],
  ['Your refund has been issued.', { done: true }],
  ['Done: {tool}.', { done: '{tool}' }],
  ['This was stopped cleanly: no action was taken.', { done: false, next: true }],
  ['Everything works as usual.', { works: 'all' }],
  ['I can still help, but live actions are limited.', { works: true, limited: true }],
  ['It was handed over to a colleague.', { told_to: 'person' }],
  ['Please try again in a few minutes.', { next: true }],
  ['Something went wrong.', {}],
  ['Es geht gerade nicht.', {}],
])('%s', (text, means) => {
  expect(guessOf(text)).toEqual(means);
});

test('a part of a notice is what its name says', () => {
  expect(guessOf('Antworten', 'works')).toEqual({ works: true });
  expect(guessOf('Aktionen', 'limited')).toEqual({ limited: true });
  expect(guessOf('Nothing to do.', 'action')).toEqual({ act: false });
  expect(guessOf('Bitte prüfen.', 'action')).toEqual({ act: true });
  expect(guessOf('Nothing was saved.', 'saved')).toEqual({ saved: false });
  expect(guessOf('Später wieder', 'next')).toEqual({ next: true });
});

test.each([
  ['Done: issue refund, send label. Saved.', 'Done: {tool}. Saved.'],
  ['The refund of €42.00 for order LH-20533 waits.', 'The refund of {amount} for order {id} waits.'],
  ['Order 1042 of 3 March 2026 waits.', 'Order {id} of {date} waits.'],
  ['Back in 5 minutes; 12 wait.', 'Back in {time}; {number} wait.'],
  ['No value in it.', 'No value in it.'],
])('%s', (text, template) => {
  expect(templateOf(text, ['issue_refund', 'send_label'])).toBe(template);
});
