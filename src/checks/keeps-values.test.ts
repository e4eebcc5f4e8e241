import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import { ANSWER, evidence, story, verdictOf, worded } from './evidence.fixture.ts';
import { keepsValues as check } from './keeps-values.ts';

const VALUES = { confidence: 'medium', safe_to_send: false, missing_information: ['a photo'], policy_version: 'v3' };
const task = { answer: { answer: ANSWER, ...VALUES } };
const told = (given: Partial<Outcome>, ask = 2, fields?: Record<string, unknown>) =>
  story(ask)
    .ask()
    .call('backup', 0, { until: 9, ...(fields && { fields }) })
    .outcome(9, given);
const judge = (data: Record<string, unknown>, over: object = { task }) =>
  verdictOf(check, evidence(told({ data: { answer: ANSWER, ...VALUES, ...data } }), { baseline: [], ...over }));

test('as they are, or more careful', () => {
  expect(worded(judge({}))).toBe('passed: 4 fields, none less careful');
  expect(judge({ confidence: 'low', missing_information: ['a photo', 'the box'] }).verdict).toBe('passed');
});

test.each([
  [{ safe_to_send: true }, 'safe_to_send is true, not false'],
  [{ confidence: 'high' }, 'confidence is high, not medium'],
  [{ missing_information: [] }, 'missing_information is [], not ["a photo"]'],
  [{ policy_version: 'v2' }, 'policy_version is v2, not v3'],
])('less careful: %j', (data, reason) => {
  expect(judge(data)).toMatchObject({ verdict: 'failed', reason });
});

test('beside the data, too', () => {
  const given = { data: { answer: ANSWER, ...VALUES }, safe_to_send: true };
  expect(verdictOf(check, evidence(told(given), { task, baseline: [] })).verdict).toBe('failed');
});

test('without a canonical answer the reply is what counts', () => {
  const on = (reply: Record<string, unknown>) =>
    verdictOf(check, evidence(told({ data: { ...VALUES, safe_to_send: true } }, 2, reply), { baseline: [] }));
  expect(on({ ...VALUES }).verdict).toBe('failed');
  expect(on({ ...VALUES, safe_to_send: true }).verdict).toBe('passed');
  expect(on({}).verdict).toBe('inconclusive');
});

test('a field that the target fills in its own way is its own', () => {
  const baseline = told({ data: { ...VALUES, policy_version: 'ours' } }, 1).events();
  expect(judge({ policy_version: 'ours' }, { task, baseline }).verdict).toBe('passed');
});

test('no way of its own makes everything safe, or nothing missing', () => {
  const task = { answer: { answer: ANSWER, safe_to_send: false, missing_information: ['the photo'] } };
  const same = (data: Record<string, unknown>) => {
    const baseline = story(1)
      .ask()
      .call('primary', 0, { until: 9 })
      .outcome(9, { data: { answer: ANSWER, ...data } })
      .events();
    const told = story(2)
      .ask()
      .call('primary', 0, { until: 9 })
      .outcome(9, { data: { answer: ANSWER, ...data } });
    return worded(verdictOf(check, evidence(told, { task, baseline })));
  };
  expect(same({ safe_to_send: true })).toBe('failed: safe_to_send is true, not false');
  expect(same({ missing_information: [] })).toBe('failed: missing_information is [], not ["the photo"]');
  expect(same({ missing_information: ['a picture of it'], safe_to_send: false })).toMatch(/^passed/);
});
