import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { namesIn } from './find.ts';
import { keepIn, kept } from './kept.ts';
import { kindOf, readText, readUserFile } from './read-file.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

let entries = new Map<string, Uint8Array>();
const store = {
  read: (name: string) => entries.get(name),
  write: (name: string, bytes: Uint8Array) => entries.set(name, bytes),
};
afterEach(() => {
  entries = new Map();
  keepIn(undefined);
});

/** Reads a folder as a loader does, and tells how often it had to. */
function reader(dir: string) {
  let times = 0;
  const read = (key = 'folder') =>
    kept([key, dir], () => {
      times++;
      const texts = namesIn(dir).flatMap((name) => (name.endsWith('.yaml') ? readText(join(dir, name)) : []));
      return { texts, more: kindOf(join(dir, 'more')), zero: -0, none: undefined };
    });
  return { read, times: () => times };
}

test('what was read is not read again while the disk says the same', () => {
  using scratch = new Scratch();
  const path = scratch.write('a.yaml', 'one');
  const { read, times } = reader(scratch.dir);
  keepIn(store);
  const first = read();
  expect(read()).toStrictEqual(first);
  expect(times()).toBe(1);
  const changes = [
    () => scratch.write('a.yaml', 'two'),
    () => scratch.write('b.yaml', ''),
    () => scratch.write('more/c.yaml', ''),
    () => rmSync(path),
  ];
  for (const [i, change] of changes.entries()) {
    change();
    expect(read()).toStrictEqual(read());
    expect(times()).toBe(i + 2);
  }
});

test('another key, and no store, is another reading', () => {
  using scratch = new Scratch();
  scratch.write('a.yaml', 'one');
  const { read, times } = reader(scratch.dir);
  read();
  read();
  keepIn(store);
  read();
  read('another');
  read('another');
  expect(times()).toBe(4);
});

test('what is wrong is told each time, at its place', () => {
  using scratch = new Scratch();
  const path = scratch.write('a.yaml', 'a: 1\na: 2\n');
  keepIn(store);
  const told = () => problemsOf(() => kept([path], () => readUserFile(path).data));
  expect(told()).toEqual(['2:1 the key "a" is there twice | keep one of the two keys']);
  expect(told()).toEqual(told());
  expect(entries.size).toBe(0);
});
