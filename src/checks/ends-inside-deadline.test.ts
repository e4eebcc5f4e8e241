import { expect, test } from 'vitest';
import { endsInsideDeadline as check } from './ends-inside-deadline.ts';
import { evidence as bare, story, verdictOf, worded } from './evidence.fixture.ts';

/** The evidence of a target that claims to keep its deadline. */
const evidence = (told: Parameters<typeof bare>[0]) => {
  const plain = bare(told);
  return { ...plain, declares: { ...plain.declares, features: ['deadline' as const] } };
};

test('an outcome on the deadline passes', () => {
  expect(worded(verdictOf(check, evidence(story().ask(500).outcome(12_500))))).toBe(
    'passed: outcome after 12.0 s, 12.0 s allowed',
  );
});

test('a millisecond later fails, and reads as more', () => {
  expect(worded(verdictOf(check, evidence(story().ask().outcome(12_001))))).toBe(
    'failed: outcome after 12.1 s, 12.0 s allowed',
  );
});

test('a hang fails', () => {
  expect(worded(verdictOf(check, evidence(story().ask().hung(3_612_000))))).toBe(
    'failed: hung: no outcome 3612.0 s after the ask, 12.0 s allowed',
  );
});

test('a hang after the target left the virtual world shows nothing', () => {
  const told = evidence(story().ask().hung(3_612_000));
  const [ask, ...rest] = told.events;
  if (ask?.kind !== 'ask') throw new Error('it begins with its ask');
  const { seq, at, drill, phase, task } = ask;
  const leak = {
    ...{ seq, at, drill, phase, task, ask: ask.ask },
    kind: 'real-io' as const,
    what: 'fs.watch',
    by: 'a.ts',
  };
  const judged = (fatal: boolean) => verdictOf(check, { ...told, events: [ask, { ...leak, fatal }, ...rest] });
  expect(worded(judged(true))).toBe('inconclusive: it hung, and a.ts had left the virtual world: fs.watch');
  expect(judged(false).verdict).toBe('failed');
});

test('a trace that stops before the end has nothing to judge', () => {
  expect(verdictOf(check, evidence(story().ask())).verdict).toBe('inconclusive');
});

test('a target that claims no deadline is asked only where the task sets one', () => {
  const late = bare(story().ask().outcome(12_001));
  expect(verdictOf(check, late).verdict).toBe('not_applicable');
  const limited = { ...late, task: { ...late.task, max_latency_ms: 12_000 } };
  expect(verdictOf(check, limited).verdict).toBe('failed');
});

test('the start of a process is told and not judged', () => {
  const after = (ms: number) => verdictOf(check, { ...evidence(story().ask().outcome(ms)), start_ms: 300 });
  expect(worded(after(12_300))).toBe(
    'passed: outcome after 12.3 s (0.3 s of it the start of its process), 12.0 s allowed',
  );
  expect(after(12_301).verdict).toBe('failed');
});
