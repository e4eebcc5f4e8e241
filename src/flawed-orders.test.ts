import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const targets = join(import.meta.dirname, '../fixtures/targets');
const linesOf = (file: string) => readFileSync(join(targets, file), 'utf8').split('\n');

describe('the flawed targets that are written from good-orders.ts', () => {
  it('are not stale: `node fixtures/targets/flaw.mjs` writes them anew', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(targets, 'flaw.mjs'), '--check']);
    expect(`${stdout}${stderr}`).toBe('');
    expect(status).toBe(0);
  });

  it.each(readdirSync(join(targets, 'flawed-orders')))('%s is the good one but for at most ten lines', (name) => {
    const text = readFileSync(join(targets, 'flawed-orders', name), 'utf8')
      .replace(/export const flaw = \{[\s\S]*?\n\}; \/\/.*\n/, '')
      .replaceAll("'../../../src/", "'../../src/");
    const [good, bad] = [linesOf('good-orders.ts'), text.split('\n')];
    const [plus, minus] = [added(good, bad), added(bad, good)];
    expect(plus.length + minus.length).toBeGreaterThan(0);
    expect(Math.max(plus.length, minus.length)).toBeLessThanOrEqual(10);
  });
});

/** Lines of `b` that `a` does not have, as a multiset: what a diff would show as added. */
function added(a: string[], b: string[]): string[] {
  const left = [...a];
  return b.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
