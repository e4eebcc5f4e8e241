import { expect, test } from 'vitest';
import type { OpenReporter } from '../core/plugin.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { failedDrill, openDrill, passedDrill, sampleRun, tell, written } from './sample-run.fixture.ts';
import { terminal } from './terminal/index.ts';

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

test('code in an advice is code, and what a user wrote in it no markup', () => {
  const page = (advice: string) => written(markdown, tell({ ...failedDrill, advice: { 'fails-over': advice } }));
  expect(page('Set `max_retries` on <b>.')).toContain('Fix for fails-over: Set `max_retries` on &lt;b&gt;. More:');
  expect(page('Set `a` on *b`.')).toContain('Fix for fails-over: Set \\`a\\` on \\*b\\`. More:');
});

test('an inconclusive drill says first why, and shows no score', () => {
  const run = { ...sampleRun, verdict: 'inconclusive' as const, score: null };
  const page = written(markdown, (open) => {
    open.onDrill?.(openDrill);
    open.onDrill?.({ ...passedDrill, name: 'fine', notes: openDrill.notes });
    return open.onEnd(run);
  });
  const why = '> **open:** timeout_primary: the baseline of late_delivery failed Fix: Make it pass. Paste `backup-2: ';
  expect(page).toMatch(/^# Failover drill: inconclusive\n\n> /);
  expect(page.indexOf(why)).toBeLessThan(page.indexOf('- target: '));
  expect(page).toContain('| [timeout_primary](#timeout_primary-inconclusive) | inconclusive | – | 1 | 0 | 0 |');
  expect(page).toContain('## timeout_primary: inconclusive\n\n> **open:** the baseline');
  expect(page).toContain(
    '| late_delivery | outage | inconclusive | – | primary timeout, backup refused, failed (Error:',
  );
  expect(page.match(/- note: .* to say so: `chain: \[backup\]`\n/g)).toHaveLength(1);
});

test('what a provider refused, each reason once with how often; what failed, each reason once with its fix', () => {
  const page = written(markdown, tell(openDrill, failedDrill));
  expect(page).toContain('| backup | 2 | model: not_a_model |\n| backup | 1 | tools: Too small |\n');
  const [task, ...others] = failedDrill.tasks;
  if (task === undefined) throw new Error('the sample has tasks');
  const twice = written(markdown, tell({ ...failedDrill, tasks: [task, { ...task, task: 'second' }, ...others] }));
  expect(twice).toMatch(/\| fails-over \| critical \| refund_policy_edge_case \(outage, ask 4\) and 1 more task \|/);
  expect(twice.match(/- Fix for fails-over: Call the backup\. More: `drill explain fails-over`\n/g)).toHaveLength(1);
});

test('its first table leads to each drill', () => {
  const [head = '', ...sections] = text.split(/^## /m);
  expect(head).toContain('| [two_wrongs](#two_wrongs-failed-score-417) | failed | 41.7 | 3 | 0 | 2 |');
  expect(head).toContain('| [timeout_primary](#timeout_primary-passed-score-100) | passed | 100 | 3 | 1 | 0 |');
  expect(sections[0]).toMatch(/^two_wrongs: failed, score 41.7\n/);
});

test('an interrupted run says which drills did not come to their end', () => {
  const broken = { ...sampleRun, status: 'interrupted' as const, unfinished: ['rate_limit_burst'] };
  const use = (open: OpenReporter) => {
    open.onDrill?.(passedDrill);
    return open.onEnd(broken);
  };
  expect(written(markdown, use)).toContain('| rate_limit_burst | not finished | – ');
  expect(written(terminal, use)).toMatch(
    /the run was interrupted\nPASSED timeout_primary .*\nNOT FINISHED rate_limit_burst/,
  );
  expect(written(junit, use)).toMatch(/^.*\n<testsuites .* errors="1" /);
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
