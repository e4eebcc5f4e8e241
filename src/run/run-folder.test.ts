import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { linesOf, measure, SUMS } from '../judge/stored-file.ts';
import { createRunFolder } from './run-folder.ts';

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'drill-folder-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

const ID = '2026-01-31T12-00-00-all';

it('a folder that another run makes in the same moment is not taken twice', async () => {
  const fs = await import('node:fs');
  // The other run makes its folder between our look and our own attempt.
  vi.resetModules();
  vi.doMock('node:fs', () => ({ ...fs, existsSync: (path: string) => !path.includes(ID) && fs.existsSync(path) }));
  try {
    const { createRunFolder: create } = await import('./run-folder.ts');
    const ids = [create(out, ID, out), create(out, ID, out), create(out, ID, out)].map(({ id }) => id);
    expect(ids).toEqual([ID, `${ID}-2`, `${ID}-3`]);
  } finally {
    vi.doUnmock('node:fs');
  }
});

it('a file is told by its sum once it is complete', () => {
  const folder = createRunFolder(out, ID, out);
  folder.writeWhole('inputs.json', ['[', '"ü😀"', ']\n']);
  const trace = folder.append('trace.jsonl');
  trace.write('{}\n');
  expect(readFileSync(join(folder.path, SUMS), 'utf8')).not.toContain('trace.jsonl');
  trace.write('{"a":1}\n');
  trace.close();
  const lines = readFileSync(join(folder.path, SUMS), 'utf8').trimEnd().split('\n');
  const names = ['inputs.json', 'trace.jsonl'];
  expect(lines).toEqual(names.map((name) => `${measure({ path: join(folder.path, name), name }).sum}  ${name}`));
  expect(readdirSync(folder.path).sort()).toEqual([SUMS, ...names]);
});

const read = (name: string) => [...linesOf({ path: join(out, name), name: `run/${name}` })];

it('lines come whole, wherever a chunk ends', () => {
  const lines = Array.from({ length: 9000 }, (_, i) => `${i} – ü 😀 ${'x'.repeat(i % 40)}`);
  writeFileSync(join(out, 'a'), `${lines.join('\n')}\n`);
  expect(read('a')).toEqual(lines);
});

/** A long file of zeros that takes no room. */
function sparse(path: string, size: number): void {
  writeFileSync(path, '');
  truncateSync(path, size);
}

it.each<[string, (path: string) => unknown, RegExp]>([
  ['nothing', () => undefined, /there is no a in run/],
  ['a folder', (path) => mkdirSync(path), /this is not a file|EISDIR/],
  ['a named pipe', (path) => spawnSync('mkfifo', [path]), /this is not a file/],
  ['a device without an end', (path) => symlinkSync('/dev/zero', path), /this is not a file/],
  ['more than anybody writes', (path) => sparse(path, 2 ** 32 + 1), /has more than/],
  ['a line without an end', (path) => sparse(path, 2 ** 27), /a line has more than/],
  ['no text', (path) => writeFileSync(path, Buffer.from([0xff, 0x0a])), /UTF-8/],
  ['half a character at its end', (path) => writeFileSync(path, Buffer.from([0x0a, 0xe2])), /UTF-8/],
  ['half a line at its end', (path) => writeFileSync(path, '1\n2'), /its last line is not whole/],
])('%s in place of a file is refused', (_, put, message) => {
  put(join(out, 'a'));
  expect(() => read('a')).toThrow(message);
});
