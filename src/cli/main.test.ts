import { expect, test } from 'vitest';
import { Scratch } from '../config/scratch.fixture.ts';
import { main } from './main.ts';
import { fakeTerminal } from './terminal.fixture.ts';
import { columnsOf, wantsColor } from './terminal.ts';

async function drill(...words: string[]) {
  const terminal = fakeTerminal();
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

test('--version and --help', async () => {
  expect(await drill('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
  const help = await drill('--help');
  expect(help.code).toBe(0);
  for (const word of ['run [options] [names...]', 'list', 'explain', 'validate', 'Exit codes:'])
    expect(help.out).toContain(word);
});

test.each(['run', 'init', 'list', 'explain', 'validate', 'schema', 'notices'])(
  'drill %s --help has examples',
  async (name) => {
    const help = await drill(name, '--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toMatch(new RegExp(`Examples:\n  drill ${name}`));
  },
);

test('the help of run names every option', async () => {
  const { out } = await drill('run', '--help');
  for (const flag of [
    '--target <name|path>',
    '--tasks <dir>',
    '--task <name>',
    '--fault <',
    '--seed <n>',
    '--json',
    '--out <dir>',
  ])
    expect(out).toContain(flag);
});

test.each([
  [['rnu'], 'Did you mean run?'],
  [['run', '--sede', '7'], 'Did you mean --seed?'],
  [['run', '--seed', 'x'], 'A seed is a whole number from 0 to 4294967295.'],
  [['run', '--seed', '-1'], 'A seed is a whole number'],
  [['run', '--seed', '1.5'], 'A seed is a whole number'],
  [['explain'], "missing required argument 'name'"],
  [['list', 'faults', 'more'], 'too many arguments'],
  [[], 'Usage: drill'],
])('usage error %j', async (words, message) => {
  const { code, out, err } = await drill(...words);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
});

test('a broken file: what, where, how to mend it', async () => {
  using scratch = new Scratch();
  const path = scratch.write('drills/x.yaml', 'drill: x\ndrill: y\n');
  const { code, err } = await drill('validate', path);
  expect(code).toBe(2);
  expect(err).toBe(`error: the key "drill" is there twice\n  at ${path}:2:1\n  fix: keep one of the two keys\n`);
});

test('anything else is a bug of ours', async () => {
  const terminal = fakeTerminal({ stdout: { write: breakDown }, env: { DRILL_DEBUG: '1' } });
  expect(await main(['node', 'drill', 'list', 'checks'], terminal)).toBe(70);
  expect(terminal.err()).toMatch(/^drill \d.* has a bug: the screen broke\n/);
  expect(terminal.err()).toContain('main.test.ts');
});

function breakDown(): never {
  throw new Error('the screen broke');
}

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  [{ TERM: 'dumb' }, true, false],
])('colour with %j on a terminal: %s', (env, isTerminal, color) => {
  expect(wantsColor(env, isTerminal)).toBe(color);
});

test.each([
  [{}, undefined, 100],
  [{}, 72, 72],
  [{ COLUMNS: '50' }, 72, 50],
  [{ COLUMNS: '50' }, undefined, 50],
  [{ COLUMNS: '' }, undefined, 100],
  [{ COLUMNS: 'wide' }, 72, 72],
  [{ COLUMNS: '99999' }, 72, 72],
  [{}, 0, 100],
  [{}, 8, 30],
])('with %o on a terminal of %s columns, lines have %i', (env, seen, columns) => {
  expect(columnsOf(env, seen)).toBe(columns);
});
