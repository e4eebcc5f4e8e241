import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import '../../drill-run.fixture.ts';
import type { Detail, Row } from '../../page/data.ts';
import { dataIn } from '../../reporters/html/read-page.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';

const { main } = await import('../main.ts');

const cwd = mkdtempSync(join(tmpdir(), 'drill-open-'));
const bin = join(cwd, 'bin');
const seen = join(cwd, 'seen');

async function drill(words: string[], env: Record<string, string> = {}) {
  const terminal = fakeTerminal({ cwd, env });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

beforeAll(async () => {
  mkdirSync(bin);
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > '${seen}.part' && mv '${seen}.part' '${seen}'\n`);
  chmodSync(join(bin, 'xdg-open'), 0o755);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe('drill open', () => {
  it('says so where there is no run yet', async () => {
    expect(await drill(['open'])).toMatchObject({ code: 2, err: expect.stringContaining('there is no run yet') });
  });

  it('makes the page of the latest run, tells its path, and hands it to what the system opens files with', async () => {
    await drill(['run', 'timeout_primary', '--out', 'reports']);
    const [name = ''] = readdirSync(join(cwd, 'reports'));
    const path = join('reports', name, 'report.html');
    expect(await drill(['open'])).toEqual({ code: 0, out: `${path}\n`, err: '' });
    const page = readFileSync(join(cwd, path), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    // What its breaker did is seen in the calls: it opens, the role is left alone, tried again, and replies.
    const data = dataIn(page);
    const details = data.get('d0') as Detail[];
    const steps = (data.get('rows') as Row[]).map(({ phase, detail }) => {
      const breakers = details[detail]?.breakers ?? [];
      const told = breakers.flatMap(({ role, steps: all }) => all.map(({ state }) => `${role} ${state}`));
      return `${phase}: ${told.join(', ')}`;
    });
    expect([...new Set(steps)]).toEqual([
      'slow_and_well: ',
      'outage: ',
      'outage: primary alone',
      'still_out: primary alone',
      'all_out: primary alone',
      'healed: primary alone, primary tried, primary closed',
      'healed: ',
    ]);
    const env = { DISPLAY: ':9', PATH: `${bin}:${process.env['PATH']}` };
    expect((await drill(['open', join('reports', name)], env)).code).toBe(0);
    await vi.waitUntil(() => readdirSync(cwd).includes('seen'), { timeout: 60_000, interval: 20 });
    expect(readFileSync(seen, 'utf8')).toBe(join(cwd, path));
  });

  it('is what the run itself would have written, and drill report prints', async () => {
    await drill(['run', 'timeout_primary', '--out', 'own', '--reporter', 'html']);
    const folder = join('own', readdirSync(join(cwd, 'own'))[0] ?? '');
    const own = readFileSync(join(cwd, folder, 'report.html'), 'utf8');
    expect((await drill(['report', folder, '--as', 'html'])).out).toBe(own);
    expect((await drill(['open', folder, '--no-browser'], { DISPLAY: ':9', PATH: bin })).out).toContain(folder);
    expect(readFileSync(join(cwd, folder, 'report.html'), 'utf8')).toBe(own);
  });

  it('--no-bodies: a page all the same, which says that nothing was kept', async () => {
    await drill(['run', 'timeout_primary', '--out', 'none', '--no-bodies']);
    const folder = join('none', readdirSync(join(cwd, 'none'))[0] ?? '');
    expect(readdirSync(join(cwd, folder))).not.toContain('bodies.jsonl');
    expect((await drill(['report', folder, '--as', 'html'])).out).toContain('was not kept in this run');
  });

  it('--against: the page of drill diff, in the folder of the later run', async () => {
    for (const seed of ['1', '2']) await drill(['run', 'timeout_primary', '--out', 'two', '--seed', seed]);
    const [, now = ''] = readdirSync(join(cwd, 'two')).sort();
    const opened = await drill(['open', '--out', 'two', '--against', 'previous']);
    expect(opened).toEqual({ code: 0, out: `${join('two', now, 'diff.html')}\n`, err: '' });
    const { out } = await drill(['diff', '--out', 'two', '--as', 'html']);
    expect(readFileSync(join(cwd, 'two', now, 'diff.html'), 'utf8')).toBe(out);
    expect(out).toContain('seed: 1 before, 2 now');
    expect(await drill(['open', '--out', 'two', '--against', 'nowhere'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no nowhere'),
    });
  });
});
