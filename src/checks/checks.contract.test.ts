import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { drillVerdictOf, evidence, failover, verdictOf } from './evidence.fixture.ts';
import { checks } from './index.ts';

describe.each(checks.map((check) => [check.name, check] as const))('%s', (name, check) => {
  test('has a file and a test of its name', () => {
    const files = readdirSync(import.meta.dirname);
    expect(files).toContain(`${name}.ts`);
    expect(files).toContain(`${name}.test.ts`);
  });

  test('takes strict, described parameters', () => {
    const schema = z.toJSONSchema(check.params, { io: 'input' });
    expect(schema.additionalProperties).toBe(false);
    for (const field of Object.values(schema.properties ?? {})) expect(field).toHaveProperty('description');
    expect(check.summary).toMatch(/^[A-Z].*[^.]$/);
  });

  test('says in one short sentence what to change in a target that fails it', () => {
    const { advice = '' } = check;
    expect(advice).toMatch(/^[A-Z].*\.$/);
    expect(advice.length).toBeLessThanOrEqual(140);
    // One sentence: what follows a full stop would be another.
    expect(advice).not.toMatch(/\. [A-Z]/);
    expect(advice).not.toMatch(/breaker|jitter|payload|idempotent|golden|drill/i);
  });

  test('its example parses', () => {
    const example: unknown = parse(check.example);
    expect(Object.keys(z.record(z.string(), z.unknown()).parse(example))).toEqual([name]);
    expect(() => check.arm(z.record(z.string(), z.unknown()).parse(example)[name])).not.toThrow();
    expect(() => check.arm({ ...z.object({}).parse({}), no_such_parameter: 1 })).toThrow(/no_such_parameter/);
  });

  test('what a golden task implies are its parameters', () => {
    const { task } = evidence(failover(), {
      task: { must_include: ['a'], must_not: ['b'], requires_citation: true, max_cost_usd: 1 },
    });
    const params = check.implies?.(task, undefined);
    if (params !== undefined) expect(() => check.arm(params)).not.toThrow();
  });

  test('is pure on frozen evidence, and proves what it says', () => {
    const params = z.record(z.string(), z.unknown()).parse(parse(check.example))[name];
    const told = failover({ degraded: true, notice: 'Live actions are limited.', citations: ['order_9'] });
    if (check.scope === 'drill') drillVerdictOf(check, told.events(), params);
    else verdictOf(check, evidence(told), params);
  });
});

test('names are unique', () => {
  expect(new Set(checks.map((c) => c.name)).size).toBe(checks.length);
});
