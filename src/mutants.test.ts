import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ran, root, runDrill } from './drill-run.fixture.ts';
import { MUTANTS, type Mutant } from './mutants.fixture.ts';
import { Project } from './project.fixture.ts';

/** The reference and what it stands on, as files of somebody's project. */
const FILES = Object.fromEntries(
  ['core', 'protocols', 'runtime'].flatMap((room) =>
    readdirSync(join(root, 'src', room), { encoding: 'utf8', recursive: true })
      .filter((name) => name.endsWith('.ts') && !/\.(?:test|fixture)\.ts$/.test(name))
      .map((name) => [`src/${room}/${name}`, readFileSync(join(root, 'src', room, name), 'utf8')]),
  ),
);
const DRILLS = readdirSync(join(root, 'drills')).map((file) => file.replace(/\.\w+$/, ''));

const textOf = ({ file }: Mutant) => FILES[`src/runtime/${file}`] ?? expect.fail(`there is no src/runtime/${file}`);
const mutated = (mutant: Mutant) => textOf(mutant).replace(mutant.find, () => mutant.replace);

async function drillCopy(names: string[], changed: Record<string, string> = {}): Promise<Ran> {
  using project = new Project({ ...FILES, ...changed });
  return await runDrill({ cwd: project.cwd, names, target: './src/runtime/reference.ts', seed: 1 });
}

const cellsOf = ({ report }: Ran) => report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
/** Findings that fail a drill. */
const grave = (ran: Ran) => [
  ...new Set(
    cellsOf(ran)
      .filter((c) => c.verdict === 'failed' && c.severity !== 'minor')
      .map((c) => c.check),
  ),
];

describe('the reference failover with one line changed', () => {
  it('unchanged, a copy of it passes every drill', async () => {
    const ran = await drillCopy(DRILLS);
    expect([ran.code, grave(ran)]).toEqual([0, []]);
  });

  it.each(MUTANTS)('$name: $drill finds it by $check', async (mutant) => {
    const ran = await drillCopy([mutant.drill], { [`src/runtime/${mutant.file}`]: mutated(mutant) });
    if (process.env['V']) {
      console.log(
        mutant.name,
        ran.code,
        ran.report.drills[0]?.reasons.map((r) => r.reason),
      );
      const some = [
        ...(ran.report.drills[0]?.checks ?? []).map((c) => ({ ...c, task: '*', phase: '*' })),
        ...(ran.report.drills[0]?.tasks ?? []).flatMap((t) =>
          t.checks.map((c) => ({ ...c, task: t.task, phase: t.phase })),
        ),
      ];
      console.log(
        [
          ...new Set(
            some.filter((c) => c.verdict === 'failed').map((c) => `${c.check} ${c.phase}/${c.task}: ${c.reason}`),
          ),
        ]
          .slice(0, 12)
          .join('\n'),
      );
    }
    expect(grave(ran)).toContain(mutant.check);
    expect(ran.code).toBe(1);
  });
});
