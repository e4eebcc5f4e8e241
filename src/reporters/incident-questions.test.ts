import { expect, test } from 'vitest';
import { incidentQuestions } from './incident-questions.ts';
import { failedDrill, passedDrill } from './sample-run.fixture.ts';

const answers = (drill: Parameters<typeof incidentQuestions>[0]) => Object.fromEntries(incidentQuestions(drill));

test('every question has an answer from the evidence', () => {
  const told = answers(passedDrill);
  expect(Object.keys(told)).toHaveLength(7);
  expect(told['What failed first?']).toMatch(/^primary: timeout after \d\.\d s in .* by the fault hang\.$/);
  expect(told['Can we replay this with a fixture next week?']).toContain(passedDrill.reproduce);
  expect(told['Did any tool action run when it should not have?']).toBe('No tool ran.');
});

test('what nothing could show is not observable, never yes', () => {
  const bare = { ...passedDrill, checks: [], tasks: passedDrill.tasks.map((t) => ({ ...t, checks: [] })) };
  const told = answers(bare);
  for (const question of [
    'Did the user see a useful message?',
    'Did fallback preserve schema and state?',
    'Did budgets hold?',
  ])
    expect(told[question]).toMatch(/^Not observable/);
  expect(told['Did the circuit breaker open quickly enough?']).toMatch(/^Not observable/);
});

test('a finding is told as no, with its reason', () => {
  const cell = {
    check: 'stays-in-budget',
    severity: 'major',
    verdict: 'failed',
    reason: 'cost $0.09, $0.04 allowed',
    evidence: [1],
  } as const;
  const tasks = failedDrill.tasks.map((t) => ({ ...t, checks: [{ ...cell, evidence: [...cell.evidence] }] }));
  expect(answers({ ...failedDrill, tasks })['Did budgets hold?']).toMatch(
    /^No\. stays-in-budget: cost \$0\.09, \$0\.04 allowed\. The dearest/,
  );
});
