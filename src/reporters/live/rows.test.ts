import { renderToString } from 'ink';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import type { TraceEvent } from '../../core/trace.ts';
import { failedDrill, passedDrill, sampleEvents } from '../sample-run.fixture.ts';
import { OnlyFailures } from './only-failures.ts';
import { type Row, rowsOf, type View } from './rows.ts';
import { Store } from './store.ts';
import { Lines } from './view.ts';

const VIEW: View = { columns: 80, lines: 24, unfolded: false, onlyFailures: false, keys: true, elapsedMs: 4200 };
const textOf = (row: Row) => row.map(({ text }) => text).join('');
const shown = (store: Store, view: Partial<View> = {}) => rowsOf(store, { ...VIEW, ...view }).map(textOf);

const [header] = sampleEvents.filter((event) => event.kind === 'run-header');
let seq = 0;
const event = (kind: string, at: number, more: object = {}, phase = 'outage') =>
  ({ seq: seq++, at, drill: 'd', phase, kind, ...more }) as unknown as TraceEvent;

/** A task with its calls: a role, how its call ended, and what it cost. */
function* asked(
  ask: number,
  at: number,
  outcome: object,
  ...calls: [role: string, mode: string | null, usd?: number | null][]
) {
  const of = { ask, task: `task_${ask}` };
  yield event('ask', at, of);
  for (const [i, [role, failure_mode, cost_usd = 0]] of calls.entries()) {
    yield event('call', at, { ...of, call: `${ask}.${i}`, role });
    yield event('call-end', at + 100, { ...of, call: `${ask}.${i}`, failure_mode, cost_usd });
  }
  yield event('outcome', at + 100, { ...of, outcome });
}

function seen(...parts: Iterable<TraceEvent>[]): Store {
  const store = new Store([{ name: 'd', asks: 10 }]);
  if (header !== undefined) store.see({ ...header, mode: 'live', time: 'wall' });
  store.see(event('phase', 0, { state: 'began', faults: [{ fault: 'hang', role: 'primary' }] }));
  for (const part of parts) for (const one of part) store.see(one);
  return store;
}

const whole = { kind: 'answered' };
const judged = (ask: number, verdict: string) => event('verdict', 9000, { ask, verdict, score: 0 });

test('how each task went, a role that is left alone, and money where it is real', () => {
  const store = seen(
    asked(1, 0, whole, ['primary', null, 0.01]),
    asked(2, 100, whole, ['primary', 'timeout', null], ['backup', null, 0.02]),
    asked(3, 1000, { kind: 'queued' }, ['backup', null]),
    asked(4, 2000, { kind: 'failed' }, ['backup', 'server_error']),
    asked(5, 3000, whole, ['backup', null]),
    asked(6, 4000, whole, ['backup', null]),
    [event('ask', 5000, { ask: 7, task: 'task_7' })],
    [judged(5, 'inconclusive'), judged(6, 'failed')],
  );
  expect(shown(store)).toEqual([
    '▸ d ✓→~✗?✗· 6/10',
    '  outage: hang on primary',
    '  primary rested for 8.8 s: 4 tasks passed it by since it failed',
    '  ✗ 1 failed, u unfolds: d: task_6 (outage)',
    '0 of 1 drill',
    '4.2 s, about 2.8 s left; $0.0300 spent, 1 call without a price',
    'q quit  u unfold failures  f failures only',
  ]);
  expect(shown(store, { unfolded: true, lines: 30 }).slice(3, 6)).toEqual([
    '  ✗ d: task_6 (outage)',
    expect.stringMatching(/^ {6}#\d+ {2}4\.0 s {2}ask/),
    expect.stringMatching(/^ {6}#\d+ {2}4\.0 s {2}call {2}backup/),
  ]);
  // A call to it, and it is left alone no more.
  for (const one of asked(8, 9000, whole, ['primary', null])) store.see(one);
  expect(shown(store).join()).not.toContain('rested');
});

test('where there is little room, the least is left out, and nothing is drawn where there is none', () => {
  const store = seen(asked(1, 0, whole, ['primary', null]));
  const rows = (lines: number) => shown(store, { lines });
  expect(rows(6)).toEqual(['▸ d ✓ 1/10', '0 of 1 drill']);
  expect(rows(7).at(-1)).toMatch(/^q quit/);
  expect(rows(4)).toEqual([]);
  for (const one of [failedDrill, failedDrill, failedDrill]) store.close(one);
  for (let i = 0; i < 40; i++) store.failures.push({ what: 'd', evidence: ['e', 'e'] });
  expect(shown(store, { lines: 200, unfolded: true })).toHaveLength(12);
});

test('of many tasks the last ones are drawn, and no more is kept', () => {
  const store = seen(...Array.from({ length: 3000 }, (_, i) => asked(i + 1, i, whole, ['primary', null])));
  expect(shown(store)[0]).toHaveLength(VIEW.columns - 1);
  expect(store.ticks.size).toBeLessThan(1000);
});

test('whatever a text holds, a row is one line, and as wide as the terminal by the width of its letters', () => {
  const store = seen([]);
  const evil = `\u001b[2J\u001b]0;owned\u0007\u202e退款🧾👩‍👩‍👧 ${'long '.repeat(20_000)}\n`;
  const failed = { ...failedDrill, name: 'd', tasks: failedDrill.tasks.map((task) => ({ ...task, task: evil })) };
  store.close(failed);
  const rows = rowsOf(store, { ...VIEW, columns: 30, unfolded: true });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what steers
  for (const row of rows) expect(textOf(row)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  const wide: Row[] = [[{ text: '退款🧾👩‍👩‍👧'.repeat(10) }], [{ text: 'a' }]];
  expect(renderToString(createElement(Lines, { rows: wide }), { columns: 15 }).split('\n')).toEqual([
    '退款🧾👩‍👩‍👧退款🧾…',
    'a',
  ]);
});

test('failures only: what passed is kept back, but for the head of a matrix', () => {
  const filter = new OnlyFailures();
  const drill = (name: string, verdict: 'passed' | 'failed') => ({ ...passedDrill, name, verdict });
  expect(filter.take(drill('a', 'passed'), 'a\n', true)).toBe('');
  expect(filter.take(drill('b', 'failed'), 'b\n', true)).toBe('b\n');
  expect(filter.take(drill('m/one', 'passed'), 'head\n1\n', true)).toBe('');
  expect(filter.take(drill('m/two', 'passed'), '2\n', true)).toBe('');
  expect(filter.take(drill('m/three', 'failed'), '3\n', true)).toBe('head\n1\n3\n');
  expect(filter.take(drill('m/four', 'failed'), '4\n', true)).toBe('4\n');
  expect(filter.take(drill('c', 'passed'), 'c\n', false)).toBe('c\n');
});
