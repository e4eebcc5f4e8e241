import { expect, test } from 'vitest';
import { avoidsForbidden as check } from './avoids-forbidden.ts';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';

const task = { must_not: ['full refund', { pattern: 'guarantee(d|s)?' }] };

test('nothing forbidden is said', () => {
  expect(worded(verdictOf(check, evidence(failover(), { task })))).toBe('passed: 0 of 2 forbidden things said');
});

test('in the answer or in the notice it fails', () => {
  expect(worded(verdictOf(check, evidence(failover({ answer: 'A Full  Refund, guaranteed.' }), { task })))).toBe(
    'failed: says "full refund"; /guarantee(d|s)?/',
  );
  expect(verdictOf(check, evidence(failover({ notice: 'You get a full refund.' }), { task })).verdict).toBe('failed');
});

test('nothing to judge', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(story().ask().hung(9), { task })).verdict).toBe('not_applicable');
});

test('a concept of the workflow is judged as it is meant', () => {
  const sentences = { positive: ['a', 'b', 'c'], negative: ['a', 'b', 'c'] };
  const concepts = { promise_refund: { says: ['\\bwe will refund\\b'], unless: [], ...sentences } };
  const judged = (answer: string) =>
    verdictOf(check, evidence(failover({ answer }), { concepts, task: { must_not: [{ concept: 'promise_refund' }] } }));
  expect(judged('We cannot say that we will refund you.').verdict).toBe('passed');
  expect(worded(judged('Sorry! We will refund you.'))).toBe('failed: says promise refund');
});
