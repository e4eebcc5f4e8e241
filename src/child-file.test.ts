import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { childFile, readBoth } from './child-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-child-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function opened(take?: (line: string) => void) {
  const path = join(folder, 'told');
  const heard: string[] = [];
  const file = childFile(() => openSync(path, 'wx+'));
  return { path, file, heard, reader: readBoth(file, take ?? ((line) => heard.push(line))) };
}

it('what was told of the file comes before the word after it, and nothing more of it', async () => {
  const { path, file, heard, reader } = opened();
  appendFileSync(path, 'one\ntwo\nthree\n');
  reader.readUpTo(8);
  reader.say('a word');
  await reader.end();
  expect(heard).toEqual(['one', 'two', 'a word']);
  expect(reader.lost).toBe(false);
  file?.close();
});

it('a file may be cut back to what was told of it, and goes on from there', async () => {
  const { path, file, heard, reader } = opened();
  appendFileSync(path, 'one\ntw');
  reader.readUpTo(4);
  truncateSync(path, 4);
  appendFileSync(path, 'two\n');
  reader.readUpTo(8);
  await reader.end();
  expect(heard).toEqual(['one', 'two']);
  file?.close();
});

it('says that what was told of is not there', async () => {
  const { file, reader } = opened();
  reader.readUpTo(8);
  await reader.end();
  expect(reader.lost).toBe(true);
  file?.close();
});

it('what the reader throws rejects the end', async () => {
  const { path, file, reader } = opened(() => {
    throw new Error('no room');
  });
  appendFileSync(path, 'one\n');
  reader.readUpTo(4);
  reader.say('a word');
  await expect(reader.end()).rejects.toThrow('no room');
  file?.close();
});

it('what is closed is not read or closed again: its descriptor may be another file by then', async () => {
  const { path, file, heard, reader } = opened();
  appendFileSync(path, 'one\n');
  file?.close();
  const other = openSync(join(folder, 'other'), 'wx+');
  appendFileSync(other, 'not for us\n');
  reader.readUpTo();
  await reader.end();
  file?.close();
  expect([other, heard]).toEqual([file?.fd, []]);
  closeSync(other);
});

it('without a file the words are all', async () => {
  const heard: string[] = [];
  const none = childFile(() => openSync(join(folder, 'nowhere/told'), 'wx+'));
  const reader = readBoth(none, (line) => heard.push(line));
  for (const word of ['one', 'two']) reader.say(word);
  await reader.end();
  expect([none, heard, reader.lost]).toEqual([undefined, ['one', 'two'], false]);
});
