import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Scratch } from '../config/scratch.fixture.ts';

const root = join(import.meta.dirname, '../..');

test.each(['--version', '-v'])('drill %s loads nothing of the house', (flag) => {
  using scratch = new Scratch();
  for (const name of ['bin', 'package.json']) cpSync(join(root, name), join(scratch.dir, name), { recursive: true });
  const out = execFileSync(process.execPath, [join(scratch.dir, 'bin/drill.js'), flag], { encoding: 'utf8' });
  expect(out).toBe(`${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}\n`);
});
