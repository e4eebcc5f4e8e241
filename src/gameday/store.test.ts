import { expect, test } from 'vitest';
import { placeOf } from '../core/drill.ts';
import { faults } from '../faults/index.ts';
import type { Row } from '../reporters/live/rows.ts';
import type { By, Entry } from '../stand/sockets/journal.ts';
import { choicesAt, OFTEN } from './choices.ts';
import { gathered, rowsOf, type View } from './screen.ts';
import { Store } from './store.ts';
import { lineOf, switchedText } from './words.ts';

const VIEW: View = { chosen: 0, columns: 80, lines: 24, keys: true };
const textOf = (row: Row) => row.map(({ text }) => text).join('');
const use = (fault: string, role = 'primary') => ({ fault, role });
const at = (second: number) => `2026-12-31T12:00:${String(second).padStart(2, '0')}.000Z`;

const switched = (event: 'on' | 'off', second: number, fault: string, by: By = 'key', role = 'primary') =>
  ({ event, at: at(second), id: `${fault}@${role}`, use: use(fault, role), by }) as const;
const entry = (more: Partial<Entry>): { event: 'call' } & Entry => ({
  ...{ event: 'call', n: 1, at: at(0), role: 'primary', model: 'm', stream: false, task: 'any' },
  ...{ status: 200, how: 'complete', failure: null, faults: [], ms: 100, ...more },
});
function call(store: Store, more: Partial<Entry>): void {
  store.see({ event: 'came', role: more.role ?? 'primary' });
  store.see(entry(more));
}

/** Two roles and a tool: a fault is switched while calls go on. */
function day(): Store {
  const store = new Store();
  store.see(switched('on', 1, 'hang', 'command line', 'backup'));
  call(store, {});
  store.see(switched('on', 2, 'server-error'));
  call(store, { status: 500, failure: 'server_error', ms: 300 });
  store.see(switched('off', 3, 'server-error'));
  call(store, { at: at(4), status: null, how: 'left', ms: 4000 });
  call(store, { at: at(5), how: 'reset', ms: 200 });
  store.see({ event: 'came', role: 'primary' });
  call(store, { role: '(no such tool)', status: 404, failure: 'unknown_tool' });
  return store;
}

const places = [
  { name: 'primary', choices: choicesAt('primary', 'role', [], faults) },
  { name: 'backup', choices: choicesAt('backup', 'role', [], faults) },
];
const shown = (store: Store, view: Partial<View> = {}) => rowsOf(store, places, { ...VIEW, ...view }).map(textOf);

test('of each role: what is armed, what was asked, how it ended, how long it took and who stopped', () => {
  expect(shown(day())).toEqual([
    '▸ primary 4 ended, 1 under way  200 500 left 200 reset',
    '    no fault; 1 left by callers; 1 broken off here; median 0.3 s, slowest 4.0 s',
    '  backup 0 ended, 0 under way ',
    '    hang',
    expect.stringMatching(/^1 rate-limited {2}2 server-error {2}3 hang {2}/),
    expect.stringMatching(/9 refusal {2}$/),
    'q quit  ↑↓ choose  1-9 fault on, off  h heal all',
  ]);
  expect(shown(day(), { chosen: 1 }).join()).toMatch(/▸ backup .*3●hang/);
});

test('where there is little room, the least is left out; no row is longer than the terminal by what can be left out', () => {
  const store = day();
  expect(shown(store, { lines: 7 }).map((row) => row.split(' ')[1])).toEqual(['primary', '', 'quit']);
  expect(shown(store, { lines: 10, columns: 50 })).toHaveLength(6);
  expect(shown(store, { lines: 4 })).toEqual([]);
  const many = [...Array.from({ length: 9 }, (_, i) => ({ name: `tool_${i}`, choices: [] })), ...places];
  const rows = rowsOf(store, many, { ...VIEW, lines: 9 }).map(textOf);
  expect(rows.map((row) => row.trim().split(' ')[1] ?? row.trim())).toEqual(['tool_0', 'fault', '0', 'hang', 'quit']);
  for (let i = 0; i < 300; i++) call(store, { ms: i });
  const [counts = '', , ...more] = shown(store, { columns: 50 });
  expect(counts).toBe('▸ primary 304 ended, 1 under way  200 200 200 200');
  for (const row of more) expect(row.length).toBeLessThanOrEqual(50);
  expect(shown(store, { keys: false }).join()).not.toMatch(/q quit|1 rate/);
  expect(store.at('primary').last).toHaveLength(100);
});

