import { expect, test } from 'vitest';
import { fakeCatalogue } from '../../config/fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from '../../config/scratch.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { list } from './list.ts';

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

test('a kind that does not exist', () => {
  expect(problemsOf(() => list('fautls', { json: false }, fakeCatalogue, fakeTerminal()))[0]).toMatch(
    /nothing called "fautls" to list \| did you mean "faults"/,
  );
});
