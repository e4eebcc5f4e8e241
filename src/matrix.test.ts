import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { listDrills } from './config/find.ts';
import type { RunReport } from './core/report.ts';
import { root, runDrill } from './drill-run.fixture.ts';

/** More of them: MATRIX_SEEDS=50 npx vitest run src/matrix.test.ts */
const COUNT = Number(process.env['MATRIX_SEEDS'] ?? 5);
const SEEDS = Array.from({ length: COUNT }, (_, i) => i + 1);
const DRILLS = listDrills(root).map((d) => d.name);

interface Flaw {
  /** Where it shows. */
  drill: string;
  check: string;
  also: string[];
}

/** The flawed copies of the support agent and of the agent for all three workflows. */
const FLAWED = ['flawed', 'flawed-orders'].flatMap((folder) =>
  readdirSync(join(root, 'fixtures/targets', folder)).map((file) => `fixtures/targets/${folder}/${file}`),
);
const GOOD = ['reference', 'fixtures/targets/good.ts', 'fixtures/targets/good-orders.ts'];

/** Names of the checks with a finding of weight, in any task or the drill. */
function findings(report: RunReport): string[] {
  const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
  const found = cells.filter((c) => c.verdict === 'failed' && c.severity !== 'minor');
  return [...new Set(found.map((c) => c.check))].sort();
}

async function flawOf(path: string): Promise<Flaw> {
  const { flaw }: { flaw: Partial<Flaw> & { check: string; also: string[] } } = await import(join(root, path));
  return { drill: 'timeout_primary', ...flaw };
}

const named = ({ check, also }: Flaw) => [...new Set([check, ...also])].sort();

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
  it.each(FLAWED)('%s is found by exactly the checks it names', { timeout: 120_000 }, async (path) => {
    const flaw = await flawOf(path);
    for (const seed of SEEDS) {
      const { report, code } = await runDrill({ names: [flaw.drill], target: path, seed });
      expect(findings(report), `${flaw.drill}, seed ${seed}`).toEqual(named(flaw));
      expect(code).toBe(1);
    }
  });

  it.each(GOOD)('%s has no finding in any drill', { timeout: 600_000 }, async (target) => {
    const rows = [];
    for (const seed of SEEDS) {
      const { report, code } = await runDrill({ names: DRILLS, target, seed });
      expect(findings(report), `seed ${seed}`).toEqual([]);
      expect(code, `seed ${seed}`).toBe(0);
      rows.push(report.drills.map((d) => `${d.name} ${d.verdict}`).join(', '));
    }
    console.log(`${target}, ${COUNT} seeds: ${[...new Set(rows)].join(' | ')}`);
  });

  it('prints which drill finds what', async () => {
    const flaws = await Promise.all(
      FLAWED.map(async (path) => ({ name: basename(path, '.ts'), ...(await flawOf(path)) })),
    );
    const lines = DRILLS.flatMap((drill) => [
      drill,
      ...flaws.filter((f) => f.drill === drill).map((f) => `  ${f.name.padEnd(28)} ${named(f).join(', ')}`),
    ]);
    console.log(lines.join('\n'));
    for (const { drill } of flaws) expect(DRILLS).toContain(drill);
    for (const drill of DRILLS) expect(flaws.some((f) => f.drill === drill)).toBe(true);
  });

  it('no check can be taken out unnoticed: each is the finding that some flawed target names', async () => {
    const all = new Set((await Promise.all(FLAWED.map(flawOf))).flatMap(named));
    expect(catalogue.checks.map((c) => c.name).filter((name) => !all.has(name))).toEqual([]);
  });

  it('of every check, something is judged on the reference', async () => {
    const { report } = await runDrill({ names: DRILLS, target: 'reference' });
    const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
    const judged = new Set(cells.filter((c) => c.verdict === 'passed').map((c) => c.check));
    expect(catalogue.checks.map((c) => c.name).filter((name) => !judged.has(name))).toEqual([]);
  });

  it.each(FLAWED.filter((path) => path.includes('/flawed/')))(
    '%s is the good agent but for at most ten lines',
    (path) => {
      const good = readFileSync(join(root, 'fixtures/targets/good.ts'), 'utf8').split('\n');
      const bad = readFileSync(join(root, path), 'utf8')
        .split('\n')
        .filter((line) => !line.startsWith('export const flaw'))
        .map((line) => line.replace("'../../../src/", "'../../src/"));
      const plus = added(good, bad).filter((line) => line.trim() !== '');
      const minus = added(bad, good).filter((line) => line.trim() !== '');
      expect(plus.length + minus.length).toBeGreaterThan(0);
      expect(Math.max(plus.length, minus.length)).toBeLessThanOrEqual(10);
    },
  );
});
