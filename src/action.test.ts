import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateAction } from '@action-validator/core';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { Scratch } from './config/scratch.fixture.ts';
import { EXIT } from './core/errors.ts';

const text = readFileSync(join(import.meta.dirname, '../action.yml'), 'utf8');
const action = parse(text);
const step = action.runs.steps.find(({ run }: { run?: string }) => run !== undefined);

/** What `npx` is in these tests: it writes down what it is given, makes a run where it is told to, and ends as it is told to. */
const NPX = `#!/bin/sh
for one in "$@"; do printf '%s\\0' "$one"; done > given
if [ -n "$MAKES" ]; then mkdir -p "reports/$MAKES"; fi
exit "$ENDS"
`;

interface Inputs {
  drills?: string;
  target?: string;
  args?: string;
  'working-directory'?: string;
}

/** Plays the step as GitHub would: its inputs in the environment, its shell with the options of `shell: bash`. */
function play(inputs: Inputs, { makes = '', ends = 0, old = [] as string[] } = {}) {
  using scratch = new Scratch();
  const folder = inputs['working-directory'] ?? '.';
  chmodSync(scratch.write('bin/npx', NPX), 0o755);
  for (const name of ['.keep', ...old.map((run) => `reports/${run}/run.json`)]) scratch.write(join(folder, name), '');
  const given = Object.fromEntries(
    Object.entries<string>(step.env).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value)?.[1] ?? '';
      return [name, String(Reflect.get(inputs, input) ?? action.inputs[input].default)];
    }),
  );
  const PATH = `${join(scratch.dir, 'bin')}:${process.env['PATH']}`;
  const env = { ...given, PATH, MAKES: makes, ENDS: String(ends), GITHUB_OUTPUT: join(scratch.dir, 'output') };
  const script = scratch.write('script.sh', step.run);
  let code = 0;
  try {
    const words = ['--noprofile', '--norc', '-e', '-o', 'pipefail', script];
    execFileSync('bash', words, { cwd: scratch.dir, env, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    code = Number(Reflect.get(Object(error), 'status'));
  }
  const read = (name: string) => readFileSync(join(scratch.dir, name), 'utf8');
  return {
    code,
    words: read(join(folder, 'given')).split('\0').slice(0, -1),
    output: read('output'),
    pwned: existsSync(join(scratch.dir, folder, 'pwned')),
  };
}

test('is an action, as GitHub’s schema has it', () => {
  expect(validateAction(text).errors).toEqual([]);
  expect(validateAction(text.replace('using: composite', 'using: compost')).errors).not.toEqual([]);
});

test('has no expression in a script: what a caller gives would become a part of it', () => {
  expect(step.run).not.toContain('${{');
  for (const { uses } of action.runs.steps.filter((one: { uses?: string }) => one.uses))
    expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
});

test('runs what the project has installed', () => {
  expect(play({}).words).toEqual(['--no', 'drill', 'run', '--ci', '--']);
  const inputs = { drills: 'one two\n three\n', target: './my agent.ts', args: '--seed 7\n--bail' };
  const flags = ['--seed', '7', '--bail', '--target=./my agent.ts'];
  expect(play(inputs).words).toEqual(['--no', 'drill', 'run', '--ci', ...flags, '--', 'one', 'two', 'three']);
});

test.each([
  '`touch pwned`',
  '$(touch pwned)',
  '; touch pwned',
  '"; touch pwned; "',
  "'; touch pwned; '",
  '* ~ $HOME \\',
])('takes %s as it stands', (hostile) => {
  const { words, pwned } = play({ drills: hostile, target: hostile, args: hostile });
  const split = hostile.split(' ');
  expect(words).toEqual(['--no', 'drill', 'run', '--ci', ...split, `--target=${hostile}`, '--', ...split]);
  expect(pwned).toBe(false);
});

test.each([
  [EXIT.passed, 'passed'],
  [EXIT.failed, 'failed'],
  [EXIT.inconclusive, 'inconclusive'],
  [EXIT.invalid, ''],
  [EXIT.bug, ''],
  [EXIT.interrupted, ''],
])('ends with %i as drill does, and says "%s"', (ends, verdict) => {
  const run = '2026-01-31T12-00-00-all';
  const { code, output } = play({}, { makes: run, ends, old: ['2025-01-31T12-00-00-all', '2027-01-31T12-00-00-all'] });
  expect({ code, output }).toEqual({ code: ends, output: `run-folder=reports/${run}\nverdict=${verdict}\n` });
});

test('says nothing of a run that never was: npm, too, ends with 1', () => {
  const { code, output } = play({}, { ends: EXIT.failed, old: ['2025-01-31T12-00-00-all'] });
  expect({ code, output }).toEqual({ code: EXIT.failed, output: 'run-folder=\nverdict=\n' });
});

test('works in the folder of the project, and tells the run’s as seen from the repository', () => {
  const { output } = play({ 'working-directory': './apps/my bot' }, { makes: 'run' });
  expect(output).toBe('run-folder=apps/my bot/reports/run\nverdict=passed\n');
});
