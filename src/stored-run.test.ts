import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { RunReport } from './core/report.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

const timeoutPrimary = readFileSync(join(root, 'drills/timeout_primary.yaml'), 'utf8');
const named = (name: string, change = (text: string) => text) =>
  change(timeoutPrimary.replace('drill: timeout_primary', `drill: ${name}`));

describe('drills at once', () => {
  const files = Object.fromEntries(
    ['one', 'two', 'three'].map((name, i) => [
      `drills/${name}.yaml`,
      named(name, (text) => (i === 1 ? text.replaceAll('fault: hang', 'fault: server-error') : text)),
    ]),
  );

  it('-j 4 writes the bytes of -j 1, events and reports', async () => {
    using project = new Project(files);
    const names = ['one', 'two', 'three'];
    const [a, b] = [await runDrill({ cwd: project.cwd, names }), await runDrill({ cwd: project.cwd, names, jobs: 4 })];
    expect(a.text).toBe(b.text);
    expect(a.files['bodies.jsonl']).toBe(b.files['bodies.jsonl']);
    expect({ ...a.report, about: null }).toEqual({ ...b.report, about: null });
    expect(a.trace.map((e) => e.seq)).toEqual(a.trace.map((_, i) => i));
    expect(a.report.drills.map((d) => d.name)).toEqual(names);
  });

  it('--bail stops after the first that failed, however many run at once', async () => {
    using project = new Project(files);
    const request = {
      cwd: project.cwd,
      names: ['one', 'two'],
      bail: true,
      target: join(root, 'fixtures/targets/flawed/gives-up.ts'),
    };
    const [a, b] = [await runDrill(request), await runDrill({ ...request, jobs: 2 })];
    expect(a.report.drills.map((d) => d.name)).toEqual(['one']);
    expect(a.text).toBe(b.text);
  });

  it('--tag takes the drills that have it, --min-score gates', async () => {
    using project = new Project(files);
    const tagged = await drill(project.cwd, 'run', '--tag', 'cor');
    expect(tagged).toMatchObject({ code: 2, err: expect.stringContaining('core') });
    const gated = await drill(project.cwd, 'run', 'one', '--target', 'reference', '--min-score', '100');
    expect(gated).toMatchObject({ code: 0, err: '' });
  });
});

describe('a stored run', () => {
  let cwd: string;
  let run: string;
  let shown: string;
  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'drill-stored-'));
    const ran = await drill(cwd, 'run', 'timeout_primary');
    shown = ran.out;
    run = join('reports', readdirSync(join(cwd, 'reports'))[0] ?? '');
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it('is shown again as it was', async () => {
    expect(await drill(cwd, 'report', run)).toEqual({ code: 0, out: shown, err: '' });
    const markdown = await drill(cwd, 'report', run, '--as', 'markdown');
    expect(markdown.out).toBe(readFileSync(join(cwd, run, 'report.md'), 'utf8'));
    expect((await drill(cwd, 'report', run, '--as', 'jnuit')).err).toContain('junit');
  });

  it('is judged again: the same without a change', async () => {
    const again = await drill(cwd, 'judge', run, '--as', 'json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toEqual(
      RunReport.parse(JSON.parse(readFileSync(join(cwd, run, 'run.json'), 'utf8'))),
    );
  });

  it('the verdict follows a stricter threshold and a removed check', async () => {
    writeFileSync(
      join(cwd, 'timeout_primary.yaml'),
      timeoutPrimary.replace('fails-over: {}', 'fails-over: { within_ms: 1000 }'),
    );
    const stricter = await drill(cwd, 'judge', run, '--drill', './timeout_primary.yaml');
    expect(stricter.code).toBe(1);
    expect(stricter.out).toMatch(/backup reached after \d\.\d s, 1\.0 s allowed/);
    writeFileSync(join(cwd, 'timeout_primary.yaml'), timeoutPrimary.replace(/ {2}fails-over: .*\n/, ''));
    const removed = await drill(cwd, 'judge', run, '--drill', './timeout_primary.yaml', '--as', 'json');
    expect(removed.code).toBe(0);
    const [judged] = RunReport.parse(JSON.parse(removed.out)).drills;
    const checks = judged?.tasks.flatMap((t) => t.checks.map((c) => c.check)) ?? [];
    expect(checks).toContain('retries-at-most');
    expect(checks).not.toContain('fails-over');
  });

  it('of another version is refused, with a fix', async () => {
    cpSync(join(cwd, run), join(cwd, 'old'), { recursive: true });
    const stored = readFileSync(join(cwd, run, 'run.json'), 'utf8');
    writeFileSync(join(cwd, 'old/run.json'), stored.replace('drill.run/2', 'drill.run/9'));
    expect(await drill(cwd, 'judge', 'old')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/drill\.run\/9.*\n.*old\/run\.json\n.*fix/),
    });
  });

  it('whose trace was cut off, or has a line that is none, is refused, as is what is no run', async () => {
    cpSync(join(cwd, run), join(cwd, 'cut'), { recursive: true });
    const trace = readFileSync(join(cwd, run, 'trace.jsonl'), 'utf8');
    for (const text of [trace.slice(0, trace.length - 30), trace.replace('\n', '\n{"seq": 1,\n')]) {
      writeFileSync(join(cwd, 'cut/trace.jsonl'), text);
      for (const command of ['report', 'judge', 'notices'])
        expect(await drill(cwd, command, 'cut')).toEqual({
          code: 2,
          out: '',
          err: expect.stringMatching(/^error: the stored run is damaged: .*\n {2}at cut\/trace\.jsonl\n {2}fix: /),
        });
    }
    rmSync(join(cwd, 'cut/trace.jsonl'));
    expect((await drill(cwd, 'report', 'cut')).err).toMatch(/^error: there is no trace\.jsonl in cut\n/);
    expect(await drill(cwd, 'report', 'nowhere')).toMatchObject({ code: 2, err: expect.stringContaining('nowhere') });
  });
});
