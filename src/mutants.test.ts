import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DRILLS, type Ran, root, runDrill } from './drill-run.fixture.ts';
import { MUTANTS, type Mutant } from './mutants.fixture.ts';
import { Project } from './project.fixture.ts';

/** The reference and what it stands on, as files of somebody's project. */
const FILES = Object.fromEntries(
  ['core', 'text', 'protocols', 'runtime'].flatMap((room) =>
    readdirSync(join(root, 'src', room), { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/.test(name))
      .map((name) => [`src/${room}/${name}`, readFileSync(join(root, 'src', room, name), 'utf8')]),
  ),
);

const textOf = ({ file }: Mutant) => FILES[`src/runtime/${file}`] ?? expect.fail(`there is no src/runtime/${file}`);
const mutated = (mutant: Mutant) => textOf(mutant).replace(mutant.find, () => mutant.replace);

/** A copy of the reference; one for all, because what compiles a user's files remembers them by their paths. */
const copy = new Project(FILES);
afterAll(() => copy[Symbol.dispose]());

const drillCopy = (names: string[]) =>
  runDrill({ cwd: copy.cwd, names, target: './src/runtime/reference.ts', seed: 1 });

async function drillMutant(mutant: Mutant): Promise<Ran> {
  const file = join(copy.cwd, 'src/runtime', mutant.file);
  writeFileSync(file, mutated(mutant));
  try {
    return await drillCopy([mutant.drill]);
  } finally {
    writeFileSync(file, textOf(mutant));
  }
}

/** The checks that failed a drill. */
function findings({ report }: Ran): string[] {
  const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
  const grave = cells.filter((c) => c.verdict === 'failed' && c.severity !== 'minor');
  return [...new Set(grave.map((c) => c.check))].sort();
}

describe('the reference failover with one line changed', () => {
  it('unchanged, a copy of it passes every drill', async () => {
    const ran = await drillCopy(DRILLS);
    expect([ran.code, findings(ran)]).toEqual([0, []]);
  });

  it.each(MUTANTS)('$name: found by $check in $drill', async (mutant) => {
    const ran = await drillMutant(mutant);
    expect(findings(ran)).toContain(mutant.check);
    expect(ran.code).toBe(1);
  });

  it.each(MUTANTS)('$name: only one line differs', (mutant) => {
    expect(textOf(mutant).split(mutant.find)).toHaveLength(2);
    const [before, after] = [textOf(mutant).split('\n'), mutated(mutant).split('\n')];
    expect(after).toHaveLength(before.length);
    expect(after.filter((line, i) => line !== before[i])).toHaveLength(1);
  });
});
