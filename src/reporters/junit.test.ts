import { describe, expect, it, test } from 'vitest';
import type { DrillReport } from '../core/report.ts';
import { runDrill } from '../drill-run.fixture.ts';
import { expectJunit, HOSTILE, namedDrill } from './formats.fixture.ts';
import { junit } from './junit.ts';
import {
  failedDrill,
  openDrill,
  passedDrill,
  sampleEvents,
  sampleRun,
  task,
  tell,
  written,
} from './sample-run.fixture.ts';

const render = (...drills: DrillReport[]): string => written(junit, tell(...drills));
const sample = render(failedDrill, passedDrill);

/** Group and name of every case, and its text up to the next. */
const casesIn = (xml: string): string[][] =>
  xml.split('<testcase ').flatMap((piece, i) => {
    const [, name = '', group = ''] = /^name="([^"]*)" classname="([^"]*)"/.exec(piece) ?? [];
    return i === 0 ? [] : [[group, name, piece]];
  });

describe('is valid by its schema', () => {
  const none = { ...passedDrill, tasks: [], checks: [] };
  it.each([
    ['failed and passed', sample],
    ['open', render(openDrill)],
    ['skipped', render({ ...none, verdict: 'not_applicable' })],
    ['unread', render({ ...passedDrill, words: { notices_judged: 1, unread: ['a', 'b'] } })],
    ['unfinished', written(junit, (open) => open.onEnd({ ...sampleRun, unfinished: ['one', 'two'] }))],
    ['nothing', render()],
  ])('%s', async (_, xml) => await expectJunit(xml));

  it('and not by chance', async () => {
    await expect(expectJunit(sample.replace('<testcase ', '<testcase file="a" '))).rejects.toThrow("attribute 'file'");
    await expect(expectJunit(sample.replace('"0.210"', '"soon"'))).rejects.toThrow("attribute 'time'");
  });

  it.each(HOSTILE)('whatever is written: $shown', async ({ text }) => {
    const xml = render(namedDrill(text));
    await expectJunit(xml);
    expect(xml).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(Math.max(...xml.split('\n').map((line) => line.length))).toBeLessThan(10_000);
    const names = casesIn(xml).map(([group, name]) => `${group} ${name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('of real runs, with one result a case at most', async () => {
    for (const target of ['reference', 'fixtures/targets/flawed/gives-up.ts']) {
      const { files, report } = await runDrill({ target });
      const xml = files['junit.xml'] ?? '';
      await expectJunit(xml);
      const cases = casesIn(xml);
      expect(cases.length).toBeGreaterThanOrEqual(report.drills[0]?.tasks.length ?? 1);
      for (const [, , text = ''] of cases)
        expect([0, 1]).toContain([...text.matchAll(/<(failure|error|skipped) /g)].length);
      expect(cases.some(([, , text]) => text?.includes('<failure '))).toBe(target !== 'reference');
    }
  });
});

test('gives the real reasons', () => {
  expect(sample).toContain('<testsuites name="drill reference" tests="8" failures="2" errors="1" time="0.210">');
  expect(sample).toContain('<failure type="fails-over" message="critical fails-over: the backup was never called;');
  expect(sample).toContain('drill run two_wrongs --target ./agent.ts --seed 7) Fix: Call the backup.</failure>');
  expect(sample).toContain('<skipped type="inconclusive" message="baseline: cites-sources: no citation"/>');
  expect(sample).toContain('<error type="inconclusive" message="the fault hang on backup never fired Fix: let the');
});

test('a time is a real one: in virtual time only the whole has one', () => {
  expect(sample).toContain('skipped="1" file="drills/timeout_primary.yaml">');
  expect(sample).toContain('<property name="virtual_seconds" value="5.000"/>');
  expect(sample.match(/ time="/g)).toHaveLength(1);
});

test('in wall time suites and cases have theirs', async () => {
  const [header] = sampleEvents;
  if (header?.kind !== 'run-header') throw new Error('the sample begins with its header');
  const xml = written(junit, (open) => {
    open.onEvent?.({ ...header, time: 'wall' });
    open.onDrill?.(failedDrill);
    return open.onEnd({ ...sampleRun, time: 'wall' });
  });
  await expectJunit(xml);
  expect(xml).toContain('skipped="1" time="5.000" file="drills/timeout_primary.yaml">');
  expect(xml).toContain('classname="two_wrongs.outage" time="4.100">');
  // How long one took that never ended nobody knows.
  expect(xml).toMatch(/<testcase name="refund_policy_edge_case" classname="[\w.]+">/);
  expect(xml).not.toContain('virtual');
});

test('all that failed in a case is one failure, the worst first', () => {
  const [first] = failedDrill.tasks;
  const cell = (check: string, severity: 'critical' | 'major' | 'minor') => ({
    ...{ check, severity, verdict: 'failed' as const, reason: `no ${check}`, evidence: [] },
  });
  const checks = [cell('late', 'major'), cell('vague', 'minor'), cell('wrong', 'critical'), cell('slow', 'major')];
  const xml = render({ ...failedDrill, tasks: [{ ...(first ?? task('a', 1, 'p', {})), checks }] });
  const [, failure = ''] = /(<failure [\s\S]*?<\/failure>)/.exec(xml) ?? [];
  expect(failure).toMatch(/^<failure type="wrong" message="critical wrong: no wrong/);
  const lines = failure.replace(/^[^>]*>/, '').split('\n');
  expect(lines.map((line) => line.split(':')[0])).toEqual(['critical wrong', 'major late', 'major slow']);
});

test('a case keeps its name, whichever asks go before it', () => {
  const asks = (from: number) =>
    ['hours', 'parking', 'hours', 'hours'].map((name, i) => task(name, from + i, i < 3 ? 'outage' : 'healed', {}));
  const names = (from: number) =>
    casesIn(render({ ...passedDrill, checks: [], tasks: asks(from) })).map((c) => c.slice(0, 2));
  expect(names(4)).toEqual([
    ['timeout_primary.outage', 'hours'],
    ['timeout_primary.outage', 'parking'],
    ['timeout_primary.outage', 'hours (2)'],
    ['timeout_primary.healed', 'hours'],
  ]);
  expect(names(40)).toEqual(names(4));
});

test('what was not judged is skipped, and says why', () => {
  const checks = (['not_applicable', 'inconclusive'] as const).map((verdict) => ({
    ...{ check: 'fails-back', severity: 'major' as const, verdict, reason: 'no quiet phase', evidence: [] },
  }));
  const lost = task('hours', 4, 'outage', {
    verdict: 'inconclusive',
    outcome: { kind: 'hung', waiting_for: 'its process ended' },
  });
  const xml = render({ ...passedDrill, checks, tasks: [lost] });
  expect(xml).toContain('<skipped type="not_applicable" message="no quiet phase"/>');
  expect(xml).toContain('<skipped type="inconclusive" message="no quiet phase"/>');
  expect(xml).toContain('<skipped type="inconclusive" message="hung waiting for its process ended"/>');
  expect(xml).toContain('failures="0" errors="0" skipped="3"');
});

test('an open drill is one error with all its reasons', () => {
  const reasons = ['one', 'two'].map((reason) => ({ reason, fix: `mend ${reason}` }));
  const xml = render({ ...openDrill, reasons });
  expect(xml.match(/<error /g)).toHaveLength(1);
  expect(xml).toContain('message="one Fix: mend one">one Fix: mend one\ntwo Fix: mend two</error>');
  expect(render({ ...openDrill, reasons: [] })).toContain('message="nothing of it was decided"');
});

test('a minor finding fails nothing', () => {
  const [task] = failedDrill.tasks;
  if (task === undefined) throw new Error('the sample has tasks');
  const checks = task.checks.map((cell) => ({ ...cell, severity: 'minor' as const }));
  const xml = render({ ...failedDrill, reasons: [], tasks: [{ ...task, verdict: 'passed', checks }] });
  expect(xml).toContain('tests="1" failures="0" errors="0" skipped="0"');
});
