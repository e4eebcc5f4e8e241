import { expect, test } from 'vitest';
import type { CellReport } from '../core/report.ts';
import { Baseline, Findings } from './findings.ts';
import { gateLines, heldAgainst, verdictBehind } from './gate.ts';

const cell = (
  check: string,
  verdict: CellReport['verdict'],
  severity: CellReport['severity'] = 'major',
): CellReport => ({
  ...{ check, verdict, severity, reason: 'so it was', evidence: [] },
});

type Asks = [drill: string, check: string, task: string, times?: number][];

/** Findings of asks that failed by one check, each in the phase `outage`. */
function found(asks: Asks, drills: readonly string[] = ['one', 'two']): Findings {
  const findings = new Findings();
  for (const name of drills) {
    const tasks = asks
      .filter(([drill]) => drill === name)
      .flatMap(([, check, task, times = 1]) =>
        Array.from({ length: times }, () => ({ task, phase: 'outage', checks: [cell(check, 'failed')] })),
      );
    const verdict = tasks.length > 0 ? 'failed' : 'passed';
    // Of a task only this much is looked at.
    findings.add({ name, verdict, reasons: [], checks: [], tasks: tasks as never });
  }
  return findings;
}
const run = { target: { name: 'agent', kind: 'module', declares: { features: [] } }, seed: 1 } as never;
const of = (asks: Asks, drills?: readonly string[]) => found(asks, drills).asBaseline(run);
const plain = { tolerance: 0, known: [], today: '2026-11-30' };

test('only what got worse is told as that, what was mended is named', () => {
  const baseline = of([
    ['one', 'fails-over', 'hours', 2],
    ['one', 'backs-off', 'hours'],
  ]);
  expect(Baseline.parse(JSON.parse(JSON.stringify(baseline)))).toEqual(baseline);
  const now = of([
    ['one', 'fails-over', 'hours', 2],
    ['two', 'acts-once', 'refund'],
  ]);
  const gate = heldAgainst(now, { ...plain, baseline });
  expect(gate.worse).toEqual([
    { drill: 'two', check: 'acts-once', phase: 'outage', task: 'refund', count: 1, before: 0 },
  ]);
  expect(gate.mended.map(({ check }) => check)).toEqual(['backs-off']);
  expect(gateLines(gate, 'the baseline').join('\n')).toBe(
    'worse than the baseline:\n  two acts-once, refund (outage): 1, 0 before\nmended:\n  one backs-off, hours (outage)',
  );
});

test('another task in place of a mended one is worse', () => {
  const gate = heldAgainst(of([['one', 'fails-over', 'refund']]), {
    ...plain,
    baseline: of([['one', 'fails-over', 'hours']]),
  });
  expect([gate.worse.length, gate.mended.length]).toEqual([1, 1]);
});

test('the tolerance is of a check in a drill, over all of its tasks', () => {
  const baseline = of([['one', 'fails-over', 'hours', 2]]);
  const now = of([
    ['one', 'fails-over', 'hours', 3],
    ['one', 'fails-over', 'refund'],
  ]);
  expect(heldAgainst(now, { ...plain, baseline, tolerance: 2 }).worse).toEqual([]);
  expect(heldAgainst(now, { ...plain, baseline, tolerance: 1 }).worse).toHaveLength(2);
});

test('a drill that was not run is not mended', () => {
  const gate = heldAgainst(of([], ['two']), { ...plain, baseline: of([['one', 'fails-over', 'hours']]) });
  expect(gate).toMatchObject({ worse: [], mended: [] });
});

test('a known failure fails nothing until its day is over, and is told of once it is not needed', () => {
  const failure = { drill: 'one', check: 'fails-over', reason: 'the vendor mends it', until: '2026-11-30' };
  const now = of([['one', 'fails-over', 'hours']]);
  const standard = { ...plain, known: [failure] };
  expect(heldAgainst(now, standard)).toMatchObject({ worse: [], expired: [], unneeded: [] });
  const later = heldAgainst(now, { ...standard, today: '2026-12-01' });
  expect(later).toMatchObject({ worse: [{ task: 'hours' }], expired: [failure] });
  expect(gateLines(later, 'what is known').join()).toContain('known until 2026-11-30, which is over: one fails-over');
  expect(heldAgainst(of([]), standard).unneeded).toEqual([failure]);
  const elsewhere = { ...failure, task: 'refund' };
  expect(heldAgainst(now, { ...plain, known: [elsewhere] }).worse).toHaveLength(1);
});

test('what is tolerated leaves the rest of the verdict', () => {
  const findings = found([['one', 'fails-over', 'hours']]);
  const gate = heldAgainst(findings.asBaseline(run), { ...plain, baseline: of([['one', 'fails-over', 'hours']]) });
  expect(verdictBehind('failed', gate, findings)).toBe('passed');
  findings.open = true;
  expect(verdictBehind('failed', gate, findings)).toBe('inconclusive');
  expect(verdictBehind('failed', { ...gate, worse: [{} as never] }, findings)).toBe('failed');
});

test('minor findings fail no run and are none of this', () => {
  const findings = new Findings();
  findings.add({
    name: 'one',
    verdict: 'passed',
    reasons: [],
    checks: [cell('backs-off', 'failed', 'minor')],
    tasks: [],
  });
  expect(findings.asBaseline(run).findings).toEqual([]);
});
