import { describe, expect, test } from 'vitest';
import { clausesOf, type Meaning, means } from './notice-words.ts';

const SENTENCES: Record<Meaning, { yes: string[]; no: string[] }> = {
  saved: {
    yes: [
      'Your draft was saved.',
      'We’ve kept your question',
      'Draft saved.',
      'I can help, and your question is stored.',
    ],
    no: [
      'Nothing was saved.',
      'Your draft has not been saved',
      'I can keep a draft saved for you',
      'Your data will be stored and kept.',
      'What you saved is yours.',
      'I answered from your saved documents',
      'Your data is kept private',
      'Was it saved?',
      'Neither draft nor data were kept',
    ],
  },
  done: {
    yes: [
      'Your refund has been issued.',
      'I sent the email.',
      'Live actions are limited, but your order was cancelled.',
      'We have already booked it',
    ],
    no: [
      'No refund was issued.',
      'The email has not been sent.',
      'Your refund will be issued tomorrow',
      'I can help once it is sent',
      'The trip you have booked stays',
      'A refund can be issued later',
      'Refunded orders are shown',
    ],
  },
  idle: {
    yes: ['I stopped this one cleanly: no action was taken.', 'Nothing was done', 'No actions have been carried out'],
    no: [
      'No action is needed from you',
      'If no action was taken, ask again',
      'No action was taken after that',
      'Nothing has been done yet',
      'Was no action taken?',
      'No further action was taken',
    ],
  },
  usual: {
    yes: [
      'Everything works as usual.',
      'All features are available',
      'There are no limitations.',
      'Nothing is limited',
    ],
    no: [
      'Not everything works as usual.',
      'Everything else works as usual',
      'Answers work as usual',
      'All live actions are limited',
    ],
  },
  limited: {
    yes: [
      'Live actions are temporarily limited.',
      'I cannot issue refunds right now',
      'Booking is unavailable',
      'Answers may be shorter',
      'Refunds are switched off for now',
    ],
    no: ['Nothing is limited.', 'There are no limited features', 'Your answer is ready', 'Something went wrong.'],
  },
  works: {
    yes: [
      'I can still help.',
      'Answers from your documents still work',
      'Search is available',
      'Here is your answer',
      'You still get an answer',
    ],
    no: [
      'Something went wrong.',
      'I cannot help right now',
      'You can try again later',
      'Live actions are limited',
      'Nothing works',
    ],
  },
  next: {
    yes: [
      'Please try again in a few minutes.',
      'A colleague will review it soon',
      'No action is needed',
      "We'll finish it for you",
    ],
    no: ['Something went wrong.', 'Live actions are limited', 'I can still help'],
  },
};

describe.each(Object.entries(SENTENCES))('%s', (name, { yes, no }) => {
  const meaning = Object.keys(means).find((m): m is Meaning => m === name) ?? 'next';
  const said = (sentence: string) => clausesOf(sentence).some(means[meaning]);
  test.each(yes)('is said by: %s', (sentence) => expect(said(sentence)).toBe(true));
  test.each(no)('is not said by: %s', (sentence) => expect(said(sentence)).toBe(false));
});

test('clauses say one thing each', () => {
  expect(clausesOf('I can help, but 2.5 hours are lost. You wait, and we call')).toEqual([
    'i can help',
    '2.5 hours are lost',
    'you wait',
    'we call',
  ]);
});
