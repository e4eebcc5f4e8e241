import { format } from '@cfworker/json-schema';
import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';
import { outputValidates as check } from './output-validates.ts';

const contract = Contract.parse({
  workflow: 'w',
  output: {
    required: ['answer', 'confidence'],
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        answer: { type: 'string' },
        confidence: { enum: ['low', 'high'] },
        citations: { type: 'array', items: { type: 'string' } },
      },
    },
  },
});
const judge = (outcome: Partial<Outcome>) => verdictOf(check, evidence(failover(outcome), { contract }));

test('valid output passes', () => {
  expect(judge({ data: { answer: 'a', confidence: 'low', citations: ['x'] } }).verdict).toBe('passed');
});

test('what is wrong is named by its path, innermost only', () => {
  expect(worded(judge({ data: { answer: 'a', citations: ['x', 3], message: 'hi' } }))).toBe(
    'failed: data.confidence: missing; data.citations.1: Instance type "number" is invalid. Expected "string"; data.message: not a field of the schema',
  );
  expect(worded(judge({}))).toBe('failed: no structured output: data is missing');
});

test('a pattern is matched in linear time', () => {
  const schema = { properties: { id: { pattern: '^(a+)+$', minLength: 1 }, pattern: { const: 'p' } } };
  const strict = Contract.parse({ workflow: 'w', output: { schema } });
  const of = (id: string) => verdictOf(check, evidence(failover({ data: { id, pattern: 'p' } }), { contract: strict }));
  expect(of('aaa').verdict).toBe('passed');
  expect(worded(of(`${'a'.repeat(100_000)}!`))).toBe('failed: data.id: String does not match pattern "^(a+)+$"');
});

test('patterns leave nothing behind in the validator they share', () => {
  const before = Object.keys(format);
  for (let i = 0; i < 3; i++) {
    const own = Contract.parse({ workflow: 'w', output: { schema: { properties: { id: { pattern: `^a{${i}}$` } } } } });
    const judged = verdictOf(check, evidence(failover({ data: { id: 'a' } }), { contract: own }));
    expect(judged.verdict).toBe(i === 1 ? 'passed' : 'failed');
  }
  expect(Object.keys(format)).toEqual(before);
});

test('nothing to judge without a contract or content', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(story().ask().hung(9), { contract })).verdict).toBe('not_applicable');
  expect(judge({ kind: 'needs_review' }).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(story().ask(), { contract })).verdict).toBe('inconclusive');
});

test('the contract brings it along', () => {
  const { task } = evidence(failover());
  expect([check.implies?.(task, contract), check.implies?.(task, undefined)]).toEqual([{}, undefined]);
});