test('the end tells what was switched when, and how calls ended meanwhile; of too many, the last', () => {
  const store = day();
  expect(switchedText(store)).toBe(`faults that were armed (times in UTC), and how the calls there ended meanwhile:
  12:00:01–  backup hang (from the start): no call
  12:00:02–12:00:03  primary server-error (by key, off by key): 1 × 500
`);
  const held = new Store();
  held.see(switched('on', 1, 'hang'));
  held.see({ event: 'came', role: 'primary' });
  held.see(switched('off', 3, 'hang'));
  held.see(entry({ at: at(2), status: null, how: 'left', ms: 60_000 }));
  expect(switchedText(held)).toContain('primary hang (by key, off by key): 1 × left');
  for (let i = 0; i < 250; i++) {
    store.see(switched('on', 4, 'stall', 'admin API'));
    store.see(switched('off', 5, 'stall', 'time'));
  }
  expect(switchedText(store)).toContain('  … 52 before, which are in the journal\n  12:00:01–  backup hang');
  expect(switchedText(new Store())).toBe('no fault was armed\n');
});

test('a line for what happened, without what steers a terminal', () => {
  expect(lineOf(entry({ status: 429, failure: 'rate_limit', faults: [{ fault: 'rate-limited', did: '' }] }))).toBe(
    '12:00:00  primary  429 after 0.1 s (rate-limited)\n',
  );
  expect(lineOf(entry({ status: null, how: 'left' }))).toBe('12:00:00  primary  left by its caller after 0.1 s\n');
  const refused = entry({ status: 400, failure: 'bad_request', refused: 'what is \u001b[2J\nthis?' });
  expect(lineOf(refused)).toBe('12:00:00  primary  400 after 0.1 s (bad_request)  refused: what is this?\n');
  const armed = { ...switched('on', 9, 'hang', 'admin API'), id: 'outage', ttl_ms: 60_000 };
  expect(lineOf({ ...armed, use: { ...armed.use, when: { calls: [1, 3], per: 'task' } } })).toBe(
    '12:00:09  primary  on hang calls=[1,3]  by the admin API, as outage  for 60.0 s\n',
  );
});

test('keys switch what was given for a role first, then what breaks often; of a tool, the faults of tools', () => {
  const given = [
    { id: 'server-error@primary', use: { ...use('server-error'), status: 503 } },
    { id: 'hang@backup', use: use('hang', 'backup') },
  ];
  const names = (place: string, kind: 'role' | 'tool') =>
    choicesAt(place, kind, given, faults).map((one) => one.use.fault);
  expect(names('primary', 'role')).toEqual(['server-error', ...OFTEN.filter((name) => name !== 'server-error')]);
  expect(choicesAt('primary', 'role', given, faults)[0]).toBe(given[0]);
  const ofTools = choicesAt('issue_refund', 'tool', given, faults);
  expect(ofTools.length).toBeGreaterThan(3);
  for (const one of ofTools) expect([one.use.role, placeOf(one.use)]).toEqual([undefined, 'issue_refund']);
});

test('of many calls at once the last are written, once', async () => {
  const written: string[] = [];
  const sleeping: (() => void)[] = [];
  const sleep = () => new Promise<void>((resolve) => void sleeping.push(resolve));
  const lines = gathered({ write: (text) => void written.push(text) }, { sleep });
  for (let i = 0; i < 25; i++) lines.write(`${i}\n`);
  expect(written).toEqual([]);
  for (const wake of sleeping) wake();
  await Promise.resolve();
  const shown = Array.from({ length: 20 }, (_, i) => `${i + 5}\n`).join('');
  expect(written).toEqual([`… 5 calls before, which are in the journal\n${shown}`]);
  lines.flush();
  expect(written).toHaveLength(1);
});
