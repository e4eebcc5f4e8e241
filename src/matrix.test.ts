import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import type { RunReport } from './core/report.ts';
import { root, runDrill } from './drill-run.fixture.ts';

const folder = join(root, 'fixtures/targets/flawed');
const flawed = readdirSync(folder).map((file) => basename(file, '.ts'));
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

/** Names of the checks that found something, in any task or the drill. */
function findings(report: RunReport): string[] {
  const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
  return [...new Set(cells.filter((c) => c.verdict === 'failed').map((c) => c.check))].sort();
}

async function flawOf(name: string): Promise<string[]> {
  const module: { flaw: { check: string; also: string[] } } = await import(join(folder, `${name}.ts`));
  return [module.flaw.check, ...module.flaw.also].sort();
}

/** Lines of `b` that `a` does not have, as a multiset: what a diff would show as added. */
function added(a: string[], b: string[]): string[] {
  const left = [...a];
  return b.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

describe('the matrix', () => {
  it.each(flawed)(
    '%s is found by exactly the checks it names, on 20 seeds',
    async (name) => {
      const expected = await flawOf(name);
      for (const seed of SEEDS) {
        const { report, code } = await runDrill({ target: `fixtures/targets/flawed/${name}.ts`, seed });
        expect(findings(report), `seed ${seed}`).toEqual(expected);
        expect(code).toBe(1);
      }
    },
    60_000,
  );

  it.each(['reference', 'fixtures/targets/good.ts'])(
    '%s has no finding on 20 seeds',
    async (target) => {
      for (const seed of SEEDS) {
        const { report, code } = await runDrill({ target, seed });
        expect(findings(report), `seed ${seed}`).toEqual([]);
        expect(code).toBe(0);
      }
    },
    60_000,
  );

  it('no check can be taken out unnoticed: each is the finding that some flawed target names', async () => {
    const named = new Set((await Promise.all(flawed.map(flawOf))).flat());
    expect(catalogue.checks.map((c) => c.name).filter((name) => !named.has(name))).toEqual([]);
  });

  it.each(flawed)('%s is the good agent but for at most ten lines', (name) => {
    const good = readFileSync(join(root, 'fixtures/targets/good.ts'), 'utf8').split('\n');
    const bad = readFileSync(join(folder, `${name}.ts`), 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('export const flaw'))
      .map((line) => line.replace("'../../../src/", "'../../src/"));
    const plus = added(good, bad).filter((line) => line.trim() !== '');
    const minus = added(bad, good).filter((line) => line.trim() !== '');
    expect(plus.length + minus.length).toBeGreaterThan(0);
    expect(Math.max(plus.length, minus.length)).toBeLessThanOrEqual(10);
  });
});
