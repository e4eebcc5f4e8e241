import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './config-file.ts';
import { fakeCatalogue } from './fake-catalogue.fixture.ts';
import { loadNotices, mergeReadings } from './notices-file.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';
import { loadWorkflow } from './workflow-folder.ts';

const GOOD = `notices:
  - text: Answers are limited for now.
    means: { limited: true }
  - { text: 'Done: {tool}.', means: { done: '{tool}' }, guess: true }
`;

function problems(text: string): string[] {
  using scratch = new Scratch();
  const file = scratch.write('notices.yaml', text);
  return problemsOf(() => loadNotices(file, fakeCatalogue));
}

test('a good file: beside the golden tasks, and where the configuration says', () => {
  using scratch = new Scratch();
  scratch.write('golden/w/a.json', '{ "name": "a", "input": "i" }');
  scratch.write('golden/w/notices.yaml', GOOD);
  const { notices } = loadWorkflow(join(scratch.dir, 'golden/w'), [], fakeCatalogue);
  expect(notices.map(({ means }) => means)).toEqual([{ limited: true }, { done: '{tool}' }]);
  scratch.write('drill.config.yaml', 'notices: golden/w/notices.yaml\n');
  const file = loadConfig(scratch.dir, fakeCatalogue)?.notices ?? '';
  expect(loadNotices(file, fakeCatalogue)).toEqual(notices);
});

test.each([
  [
    `${GOOD}  - { text: Answers are limited for now., means: {} }\n`,
    /5:13 this text has another reading already, at .*2:11/,
  ],
  [
    'notices: [{ text: "In {minutes}.", means: {} }]',
    /there is no placeholder \{minutes\}; there are \{tool\} \{amount\}/,
  ],
  ['notices: [{ text: Done., means: { done: "{tool}" } }]', /the text holds no \{tool\} that was done/],
  ['notices: [{ text: A., means: { workz: true } }]', /unknown key "workz" \| did you mean "works"/],
  ['notices: [{ text: A., means: { told_to: robot } }]', /person/],
  ['notices: [{ text: A., means: { limited: false } }]', /true/],
])('%s', (text, problem) => {
  expect(problems(text).join('\n')).toMatch(problem);
});

test('problems of the file that the configuration names are told with it', () => {
  using scratch = new Scratch();
  scratch.write('drill.config.yaml', 'notices: none.yaml\n');
  expect(problemsOf(() => loadConfig(scratch.dir, fakeCatalogue)).join()).toMatch(/there is no such file/);
  scratch.write('none.yaml', 'notices: 1\n');
  expect(problemsOf(() => loadConfig(scratch.dir, fakeCatalogue)).join()).toMatch(/1:10 notices may not be 1/);
});

test('readings of several places: the same one may stand in two, another one of its text may not', () => {
  const from = (file: string, text: string, limited?: true) => ({
    readings: [{ text, means: limited === undefined ? {} : { limited } }],
    place: { file },
  });
  const merge = (...all: ReturnType<typeof from>[]) => mergeReadings(all, fakeCatalogue);
  expect(merge(from('a.yaml', 'One.'), from('agent.ts', 'One.'), from('agent.ts', 'Two.'))).toHaveLength(2);
  expect(problemsOf(() => merge(from('a.yaml', 'One.'), from('agent.ts', 'One.', true))).join()).toMatch(
    /the text "One\." has another reading in a\.yaml/,
  );
});
