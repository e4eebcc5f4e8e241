import { expect, test } from 'vitest';
import type { Reporter } from '../core/plugin.ts';
import type { CellReport, DrillReport } from '../core/report.ts';
import { github } from './github.ts';
import { failedDrill, openDrill, passedDrill, task, tell, written } from './sample-run.fixture.ts';
import { stepSummary } from './step-summary.ts';

const GUARD = '5f0c-guard';
const LOOK = { color: false, columns: 100, folder: 'reports/r-1', guard: GUARD };
const shown = (reporter: Reporter, ...drills: DrillReport[]) => written(reporter, tell(...drills), LOOK);

/** What the runner of GitHub takes for a command: it trims a line, and knows an old form anywhere in it. */
function commandsIn(log: string): string[] {
  let stopped: string | undefined;
  return log.split('\n').flatMap((line) => {
    const text = line.trim();
    if (stopped !== undefined) {
      if (text === `::${stopped}::`) stopped = undefined;
      return [];
    }
    stopped = /^::stop-commands::(.*)$/.exec(text)?.[1];
    return stopped === undefined && (text.startsWith('::') || text.includes('##[')) ? [text] : [];
  });
}

const failing = (check: string, severity: CellReport['severity'], reason = 'it broke'): CellReport => ({
  ...{ check, severity, verdict: 'failed', reason, evidence: [3] },
});

/** Drills of one check a drill: `n` groups of findings. */
const many = (n: number, severity: CellReport['severity'] = 'major'): DrillReport[] =>
  Array.from({ length: n }, (_, i) => ({
    ...failedDrill,
    name: `drill_${i}`,
    source: { file: `drills/drill_${i}.yaml`, line: 2, expect: { 'fails-over': 20 + i } },
    checks: [],
    tasks: [1, 2, 3].map((ask) => task('late_delivery', ask, 'outage', { checks: [failing('fails-over', severity)] })),
  }));

test('a group a drill, and each group of findings at the line of its claim', () => {
  const [drill] = many(1, 'critical');
  const commands = commandsIn(shown(github, drill as DrillReport, passedDrill, openDrill));
  expect(commands).toEqual([
    '::group::FAILED drill_0',
    '::endgroup::',
    '::group::PASSED timeout_primary',
    '::endgroup::',
    '::group::INCONCLUSIVE timeout_primary',
    '::endgroup::',
    '::error file=drills/drill_0.yaml,line=20,title=drill_0%3A fails-over::critical: 3 tasks, e.g. late_delivery (outage): it broke',
    expect.stringMatching(
      /^::warning file=\S+,line=2,title=timeout_primary%3A inconclusive::the baseline of late_delivery failed Fix: /,
    ),
  ]);
});

test('300 findings: ten annotations, the worst first, and the last counts the others', () => {
  const drills = [...many(100), ...many(1, 'critical').map((drill) => ({ ...drill, name: 'the_worst' }))];
  const annotations = commandsIn(shown(github, ...drills)).filter((line) => line.startsWith('::error'));
  expect(annotations).toHaveLength(10);
  expect(annotations[0]).toContain('title=the_worst%3A fails-over::critical');
  expect(annotations.slice(0, 9).every((line) => /file=drills\/drill_\d+\.yaml,line=\d+,/.test(line))).toBe(true);
  expect(annotations[9]).toContain('92 more groups (276 findings)');
  const summary = shown(stepSummary, ...drills);
  expect(Buffer.byteLength(summary)).toBeLessThan(2 ** 20);
  expect(summary).toContain('And 51 more groups of findings');
  const long = drills.map((drill) => ({ ...drill, name: drill.name.repeat(500) }));
  expect(Buffer.byteLength(shown(stepSummary, ...Array(40).fill(long).flat()))).toBeLessThan(2 ** 20);
});

test.each([
  '::error file=x::mine',
  '  ::set-output name=a::b',
  '##[error]mine',
  'a%0A::error::mine',
  'a\n::error::mine',
  'a\r::error::mine',
  '::stop-commands::mine',
  '::endgroup::',
  '</testsuite>',
  '`whoami` %24{{ secrets.TOKEN }}',
])('%j as a name, a task and a reason is text', (evil) => {
  const [drill] = many(1);
  const tasks = [task(evil, 1, evil, { checks: [failing('fails-over', 'major', evil)] })];
  const source = { file: `drills/${evil}.yaml`, line: 2, expect: {} };
  const log = shown(github, { ...(drill as DrillReport), name: evil, title: evil, source, tasks });
  const commands = commandsIn(log);
  expect(commands.map((line) => /^::(\S+?)(?: |::)/.exec(line)?.[1])).toEqual(['group', 'endgroup', 'error']);
  expect(log).toContain(`::${GUARD}::`);
  expect(shown(stepSummary, { ...(drill as DrillReport), name: evil, tasks })).not.toMatch(/<\/testsuite>/);
});
