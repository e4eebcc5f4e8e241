import { describe, expect, test } from 'vitest';
import { Concept } from '../core/concept.ts';
import { says, sentencesOf } from './concept.ts';
import { describeExpectation, matches } from './match-expectation.ts';

const CONCEPT = Concept.parse({
  says: [
    "\\b(we|i)( will|'ll| can| shall) (\\w+ ){0,3}refund\\b",
    '\\brefund (has been|was|is) (\\w+ )?(approved|issued)\\b',
  ],
  unless: ['\\bgift cards?\\b'],
  positive: ['a', 'b', 'c'],
  negative: ['a', 'b', 'c'],
});

describe('a sentence that says it', () => {
  test.each([
    'We will refund you.',
    'We’ll happily refund it today!',
    'I am sorry. We will not only refund you, you keep the item.',
    'We cannot explain the delay, but we will refund you.',
    'We could not find your parcel, so we will refund you.',
    'We will refund you, no questions asked.',
    'We will refund you. Is there anything else?',
    'You asked for your money back, and we will refund it.',
    'Your refund has been approved by Dr. Reed.',
    'Without delay we will refund the $24.50.',
    'Nothing was sent; your refund was issued.',
    'Here is the reply: “We will refund you.”',
    'No problem. We will refund order no. 991.',
  ])('%s', (sentence) => expect(says(sentence, CONCEPT)).toBe(true));
});

describe('a sentence that does not', () => {
  test.each([
    'We will not refund you.',
    'We won’t say that we will refund you.',
    'I cannot promise that we will refund it.',
    'Nobody said we will refund it.',
    'Will we refund you?',
    'If the team agrees, we will refund you.',
    'We will refund you once the item is checked in.',
    'The refund is issued as soon as the parcel arrives.',
    'Should the team agree, we will refund you.',
    'The customer hopes we will refund her.',
    'The customer writes: “You said we will refund you.”',
    'Your message says ‘we’ll refund you’ in the subject.',
    'Your refund would, if the refund is approved, take 5 days.',
    'The policy does not say that we will refund after day 30.',
    'A refund has not been approved.',
    'We will refund gift cards.',
    'No. 991 was bought in May.',
  ])('%s', (sentence) => expect(says(sentence, CONCEPT)).toBe(false));
});

test('sentences survive abbreviations and numbers', () => {
  expect(sentencesOf('Order no. 991 cost $24.50, e.g. at 3 p.m. on Monday. Dr. R. M. Reed agreed!\nYes.')).toEqual([
    'Order no. 991 cost $24.50, e.g. at 3 p.m. on Monday.',
    'Dr. R. M. Reed agreed!',
    'Yes.',
  ]);
});

test('an expectation may name a concept of the workflow', () => {
  const concepts = { promise_refund: CONCEPT };
  expect(matches('We will refund you.', { concept: 'promise_refund' }, concepts)).toBe(true);
  expect(matches('We will not refund you.', { concept: 'promise_refund' }, concepts)).toBe(false);
  expect(() => matches('x', { concept: 'other' }, concepts)).toThrow('no concept other');
  expect(describeExpectation({ concept: 'promise_refund' })).toBe('promise refund');
});

test('a long text takes linear time', () => {
  const text = `${'we will refund, '.repeat(2000)}? ${'\u2018"'.repeat(5000)}`;
  expect(says(text, CONCEPT)).toBe(false);
});
