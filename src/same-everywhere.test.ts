import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { RunReport } from './core/report.ts';
import { DRILLS, root } from './drill-run.fixture.ts';
import { compiler, evaluateAnew } from './targets/evaluate.ts';
import { told } from './told-run.fixture.ts';
import { createVirtualWorld } from './world/index.ts';

const { main } = await import('./cli/main.ts');

const home = mkdtempSync(join(tmpdir(), 'drill-same-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function drill(words: string[]) {
  const terminal = fakeTerminal({ cwd: root });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

let runs = 0;
async function ran(...words: string[]) {
  const out = join(home, String(++runs));
  const { code } = await drill(['run', ...words, '--out', out]);
  const folder = join(out, readdirSync(out)[0] ?? '');
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const runJson = read('run.json');
  const { drills } = RunReport.parse(JSON.parse(runJson));
  return { folder, runJson, drills: drills.map(({ name }) => name), told: told(code, runJson, read('trace.jsonl')) };
}

const ALL = DRILLS;
/** Of the flawed ones one of each folder; what takes longest is left to the good agent it is made of. */
const TARGETS: [string, string[]][] = [
  ...[...Object.keys(catalogue.builtinTargets), ...targetFiles()].map((target): [string, string[]] => [
    target,
    // One drill shows it for those that differ in their SDK alone.
    /-agent\.ts$/.test(target) ? ['timeout_primary'] : ALL,
  ]),
  ['fixtures/targets/flawed/gives-up.ts', ALL],
  ['fixtures/targets/flawed-orders/runs-forbidden-write.ts', ['invalid_schema_backup', 'no_tool_support']],
];

function targetFiles(): string[] {
  const files = readdirSync(join(root, 'fixtures/targets')).filter((file) => /\.[cm]?[jt]s$/.test(file));
  // What writes the flawed ones is no target, nor what the examples share, nor what serves another module over lines.
  return files
    .filter((file) => !file.startsWith('flaw') && !['support.ts', 'over-lines.mjs'].includes(file))
    .map((file) => `fixtures/targets/${file}`);
}

/**
 * A package is evaluated once a process, and @openai/agents sets a timer then, and again each five seconds, also where its
 * tracing is off: whatever world runs at such a moment is told of it. Set in a world that is over it never fires. Where the
 * command plays a user's module, each world has a process of its own.
 */
beforeAll(async () => {
  await compiler();
  const world = createVirtualWorld({ seed: 1, epochMs: 0, fetch, onRealIo() {} });
  await world.run(() => evaluateAnew(join(root, 'fixtures/targets/openai-agents-agent.ts')));
});

describe('drills of the package, one by one, several at once, and judged again', () => {
  it.each(TARGETS)('%s: one verdict, one score, the same bytes', async (target, names) => {
    const one = await ran(...names, '--target', target);
    expect(one.drills).toEqual(names);
    const four = await ran(...names, '--target', target, '--jobs', '4');
    expect(four.told).toEqual(one.told);
    const again = await drill(['judge', one.folder, '--as', 'json']);
    expect(again.err).toBe('');
    expect(again.out).toBe(one.runJson);
    expect(again.code).toBe(one.told.code);
  });
});
