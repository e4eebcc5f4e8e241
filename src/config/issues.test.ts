import { expect, test } from 'vitest';
import { z } from 'zod';
import { Load } from '../core/drill.ts';
import { Expectation } from '../core/golden-task.ts';
import { parseWith } from './issues.ts';
import { readUserFile } from './read-file.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

const Schema = z.strictObject({
  name: z.string().max(10),
  count: z.number().int().min(1).max(50).optional(),
  mode: z.enum(['fast', 'slow']).optional(),
  load: Load.optional(),
  must: z.array(Expectation).optional(),
  roles: z.record(z.string().regex(/^[a-z]+$/, 'a role is a lower-case word'), z.strictObject({})).optional(),
});

function problems(text: string): string[] {
  using scratch = new Scratch();
  const path = scratch.write('x.yaml', text);
  return problemsOf(() => parseWith(Schema, readUserFile(path)));
}

test('a good file is parsed', () => {
  expect(problems('name: x\nload: { every_ms: 5 }\nmust: [a, { any_of: [b] }]\n')).toEqual([]);
});

test('all problems at once, each at its place', () => {
  expect(problems('nam: x\ncount: 99\nmode: fats\nroles: { A1: {} }\n')).toEqual([
    '1:1 missing key name | add "name": text of at most 10 characters',
    '2:8 count may not be 99 | write a whole number, 1 to 50',
    '3:7 mode may not be "fats" | did you mean "fast"? (it may be: fast, slow)',
    '4:10 bad name roles.A1: a role is a lower-case word | rename it',
    '1:1 unknown key "nam" | did you mean "name"? (known keys: name, count, mode, load, must, roles)',
  ]);
});

test.each([
  ['load: { arive: together }', '2:9 unknown key "arive" | did you mean "arrive"? (known keys: arrive, every_ms)'],
  [
    'load: { arrive: togehter }',
    '2:17 load.arrive may not be "togehter" | did you mean "together"? (it may be: together, in_turn)',
  ],
  ['load: { every_ms: 0 }', '2:19 load.every_ms may not be 0 | write a whole number, 1 to 3600000'],
  ['load: soon', '2:7 load may not be "soon" | write a mapping with arrive, or a mapping with every_ms'],
  ['must: [a, { any: [b] }]', '2:13 unknown key "any" | did you mean "any_of"? (known keys: any_of, pattern, concept)'],
  [
    'must: [a, 3]',
    '2:11 must[1] may not be 3 | write text of at most 500 characters, or a mapping with any_of, or a mapping with pattern, or a mapping with concept',
  ],
  ['count:', '2:7 count may not be empty | write a whole number, 1 to 50'],
  ['count: 1.5', '2:8 count may not be 1.5 | write a whole number, 1 to 50'],
])('%s', (line, problem) => {
  expect(problems(`name: x\n${line}\n`)).toEqual([problem]);
});

test('a file that is no mapping', () => {
  expect(problems('- a\n')).toEqual([
    '1:1 the file may not be a list | write a mapping with name, count, mode, load, must, roles',
  ]);
});
