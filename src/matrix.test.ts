import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import type { RunReport } from './core/report.ts';
import { cellsOf, DRILLS, root, runDrill } from './drill-run.fixture.ts';

/** More of them: MATRIX_SEEDS=50 npx vitest run src/matrix.test.ts --testTimeout 0 */
const MORE = process.env['MATRIX_SEEDS'];
const seeds = (usual: number) => Array.from({ length: Number(MORE ?? usual) }, (_, i) => i + 1);
/** That a good agent passes shows on many seeds, that a flaw is found on one. */
const SEEDS = { good: seeds(2), flawed: seeds(1) };

interface Flaw {
  /** Where it shows. */
  drill: string;
  check: string;
  also: string[];
}

/** The good agents by the folders of their flawed copies: of the support agent, and of the one for all three workflows. */
const ORIGINALS = { flawed: 'good.ts', 'flawed-orders': 'good-orders.ts' };
/** Nothing where they are not written yet: the first test below says so. */
const FLAWED = readdirSync(join(root, 'fixtures/targets'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /^flawed.*[\\/]/.test(file))
  .map((file) => `fixtures/targets/${file.replaceAll('\\', '/')}`);
const GOOD = ['reference', 'fixtures/targets/good.ts', 'fixtures/targets/good-orders.ts'];

/** Names of the checks with a finding of weight, in any task or the drill. */
function findings(report: RunReport): string[] {
  const cells = cellsOf(report);
  const found = cells.filter((c) => c.verdict === 'failed' && c.severity !== 'minor');
  return [...new Set(found.map((c) => c.check))].sort();
}

async function flawOf(path: string): Promise<Flaw> {
  const { flaw }: { flaw: Flaw } = await import(join(root, path));
  return flaw;
}

const named = ({ check, also }: Flaw) => [...new Set([check, ...also])].sort();

/** Every drill on a good agent; the same run is looked at from more than one side. */
const runs = new Map<string, ReturnType<typeof runDrill>>();
function onGood(target: string, seed: number): ReturnType<typeof runDrill> {
  const run = runs.get(`${target} ${seed}`) ?? runDrill({ names: DRILLS, target, seed });
  runs.set(`${target} ${seed}`, run);
  return run;
}

describe('the matrix', () => {
  it.each(FLAWED)('%s is found by exactly the checks it names', async (path) => {
    const flaw = await flawOf(path);
    for (const seed of SEEDS.flawed) {
      const { report, code } = await runDrill({ names: [flaw.drill], target: path, seed });
      expect(findings(report), `${flaw.drill}, seed ${seed}`).toEqual(named(flaw));
      expect(code).toBe(1);
    }
  });

  it.each(GOOD)('%s has no finding in any drill', async (target) => {
    const rows = [];
    for (const seed of SEEDS.good) {
      const { report, code } = await onGood(target, seed);
      expect(findings(report), `seed ${seed}`).toEqual([]);
      expect(code, `seed ${seed}`).toBe(0);
      expect(
        report.drills.flatMap((d) => d.words.unread),
        `seed ${seed}`,
      ).toEqual([]);
      rows.push(report.drills.map((d) => `${d.name} ${d.verdict}`).join(', '));
    }
    console.log(`${target}, ${SEEDS.good.length} seeds: ${[...new Set(rows)].join(' | ')}`);
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
    const { report } = await onGood('reference', 1);
    const cells = cellsOf(report);
    const judged = new Set(cells.filter((c) => c.verdict === 'passed').map((c) => c.check));
    expect(catalogue.checks.map((c) => c.name).filter((name) => !judged.has(name))).toEqual([]);
  });
});

describe('the flawed targets', () => {
  const targets = join(root, 'fixtures/targets');
  const flaw = (folder: string, ...flags: string[]) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(folder, 'flaw.mjs'), ...flags]);
    return { said: `${stdout}${stderr}`, status };
  };

  it('are not stale: `node fixtures/targets/flaw.mjs` writes them anew', () => {
    expect(flaw(targets, '--check')).toEqual({ said: '', status: 0 });
  });

  it.each(Object.values(ORIGINALS))('%s needs nothing that is not installed with the package', (original) => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const imports = [...readFileSync(join(targets, original), 'utf8').matchAll(/^import (?!type).* from '([^']+)'/gm)];
    const needed = imports.map(([, name = '']) => name).filter((name) => !isBuiltin(name));
    expect(needed.filter((name) => !Object.hasOwn(dependencies, name))).toEqual([]);
  });

  it.each(Object.entries(ORIGINALS))(
    '%s/*.ts differ from %s by at most ten lines, and by at least one',
    (folder, original) => {
      const good = readFileSync(join(targets, original), 'utf8').split(/\r?\n/);
      for (const path of FLAWED.filter((one) => one.includes(`/${folder}/`))) {
        const bad = readFileSync(join(root, path), 'utf8')
          .replace(/export const flaw = \{[\s\S]*?\n\}; \/\/.*\n/, '')
          .replaceAll("'../../../src/", "'../../src/")
          .split('\n');
        const [plus, minus] = [added(good, bad), added(bad, good)];
        expect(plus.length + minus.length, path).toBeGreaterThan(0);
        expect(Math.max(plus.length, minus.length), path).toBeLessThanOrEqual(10);
      }
    },
  );

  it('an edit whose place in the good agent is gone, or is there twice, is an error that names the flaw', () => {
    const copy = mkdtempSync(join(tmpdir(), 'drill-flaws-'));
    try {
      cpSync(targets, copy, { recursive: true });
      const good = readFileSync(join(targets, 'good.ts'), 'utf8');
      for (const [times, text] of ['', good, good + good].entries()) {
        writeFileSync(join(copy, 'good.ts'), text);
        const { said, status } = flaw(copy);
        const told = `flawed/canned-answer.ts: in good.ts this has to stand once, and stands ${times} times:`;
        expect([status, said.includes(told)]).toEqual(times === 1 ? [0, false] : [1, true]);
      }
    } finally {
      rmSync(copy, { recursive: true });
    }
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
