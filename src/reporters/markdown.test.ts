import { expect, test } from 'vitest';
import { markdown } from './markdown.ts';
import { failedDrill, passedDrill, tell, written } from './sample-run.fixture.ts';

const text = written(markdown, tell(failedDrill, passedDrill));

test('says what a reader asks for', () => {
  expect(text).toContain('# Failover drill: failed, score 70.8');
  expect(text).toContain('- target: reference (module), claims fallback, deadline');
  expect(text).toContain('| hang | primary | outage | 1 | 0 |');
  expect(text).toMatch(
    /\| refund_policy_edge_case \| outage \| passed \| 100 \| primary timeout → backup \| 2\.9 s \|/,
  );
  expect(text).toContain('| 1 | “I can still help, but live actions are temporarily limited.');
  expect(text).toContain('| notice 1 |');
  expect(text).toContain('### Calls of late_delivery (outage, ask 5)');
  expect(text).toContain('> **open:** the fault hang on backup never fired Fix: let the drill reach the backup');
  expect(text).toContain('Reproduce: `drill run two_wrongs --target ./agent.ts --seed 7`');
});

test('how far the fallback may be trusted, phase by phase where they differ', () => {
  const review = {
    recommendation: 'review' as const,
    why: '3 of 4 tasks on the fallback could not be given an answer',
  };
  const silent = { recommendation: 'silent_fallback' as const, why: '2 of 2 tasks on the fallback were good' };
  const row = { check: 'cites-sources', primary: { passed: 4, judged: 4 }, fallback: { passed: 0, judged: 0 } };
  const page = (phases: (typeof review | typeof silent)[], quality_fault: boolean) =>
    written(
      markdown,
      tell({
        ...passedDrill,
        paths: {
          ...review,
          phases: phases.map((one, i) => ({ phase: `p${i}`, ...one })),
          quality_fault,
          checks: [row],
        },
      }),
    );
  const differing = page([silent, review], true);
  expect(differing).toContain('Recommended for this workflow: **review**. 3 of 4');
  expect(differing).toContain(
    '\n- p0: **silent fallback**. 2 of 2 tasks on the fallback were good.\n- p1: **review**.',
  );
  expect(differing).toContain('The replies are mocked: ');
  const alike = page([review, review], false);
  expect(alike).not.toContain('- p0');
  expect(alike).not.toContain('The replies are mocked: ');
});

test('every table row has the columns of its head', () => {
  const tables = text.split('\n\n').filter((block) => block.startsWith('| '));
  expect(tables.length).toBeGreaterThan(5);
  for (const table of tables) {
    const widths = table
      .trim()
      .split('\n')
      .map((line) => line.split(/(?<!\\)\|/).length);
    expect(new Set(widths).size, table).toBe(1);
  }
});

test('what a target wrote is not markup', () => {
  expect(text).toContain('nobody answered: "a &lt; b & c" \\| red');
  expect(text).not.toContain('\u001b');
});
