import { expect, test } from 'vitest';
import { actsOnce as check } from './acts-once.ts';
import { evidence, facts, plain, story, verdictOf, worded } from './evidence.fixture.ts';

const keyed = { declares: { ...facts().declares, features: ['idempotency' as const] } };
const judge = (told: ReturnType<typeof story>, over = keyed) => verdictOf(check, evidence(told.outcome(99), over));
const late = { ok: false, effect: 'new' } as const;

test('one write, and one repeated under its key', () => {
  expect(worded(judge(story(2).ask().tool(10)))).toBe('passed: 1 use that writes, 0 effects twice');
  const told = story(2)
    .ask()
    .tool(10, { ...late, key: 'k' })
    .tool(20, { effect: 'replayed', key: 'k' });
  expect(worded(judge(told))).toBe('passed: 2 uses that write, 1 of them a repetition under its key, 0 effects twice');
});

test('a second effect fails', () => {
  expect(worded(judge(story(2).ask().tool(10, late).tool(20)))).toBe(
    'failed: issue_refund took effect 2 times with the same arguments',
  );
});

test('so does luck', () => {
  const none = { ok: false } as const;
  expect(worded(judge(story(2).ask().tool(10, none).tool(20)))).toBe(
    'failed: issue_refund was tried 2 times with the same arguments, 2 without idempotency key',
  );
  expect(
    judge(
      story(2)
        .ask()
        .tool(10, { ...none, key: 'a' })
        .tool(20, { key: 'b' }),
    ),
  ).toMatchObject({
    reason: 'issue_refund was tried 2 times with the same arguments and different idempotency keys',
  });
});

test('other arguments are another write; what was turned away was never begun', () => {
  expect(judge(story(2).ask().tool(10).tool(20, { args_hash: 'x' })).verdict).toBe('passed');
  const invalid = { ok: false, args_valid: false } as const;
  expect(judge(story(2).ask().tool(10, invalid).tool(20, invalid)).verdict).toBe('inconclusive');
});

test('nothing to judge without a write', () => {
  expect(judge(story(2).ask().tool(10, { write: false }).tool(11, { write: false })).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(plain())).verdict).toBe('inconclusive');
});

test('a key is asked of targets that claim idempotency, an effect once of every one', () => {
  const plainly = { declares: { ...facts().declares, features: [] } };
  const none = { ok: false } as const;
  expect(judge(story(2).ask().tool(10, none).tool(20), plainly).verdict).toBe('passed');
  expect(judge(story(2).ask().tool(10, late).tool(20), plainly).verdict).toBe('failed');
});

test('a key that stood for other arguments', () => {
  const told = story(2).ask().tool(10, { key: 'k', ok: false, error: 'key_reused' });
  expect(worded(judge(told))).toBe(
    'failed: issue_refund was used with an idempotency key that had been used with other arguments',
  );
});

test('a storm of tries is a finding, under one key as well', () => {
  const tried = (times: number, every_ms: number) => {
    const told = story().ask();
    for (let i = 0; i < times; i++) told.tool(i * every_ms, { ok: false, error: 'busy', effect: 'none', key: 'k' });
    return verdictOf(check, evidence(told.outcome(times * every_ms)));
  };
  expect(worded(tried(31, 50))).toBe(
    'failed: issue_refund was tried 31 times with the same arguments, more than 10 of them within 10.0 s',
  );
  expect(tried(11, 50).verdict).toBe('failed');
  expect(tried(10, 50).verdict).toBe('passed');
  // Now and then, for long.
  expect(tried(60, 1000).verdict).toBe('passed');
});
