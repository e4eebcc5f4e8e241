import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeCatalogue } from '../../config/fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from '../../config/scratch.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { validate } from './validate.ts';

const DRILL =
  'drill: mine\ntitle: T\nhypothesis: H\nworkflow: w\nphases: [{ name: out, tasks: 2 }]\nexpect: { ends-in-time: {} }\n';

test('a whole project, and single files of it', () => {
  using scratch = new Scratch();
  scratch.write('drills/mine.yaml', DRILL);
  scratch.write('drill.config.yaml', 'targets: {}\n');
  const a = scratch.write('fixtures/golden/w/a.json', '{ "name": "a", "input": "A" }');
  const b = scratch.write('fixtures/golden/w/b.json', '{ "name": "b", "input": "B" }');
  const said = (names: string[]) => {
    const terminal = fakeTerminal({ cwd: scratch.dir });
    validate(names, fakeCatalogue, terminal);
    return terminal.out();
  };
  expect(said([])).toBe('4 files are fine\n');
  expect(said([a, b])).toBe('2 files are fine\n');
  expect(said(['drills'])).toBe('1 file is fine\n');
  expect(said([join('drills', 'mine.yaml')])).toBe('1 file is fine\n');
});

test('the problems of all files at once, and how many are fine', () => {
  using scratch = new Scratch();
  scratch.write('drills/mine.yaml', DRILL);
  scratch.write('drills/one.yaml', DRILL);
  scratch.write('drills/two.yaml', 'a: [\n');
  scratch.write('fixtures/golden/w/a.json', '{ "name": "a", "inptu": "A" }');
  const terminal = fakeTerminal({ cwd: scratch.dir });
  const found = problemsOf(() => validate([], fakeCatalogue, terminal));
  expect(terminal.out()).toBe('1 file is fine\n');
  expect(found).toHaveLength(4);
  expect(found[0]).toMatch(/the drill is called "mine", its file "one"/);
  expect(found[1]).toMatch(/broken YAML/);
  expect(found[2]).toMatch(/missing key input/);
  expect(found[3]).toMatch(/unknown key "inptu" \| did you mean "input"/);
});

test('nothing to validate, a file that is not there', () => {
  using scratch = new Scratch();
  const terminal = fakeTerminal({ cwd: scratch.dir });
  expect(problemsOf(() => validate([], fakeCatalogue, terminal))[0]).toMatch(/nothing to validate here/);
  expect(problemsOf(() => validate(['no.yaml'], fakeCatalogue, terminal))[0]).toMatch(/there is no such file/);
});

test('a drill of a workflow that is not there', () => {
  using scratch = new Scratch();
  scratch.write('drills/mine.yaml', DRILL.replace('workflow: w', 'workflow: suport-answer'));
  const terminal = fakeTerminal({ cwd: scratch.dir });
  expect(problemsOf(() => validate([], fakeCatalogue, terminal))).toEqual([
    expect.stringMatching(
      /^4:11 there are no golden tasks for the workflow "suport-answer" \| did you mean "support-answer"/,
    ),
  ]);
});
