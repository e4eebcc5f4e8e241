import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Scratch } from '../config/scratch.fixture.ts';
import { main } from './main.ts';
import { fakeTerminal } from './terminal.fixture.ts';

const DAYS = ['01', '02', '03', '04'];
const nameOf = (day: string) => `2026-01-${day}T12-00-00-timeout_primary`;

function stage(config?: string) {
  const scratch = new Scratch();
  for (const day of DAYS) scratch.write(`reports/${nameOf(day)}/trace.jsonl`, '{}\n');
  scratch.write('reports/notes/trace.jsonl', 'mine');
  scratch.write('reports/2020-01-01T12-00-00-not_a_run/letter.txt', 'mine');
  if (config !== undefined) scratch.write('drill.config.yaml', config);
  const drill = async (...words: string[]) => {
    const terminal = fakeTerminal({ cwd: scratch.dir });
    const code = await main(['node', 'drill', 'prune', ...words], terminal);
    return { code, out: terminal.out(), err: terminal.err() };
  };
  return { scratch, drill, left: () => readdirSync(join(scratch.dir, 'reports')).sort() };
}

test('removes the oldest runs and nothing else', async () => {
  const { drill, left, scratch } = stage();
  mkdirSync(join(scratch.dir, 'elsewhere'));
  symlinkSync(join(scratch.dir, 'elsewhere'), join(scratch.dir, 'reports', '2019-01-01T12-00-00-linked'));
  expect(await drill('--keep', '1')).toMatchObject({
    code: 0,
    out: expect.stringContaining('3 of 4 runs gone, 1 kept'),
  });
  expect(left()).toEqual(['2019-01-01T12-00-00-linked', '2020-01-01T12-00-00-not_a_run', nameOf('04'), 'notes'].sort());
});

test('keeps what the configuration says, and only shows what would go', async () => {
  const { drill, left } = stage('reports: { keep: 2 }\n');
  const before = left();
  expect((await drill('--dry-run')).out).toContain(`would remove reports/${nameOf('01')}`);
  expect(left()).toEqual(before);
  await drill();
  expect(left()).not.toContain(nameOf('02'));
  expect(left()).toContain(nameOf('03'));
});

test('without a number it removes nothing', async () => {
  const { drill, scratch } = stage();
  expect(await drill()).toMatchObject({ code: 2, err: expect.stringContaining('--keep 20') });
  expect(existsSync(join(scratch.dir, 'reports', nameOf('01')))).toBe(true);
});
