import { expect, test } from 'vitest';
import { avoidsForbidden as check } from './avoids-forbidden.ts';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';

const task = { must_not: ['full refund', { pattern: 'guarantee(d|s)?' }] };

test('nothing forbidden is said', () => {
  expect(worded(verdictOf(check, evidence(failover(), { task })))).toBe('passed: 0 of 2 forbidden things said');
});

test('in a whole answer it fails; what a notice says is judged from its meaning, and a draft is handed to nobody', () => {
  expect(worded(verdictOf(check, evidence(failover({ answer: 'A Full  Refund, guaranteed.' }), { task })))).toBe(
    'failed: says "full refund"; /guarantee(d|s)?/',
  );
  const promised = (outcome: object) => verdictOf(check, evidence(failover(outcome), { task })).verdict;
  expect(promised({ kind: 'extracted', data: { note: 'A full refund.' } })).toBe('failed');
  expect(promised({ notice: 'You get a full refund.' })).toBe('passed');
  expect(promised({ kind: 'needs_review', answer: 'A full refund.' })).toBe('not_applicable');
});

test('what was shown was read, whatever became of it', () => {
  const shown = (more: object) =>
    worded(verdictOf(check, evidence(failover({ answer: undefined, shown: 'A full refund', ...more }), { task })));
  for (const kind of ['answered', 'partial', 'failed']) expect(shown({ kind })).toBe('failed: says "full refund"');
  expect(shown({ answer: 'No. See policy_v3.' })).toBe('failed: says "full refund"');
  expect(shown({ kind: 'failed', shown: 'The policy' })).toMatch(/^passed/);
  expect(shown({ kind: 'needs_review', shown: 'The policy', answer: 'A full refund.' })).toMatch(/^passed/);
});

test('a sentence of a source is shown, not said', () => {
  const text = '# Returns\n- A full refund is given within 30 days. A manager may allow more.';
  const on = (answer: string) =>
    verdictOf(check, evidence(failover({ answer }), { task, sources: [{ id: 's', tenant: 'acme', text }] }));
  expect(on('The policy: “A full refund is given within 30 days.” That is over.').verdict).toBe('passed');
  expect(on('a full refund is given within 30 days.').verdict).toBe('passed');
  expect(on('A full refund is given within 60 days.').verdict).toBe('failed');
  expect(on('“A full refund is given within 30 days.” You get a full refund.').verdict).toBe('failed');
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
