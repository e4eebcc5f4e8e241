import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { RunReport } from './core/report.ts';
import { DRILLS, root, runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

const home = mkdtempSync(join(tmpdir(), 'drill-same-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function drill(words: string[]) {
  const terminal = fakeTerminal({ cwd: root });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** All that may be compared of a run: of `run.json` what stands before `about`, which says when it was. */
function told(code: number, runJson: string, trace = '') {
  const { verdict, score, drills }: RunReport = JSON.parse(runJson);
  // First, so that a difference begins with what it comes from.
  const reasons = drills.flatMap((drill) => drill.reasons);
  return { reasons, code, verdict, score, report: runJson.slice(0, runJson.lastIndexOf(',"about":')), trace };
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
  // What writes the flawed ones is no target, and neither is what the examples share.
  return files
    .filter((file) => !file.startsWith('flaw') && file !== 'support.ts')
    .map((file) => `fixtures/targets/${file}`);
}

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

describe('targets that are played apart, and one that is not', () => {
  const pids = join(home, 'pids');
  const before = process.env['NODE_OPTIONS'];
  const names = ['timeout_primary', 'all_models_down', 'citation_quality_drop'];
  // Of all but the last, which is skipped.
  const declares = "export const declares = { features: ['fallback', 'idempotency'] };";
  const [plain, typed] = [join(home, 'agent.mjs'), join(home, 'agent.ts')];

  beforeAll(() => {
    writeFileSync(plain, `${OWN_AGENT}${declares}`);
    const types = ['(task,', '(task: { input: string; sources: object[] },'] as const;
    writeFileSync(typed, `${OWN_AGENT.replace(...types)}${declares}`);
    const tell = join(home, 'tell.cjs');
    writeFileSync(tell, `require('node:fs').appendFileSync(${JSON.stringify(pids)}, process.pid + ' ');`);
    // Every process tells that it is there, whatever it plays: the target of the package has no code of ours to do so.
    process.env['NODE_OPTIONS'] = `${before ?? ''} --require ${tell}`;
  });
  afterAll(() => {
    if (before === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = before;
  });

  it.each([
    ['reference', 'reference', 0],
    ['a module in JavaScript', plain, 4],
    ['a module in TypeScript', typed, 4],
  ])('%s: the same bytes, and two processes a drill that is played', async (_, target, processes) => {
    const played = async (how: { jobs: number; stuckAfterMs?: number }) => {
      writeFileSync(pids, '');
      const { code, files, text } = await runDrill({ target, names, ...how });
      const started = new Set(readFileSync(pids, 'utf8').split(' ').filter(Boolean)).size;
      return { ...told(code, files['run.json'] ?? '', text), started };
    };
    const one = await played({ jobs: 1, stuckAfterMs: 60_000 });
    expect(one.started).toBe(processes);
    expect(await played({ jobs: 4, stuckAfterMs: 60_000 })).toEqual(one);
    if (processes > 0) expect(await played({ jobs: 1 })).toEqual({ ...one, started: 0 });
  });
});
