import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { displayPath, readUserFile } from './read-file.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

function problems(text: string, name = 'x.yaml'): string[] {
  using scratch = new Scratch();
  const path = scratch.write(name, text);
  return problemsOf(() => readUserFile(path));
}

test('reads YAML 1.2: no is text, a date is text', () => {
  using scratch = new Scratch();
  expect(readUserFile(scratch.write('x.yaml', 'a: no\nb: 2026-01-02\n')).data).toEqual({ a: 'no', b: '2026-01-02' });
});

test('reads JSON, with tabs, and leaves out $schema', () => {
  using scratch = new Scratch();
  const file = readUserFile(scratch.write('x.json', '{\n\t"$schema": "y",\n\t"a": [1, {"b": 2}]\n}\n'));
  expect(file.data).toEqual({ a: [1, { b: 2 }] });
  expect(file.place(['a', 1, 'b'])).toMatchObject({ line: 3, column: 17 });
  expect(file.place(['a', 1, 'b'], 'key')).toMatchObject({ line: 3, column: 12 });
});

test('places are those of keys, values, parents, and of what an alias stands for', () => {
  using scratch = new Scratch();
  const file = readUserFile(scratch.write('x.yaml', 'one: &a\n  two: [3, 4]\nfour: *a\n'));
  expect(file.place(['one', 'two', 1])).toMatchObject({ line: 2, column: 12 });
  expect(file.place(['four'])).toMatchObject({ line: 3, column: 7 });
  expect(file.place(['four', 'two', 1])).toMatchObject({ line: 2, column: 12 });
  expect(file.place(['one', 'missing'])).toMatchObject({ line: 2, column: 3 });
  expect(file.place([])).toMatchObject({ line: 1, column: 1 });
});

test('tells every syntax error of a file', () => {
  expect(problems('a: 1\na: 2\nb: 3\nb: 4\n')).toEqual([
    '2:1 the key "a" is there twice | keep one of the two keys',
    '4:1 the key "b" is there twice | keep one of the two keys',
  ]);
  expect(problems('a: [1, 2\nb: 3\n')[0]).toMatch(/^2:1 broken YAML: .*check brackets/);
  expect(problems('{"a": 1, "a": 2}', 'x.json')[0]).toMatch(/^1:10 .*keep one/);
});

test.each([
  ['a: *b\n', /^1:4 "\*b" points at no anchor/],
  ['? [x]\n: 1\n', /^1:3 broken YAML/],
  ['a: !secret b\n', /^1:4 broken YAML: Unresolved tag.*remove the tag/],
  ['a: 1\n---\nb: 2\n', /^2:1 broken YAML.*keep one document a file/],
  ['', /^1:1 the file is empty/],
  ['# nothing\n', /^1:1 the file is empty/],
  ['a\0b', /not UTF-8 text/],
  [`a: ${'x'.repeat(1_000_000)}`, /the file has more than 1000000 bytes/],
  [`${'['.repeat(51)}${']'.repeat(51)}`, /^1:51 nested too deeply/],
  [Array.from({ length: 51 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), /^51:51 nested too deeply/],
  ['? '.repeat(100_000), /^1:101 nested too deeply/],
  ['- 1\n'.repeat(50_000), /the file holds too much/],
  ['a: .inf', /^1:4 .inf is no number/],
  ['%YAML 1.1\n---\na: !!timestamp 2026-01-02\n', /^3:4 broken YAML: Unresolved tag/],
  ['{', /^1:2 broken YAML/],
])('refuses %.20j', (text, message) => {
  expect(problems(text)[0]).toMatch(message);
});

test('refuses an alias bomb', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`);
  expect(problems(['l0: &l0 [x]', ...levels].join('\n'))[0]).toMatch(/too many aliases/);
});

test('refuses what is not UTF-8, not a file, not there', () => {
  using scratch = new Scratch();
  const path = join(scratch.dir, 'x.yaml');
  writeFileSync(path, Uint8Array.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
  expect(problemsOf(() => readUserFile(path))[0]).toMatch(/not UTF-8 text/);
  expect(problemsOf(() => readUserFile(scratch.dir))[0]).toMatch(/this is not a file/);
  expect(problemsOf(() => readUserFile(join(scratch.dir, 'no.yaml')))[0]).toMatch(/there is no such file/);
});

test('paths are shown from the working directory', () => {
  expect(displayPath(join(process.cwd(), 'drills', 'x.yaml'))).toBe('drills/x.yaml');
  expect(displayPath('/elsewhere/x.yaml')).toBe('/elsewhere/x.yaml');
});
