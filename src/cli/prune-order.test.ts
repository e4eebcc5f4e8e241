import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Scratch } from '../config/scratch.fixture.ts';
import { main } from './main.ts';
import { fakeTerminal } from './terminal.fixture.ts';

test('runs of one second go in the order of their numbers, whatever runs there are of other seconds', async () => {
  using scratch = new Scratch();
  const second = (n: number) => `2026-01-02T12-00-00-all${n === 1 ? '' : `-${n}`}`;
  const names = [
    '2026-01-01T12-00-00-all-99',
    ...Array.from({ length: 12 }, (_, i) => second(i + 1)),
    '2026-01-02T12-00-01-all',
  ];
  for (const name of names) scratch.write(`reports/${name}/trace.jsonl`, '{}\n');
  const terminal = fakeTerminal({ cwd: scratch.dir });
  expect(await main(['node', 'drill', 'prune', '--keep', '3'], terminal)).toBe(0);
  expect(terminal.out()).toMatch(/all-2\n(?:.*\n)*.*all-9\n.*all-10\n/);
  expect(readdirSync(join(scratch.dir, 'reports')).sort()).toEqual([second(11), second(12), '2026-01-02T12-00-01-all']);
});
