import { expect, test } from 'vitest';
import type { OpenReporter, Reporter } from '../core/plugin.ts';
import type { TraceEvent } from '../core/trace.ts';
import { laced } from './hostile.fixture.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { otlp } from './otlp.ts';
import { pullRequest } from './pull-request.ts';
import { failedDrill, openDrill, passedDrill, sampleEvents, sampleRun, written } from './sample-run.fixture.ts';
import { sarif } from './sarif.ts';
import { terminal } from './terminal/index.ts';

/** Clears the screen, goes to its title, turns the direction of writing, begins lines of its own. */
const STEERS = '\u001b[2J\u009b1A\u001b]0;mine\u0007\u202e\r\nPASSED everything\u2028\u0085\u007f\u0000';
/** Looks like our own paint, which is bold there as well. */
const PAINT = '\u001b[32mPASSED\u001b[39m';

const hostile = <T>(value: T): T => laced(value, `${STEERS}${PAINT}`);

const paths = {
  recommendation: 'review' as const,
  why: 'none',
  phases: [
    { phase: 'outage', recommendation: 'review' as const, why: 'none' },
    { phase: 'healed', recommendation: 'silent_fallback' as const, why: 'all' },
  ],
  quality_fault: true,
  checks: [{ check: 'cites-sources', primary: { passed: 1, judged: 1 }, fallback: { passed: 0, judged: 1 } }],
};
const skipped = {
  ...passedDrill,
  verdict: 'not_applicable' as const,
  tasks: [],
  checks: [],
  reasons: openDrill.reasons,
};
const more: TraceEvent[] = [
  ...sampleEvents,
  { kind: 'hung', seq: 30, at: 1, drill: 'd', phase: 'p', ask: 4, task: 't', waited_ms: 1, waiting_for: 'w' },
  { kind: 'real-io', seq: 99, at: 1, drill: 'd', phase: 'p', what: 'w', by: 'b', fatal: true },
];

const tell = (change: <T>(value: T) => T) => (open: OpenReporter) => {
  for (const drill of [{ ...failedDrill, paths }, passedDrill, openDrill, skipped]) {
    for (const event of more) open.onEvent?.(change(event));
    const told = change({ ...drill, notes: ['a note: paste  it: { here }'] });
    // Claims and advice are found by the names of their checks.
    const expected = Object.fromEntries(told.checks.map(({ check }) => [check, {}]));
    const advice = Object.fromEntries(Object.entries(drill.advice ?? {}).map(([check, text]) => [change(check), text]));
    open.onDrill?.({ ...told, advice, definition: { ...told.definition, expect: expected } });
  }
  return open.onEnd(
    change({ ...sampleRun, status: 'interrupted' as const, unfinished: ['rate_limit_burst'], unread: 1 }),
  );
};

const steering = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

test.each<[string, Reporter, { color?: boolean; brief?: boolean; columns?: number }]>([
  ['the screen', terminal, {}],
  ['a narrow screen', terminal, { columns: 40 }],
  ['the screen of several drills', terminal, { brief: true }],
  ['the screen in color', terminal, { color: true }],
  ['the page', markdown, {}],
  ['JUnit', junit, {}],
  ['JSON', json, {}],
  ['SARIF', sarif, {}],
  ['traces', otlp, {}],
  ['a comment', pullRequest, {}],
])('%s: no text of a run steers a terminal or makes a line of its own', (_, reporter, look) => {
  const folder = hostile('reports/r-1');
  const text = written(reporter, tell(hostile), { color: false, columns: 1000, ...look, folder });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own paint is made of these
  const ours = /\u001b\[(?:1|2|22|31|32|33|39)m/g;
  expect(text).not.toContain(PAINT);
  const plain = look.color ? text.replace(ours, '') : text;
  expect([...new Set(plain.replaceAll('\n', '').match(steering))]).toEqual([]);
  expect(text.split('\n').filter((line) => line.startsWith('PASSED everything'))).toEqual([]);
  if (look.columns !== undefined) return;
  const sound = written(
    reporter,
    tell((value) => value),
    { color: false, columns: 1000, ...look, folder: 'r' },
  );
  expect(text.split('\n').length).toBe(sound.split('\n').length);
});

test('what JSON writes by its number is the same text', () => {
  const about = hostile(sampleRun.about);
  const text = written(json, (open) => open.onEnd({ ...sampleRun, about }));
  expect(JSON.parse(text).about).toEqual(about);
});
