import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../config/find.ts';
import { problemsOf } from '../../config/scratch.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { schema } from './schema.ts';

const home = join(packageRoot(), 'schema');

function printed(name?: string): string {
  const terminal = fakeTerminal();
  schema(name, terminal);
  return terminal.out();
}

test('lists every schema of the package, a line each', () => {
  const names = printed()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ')[0]);
  expect(names.map((name) => `${name}.schema.json`).sort()).toEqual(readdirSync(home).sort());
  expect(printed()).toContain('\ngolden-task  A golden task: fixtures/');
});

test('prints one as the package holds it', () => {
  expect(printed('drill')).toBe(readFileSync(join(home, 'drill.schema.json'), 'utf8'));
});

test.each(['dril', 'constructor'])('refuses %s', (name) => {
  expect(problemsOf(() => printed(name))[0]).toMatch(/there is no schema ".*schemas: drill, golden-task, contract/);
});
