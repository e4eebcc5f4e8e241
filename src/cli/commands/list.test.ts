import { afterEach, expect, test } from 'vitest';
import { catalogueIn } from '../../catalogue.ts';
import { fakeCatalogue } from '../../config/fake-catalogue.fixture.ts';
import { keepIn } from '../../config/kept.ts';
import { problemsOf, Scratch } from '../../config/scratch.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { list } from './list.ts';

afterEach(() => keepIn(undefined));

test('one kind, for people and for programs', () => {
  const terminal = fakeTerminal();
  list('faults', { json: false }, fakeCatalogue, terminal);
  expect(terminal.out()).toBe(
    'faults\n  hang          A call is accepted and never answered.\n  server-error  The provider answers with a 5xx.\n',
  );
  const program = fakeTerminal();
  list('faults', { json: true }, fakeCatalogue, program);
  expect(JSON.parse(program.out()).faults).toHaveLength(2);
});

test('everything, a broken drill included', () => {
  using scratch = new Scratch();
  scratch.write('drills/mine.yaml', 'drill: mine\n');
  scratch.write('fixtures/golden/orders/a.yaml', 'name: a\ninput: A\n');
  const terminal = fakeTerminal({ cwd: scratch.dir });
  list(undefined, { json: false }, fakeCatalogue, terminal);
  expect(terminal.out()).toMatch(/mine +\(broken: drill validate .*mine\.yaml\)/);
  expect(terminal.out()).toMatch(/orders +1 golden task, no contract/);
  for (const kind of ['drills', 'workflows', 'faults', 'checks', 'protocols', 'targets', 'reporters'])
    expect(terminal.out()).toMatch(new RegExp(`^${kind}$`, 'm'));
});

test('what has changed since it was read is listed as it is now', async () => {
  using scratch = new Scratch();
  const catalogue = await catalogueIn(scratch.dir, { whole: true });
  const entries = new Map<string, Uint8Array>();
  keepIn({ read: (name) => entries.get(name), write: (name, bytes) => entries.set(name, bytes) });
  const task = (name: string) => scratch.write(`fixtures/golden/orders/${name}.yaml`, `name: ${name}\ninput: A\n`);
  const listed = () => {
    const terminal = fakeTerminal({ cwd: scratch.dir });
    list('workflows', { json: true }, catalogue, terminal);
    const rows: { name: string; summary: string }[] = JSON.parse(terminal.out()).workflows;
    return rows.find(({ name }) => name === 'orders')?.summary;
  };
  task('a');
  expect([listed(), listed()]).toEqual(Array(2).fill('1 golden task, no contract'));
  expect(entries.size).toBeGreaterThan(0);
  task('b');
  expect(listed()).toBe('2 golden tasks, no contract');
  scratch.write('fixtures/golden/orders/b.yaml', 'name: b\n');
  expect(listed()).toMatch(/^\(broken: /);
});

test('a kind that does not exist', () => {
  expect(problemsOf(() => list('fautls', { json: false }, fakeCatalogue, fakeTerminal()))[0]).toMatch(
    /nothing called "fautls" to list \| did you mean "faults"/,
  );
});
