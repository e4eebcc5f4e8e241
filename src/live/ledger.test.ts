import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Ledger } from './ledger.ts';
import { createLedgerFiles } from './ledger-files.ts';
import { MemoryFiles } from './memory-files.fixture.ts';

const reserves = (id: string) => ({ at: '', reserve: id, nano_usd: 4, cap_nano_usd: 10, role: 'r', model: 'm' });
const bytesOf = (line: object) => new TextEncoder().encode(`\n${JSON.stringify(line)}`);

it('a line that another process is still writing is read again', async () => {
  const files = new MemoryFiles();
  const ledger = new Ledger('day', files);
  const line = bytesOf(reserves('a'));
  for (const half of [line.subarray(0, 25), line.subarray(25)]) {
    files.put('day', half);
    await ledger.standing();
  }
  expect(await ledger.standing()).toEqual({ settled: 0, outstanding: 4, lines: 1 });
});

it('of two lines of one reservation the first counts, and a settlement of none counts for nothing', async () => {
  const files = new MemoryFiles();
  const settle = { at: '', settle: 'a', nano_usd: 1 };
  for (const line of [settle, reserves('a'), reserves('a'), settle, settle, reserves('a')])
    files.put('day', bytesOf(line));
  expect(await new Ledger('day', files).standing()).toMatchObject({ settled: 1, outstanding: 0 });
});

it('a ledger that was taken away or cut short is read anew', async () => {
  const home = mkdtempSync(join(tmpdir(), 'drill-ledger-'));
  try {
    const path = join(home, 'new', 'folder', 'day');
    const ledger = new Ledger(path, createLedgerFiles());
    expect(await ledger.standing()).toEqual({ settled: 0, outstanding: 0, lines: 0 });
    for (const id of ['a', 'b']) expect(await ledger.reserve(reserves(id))).toBe(true);
    expect(await ledger.reserve(reserves('c'))).toBe(false);
    writeFileSync(path, bytesOf(reserves('d')));
    expect(await ledger.standing()).toEqual({ settled: 0, outstanding: 4, lines: 1 });
    rmSync(path);
    expect(await ledger.standing()).toEqual({ settled: 0, outstanding: 0, lines: 0 });
    expect(await ledger.reserve(reserves('e'))).toBe(true);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
