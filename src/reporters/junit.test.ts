import { expect, test } from 'vitest';
import type { DrillReport } from '../core/report.ts';
import { junit } from './junit.ts';
import { failedDrill, passedDrill, tell, written } from './sample-run.fixture.ts';

const render = (...drills: DrillReport[]): string => written(junit, tell(...drills));
const sample = render(failedDrill, passedDrill);

/** Tags nest and close, attributes are quoted, and nothing is left unescaped. */
function assertWellFormed(xml: string): void {
  const stack: string[] = [];
  const tag = /<(\/?)([a-z-]+)((?: [a-z]+="[^"<]*")*)(\/?)>/g;
  const rest = xml.replace(/^<\?xml[^>]*\?>\n/, '').replace(tag, (_, close, name, _attributes, empty) => {
    if (close === '/') expect(stack.pop()).toBe(name);
    else if (empty !== '/') stack.push(name);
    return '';
  });
  expect(stack).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(xml.replace(/&(amp|lt|gt|quot);/g, '')).not.toContain('&');
  expect(xml).not.toMatch(/(?!\n)\p{Cc}/u);
}

test('is well-formed, whatever a target wrote', () => {
  assertWellFormed(sample);
  const [first, ...others] = failedDrill.tasks;
  if (first === undefined) throw new Error('the sample has tasks');
  const nasty = `]]> <!-- & "' \u0000\u001b[2J\ud800\uffff ${'x'.repeat(5000)}`;
  const checks = first.checks.map((cell) => ({ ...cell, reason: nasty }));
  const xml = render({ ...failedDrill, tasks: [{ ...first, checks }, ...others] });
  assertWellFormed(xml);
  expect(Math.max(...xml.split('\n').map((line) => line.length))).toBeLessThan(3000);
});

test('gives the real reasons', () => {
  const xml = sample;
  expect(xml).toContain('<testsuites name="drill reference" tests="8" failures="2" errors="1" skipped="1"');
  expect(xml).toContain('<failure type="fails-over" message="critical fails-over: the backup was never called;');
  expect(xml).toContain('drill run two_wrongs --target ./agent.ts --seed 7) Fix: Call the backup.');
  expect(xml).toContain('<skipped type="inconclusive" message="baseline: cites-sources: no citation"/>');
  expect(xml).toContain('<error type="inconclusive" message="the fault hang on backup never fired Fix: let the drill');
});

test('a minor finding fails nothing', () => {
  const [task] = failedDrill.tasks;
  if (task === undefined) throw new Error('the sample has tasks');
  const checks = task.checks.map((cell) => ({ ...cell, severity: 'minor' as const }));
  const xml = render({ ...failedDrill, reasons: [], tasks: [{ ...task, verdict: 'passed', checks }] });
  expect(xml).toContain('tests="1" failures="0" errors="0" skipped="0"');
});
