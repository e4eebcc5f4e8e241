import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { RunReport } from './core/report.ts';
import type { TraceEvent } from './core/trace.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { createDrillJudge, reportOf } from './judge/judge-drill.ts';
import { judgeOf } from './judge/judge-phases.ts';
import type { StoredInputs } from './judge/plan.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

const home = mkdtempSync(join(tmpdir(), 'drill-one-judge-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function drill(words: string[], change: Parameters<typeof fakeTerminal>[0] = {}) {
  const terminal = fakeTerminal({ cwd: root, ...change });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

let runs = 0;
/** Runs drills and leaves their folder. */
async function ran(words: string[], change: Parameters<typeof fakeTerminal>[0] = {}) {
  const out = join(home, String(++runs));
  const seen = await drill(['run', ...words, '--out', out], change);
  const folder = join(out, readdirSync(out)[0] ?? '');
  const text = readFileSync(join(folder, 'run.json'), 'utf8');
  return { ...seen, folder, text, report: RunReport.parse(JSON.parse(text)) };
}

/** Files in which a judge of this process has something, as far as the system tells. */
const leftOpen = (): string[] => {
  const { stdout } = spawnSync('ls', ['-l', `/proc/${process.pid}/fd`], { encoding: 'utf8' });
  return stdout.match(new RegExp(`/drill-${process.pid}-\\d+`, 'g')) ?? [];
};

type Stored = Awaited<ReturnType<typeof ran>>;

/** The same verdict, score and all the rest, and the same exit code. */
async function expectSame({ folder, text, code }: Stored, ...flags: string[]): Promise<void> {
  const again = await drill(['judge', folder, '--as', 'json', ...flags]);
  expect(again.err.replace(/^score .*\n/, '')).toBe('');
  expect(again.out).toBe(text);
  expect(again.code).toBe(code);
  expect(await drill(['report', folder, '--as', 'json'])).toMatchObject({ out: text, err: '' });
}

const GIVES_UP = 'fixtures/targets/flawed/gives-up.ts';
const verdicts = ({ report }: Stored) => new Set(report.drills.map((one) => one.verdict));

const asking = (name: string, tasks: number) =>
  `{ drill: ${name}, title: T, hypothesis: H, workflow: any, phases: [{ name: out, tasks: ${tasks}, faults: [{ fault: server-error, role: primary }] }], expect: { fails-over: { role: backup } } }`;

describe('a run, and its folder judged again', () => {
  it.each([
    ['fixtures/targets/good.ts', ['passed', 'not_applicable']],
    ['fixtures/targets/minimal.ts', ['failed', 'not_applicable']],
  ])('%s in every drill of the package', async (target, some) => {
    const run = await ran(['--target', target]);
    for (const verdict of some) expect(verdicts(run)).toContain(verdict);
    await expectSame(run);
  });

  it.each([
    ['timeout_primary', 'flawed/gives-up', 'failed'],
    ['rate_limit_burst', 'flawed/gives-up', 'inconclusive'],
    ['citation_quality_drop', 'flawed/drops-citations', 'inconclusive'],
    ['no_tool_support', 'flawed-orders/runs-forbidden-write', 'failed'],
  ])('%s on %s', async (name, target, verdict) => {
    const run = await ran([name, '--target', `fixtures/targets/${target}.ts`]);
    expect(run.report.verdict).toBe(verdict);
    await expectSame(run);
  });

  it('with a secret in an address that is none any more once it is hidden', async () => {
    const host = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789.example.com';
    const role = `{ provider: 'p', protocol: 'openai-chat', base_url: 'https://${host}/v1', model: 'm' }`;
    const agent = `${OWN_AGENT}\nexport const roles = { primary: ${role}, backup: { ...${role}, model: 'n' } };`;
    using project = new Project({ ...THREE_TASKS, 'drills/one.yaml': asking('one', 1), 'agent.mjs': agent });
    const run = await ran(['one', '--target', './agent.mjs', '--tasks', 'my-tasks'], { cwd: project.cwd });
    expect(readFileSync(join(run.folder, 'inputs.json'), 'utf8')).toMatch(/"base_url":"https:\/\/\[redacted/);
    await expectSame(run);
  });

  it('every drill skipped: nothing was judged, and that is no pass', async () => {
    const run = await ran(['no_tool_support', '--target', 'fixtures/targets/minimal.ts']);
    expect([run.code, run.report.drills[0]?.verdict]).toEqual([3, 'not_applicable']);
    await expectSame(run);
  });

  it('below a score, and with drills left out by --bail', async () => {
    const poor = await ran(['timeout_primary', '--target', GIVES_UP, '--min-score', '100']);
    await expectSame(poor, '--min-score', '100');
    const bailed = await ran(['timeout_primary', 'rate_limit_burst', '--bail', '--target', GIVES_UP]);
    expect(bailed.report.unfinished).toEqual(['rate_limit_burst']);
    await expectSame(bailed);
  });

  it('interrupted between two drills', async () => {
    const stop = new AbortController();
    const stdout = { write: () => stop.abort(new Error('interrupted')) };
    const run = await ran(['timeout_primary', 'rate_limit_burst'], { signal: stop.signal, stdout });
    expect([run.code, run.report.status, run.report.unfinished]).toEqual([130, 'interrupted', ['rate_limit_burst']]);
    await expectSame(run);
  });

  it.each([
    ['one after the other', ['short', 'long'], '1'],
    ['at once, where a later one is over', ['long', 'short'], '2'],
  ])('interrupted within a drill, %s', async (_, names, jobs) => {
    const stop = new AbortController();
    // In the midst of the long drill, when the players of the short one and the long one's baseline are over.
    const waiting = `import { appendFileSync, readFileSync } from 'node:fs';
      const over = new URL('over', import.meta.url);
      process.on('exit', () => appendFileSync(over, '.'));`;
    const midst =
      "if (task.id.endsWith('-120')) { while (readFileSync(over).length < 3); console.log('stop'); for (;;); }";
    using project = new Project({
      ...THREE_TASKS,
      'drills/short.yaml': asking('short', 1),
      'drills/long.yaml': asking('long', 130),
      'agent.mjs': `${waiting}\n${OWN_AGENT.replace('=> {', `=> { ${midst}`)}`,
    });
    const stderr = { write: (text: string) => void (text.includes('stop') && stop.abort(new Error('interrupted'))) };
    const at = { cwd: project.cwd, signal: stop.signal, stderr, inside: false };
    const run = await ran([...names, '--jobs', jobs, '--target', './agent.mjs', '--tasks', 'my-tasks'], at);
    expect([run.code, run.report.drills.map(({ name }) => name)]).toEqual([130, ['short']]);
    expect(leftOpen()).toEqual([]);
    await expectSame(run);
  });
});

it('a run whose target ended its process midway is judged again, as inconclusive', async () => {
  const dies = OWN_AGENT.replace('=> {', "=> { if (task.id.endsWith('-5')) process.kill(process.pid, 'SIGKILL');");
  const drills = { 'drills/one.yaml': asking('one', 3), 'drills/two.yaml': asking('two', 1) };
  using project = new Project({ ...THREE_TASKS, ...drills, 'agent.mjs': dies });
  const at = { cwd: project.cwd, inside: false };
  const run = await ran(['one', 'two', '--target', './agent.mjs', '--tasks', 'my-tasks'], at);
  expect(run.report.drills.map(({ verdict }) => verdict)).toContain('inconclusive');
  await expectSame(run);
});

it('several drills that failed are shown again with the events of each', async () => {
  const onlyPrimary = OWN_AGENT.replace('[roles.primary, roles.backup]', '[roles.primary]');
  const drills = { 'drills/one.yaml': asking('one', 1), 'drills/two.yaml': asking('two', 2) };
  using project = new Project({ ...THREE_TASKS, ...drills, 'agent.mjs': onlyPrimary });
  const at = { cwd: project.cwd };
  const run = await ran(['one', 'two', '--target', './agent.mjs', '--tasks', 'my-tasks'], at);
  expect(run.out.match(/#\d+ {2}\d+\.\d s {2}call-end/g)?.length).toBeGreaterThan(1);
  expect((await drill(['report', run.folder], at)).out.replaceAll(run.folder, '')).toBe(
    run.out.replaceAll(run.folder, ''),
  );
});

it('where drills were left out, claims that all hold are no pass', async () => {
  const twice = OWN_AGENT.replace('[roles.primary,', '[roles.primary, roles.primary,');
  const allowing = (name: string, retries: number) =>
    asking(name, 1).replace('expect: {', `expect: { retries-at-most: { retries: ${retries} },`);
  using project = new Project({
    ...{ ...THREE_TASKS, 'agent.mjs': twice },
    ...{
      'drills/one.yaml': allowing('one', 0),
      'drills/two.yaml': allowing('two', 0),
      'later/one.yaml': allowing('one', 9),
    },
  });
  const at = { cwd: project.cwd };
  const run = await ran(['one', 'two', '--bail', '--target', './agent.mjs', '--tasks', 'my-tasks'], at);
  expect([run.code, run.report.unfinished]).toEqual([1, ['two']]);
  await expectSame(run);
  const again = await drill(['judge', run.folder, '--drill', './later/one.yaml', '--as', 'json'], at);
  const { verdict, drills } = RunReport.parse(JSON.parse(again.out));
  expect([again.code, verdict, drills.map((one) => one.verdict)]).toEqual([3, 'inconclusive', ['passed']]);
});

it('a part of the events of a drill is never a pass', async () => {
  const { trace, files, report } = await runDrill({ target: 'fixtures/targets/good.ts' });
  const [inputs]: StoredInputs[] = JSON.parse(files['inputs.json'] ?? '');
  if (inputs === undefined) throw new Error('no inputs were stored');
  const verdictOf = (events: typeof trace) => reportOf({ ...inputs, checks: catalogue.checks }, events).verdict;
  expect([report.verdict, verdictOf(trace)]).toEqual(['passed', 'passed']);
  const whole = trace.findLastIndex((event) => event.kind === 'phase');
  for (const [i, event] of trace.entries())
    if (i <= whole && (event.kind === 'phase' || i % 97 === 0))
      expect(verdictOf(trace.slice(0, i)), `${i}`).not.toBe('passed');
});

it('asks of a long drill are judged as they end, and once more where one of them goes on', async () => {
  using project = new Project({ ...THREE_TASKS, 'drills/long.yaml': asking('long', 150) });
  const { trace, files } = await runDrill({ cwd: project.cwd, names: ['long'], tasks: 'my-tasks' });
  const [inputs]: StoredInputs[] = JSON.parse(files['inputs.json'] ?? '');
  if (inputs === undefined) throw new Error('no inputs were stored');
  const plan = { ...inputs, checks: catalogue.checks };
  const told = ({ tasks, ...drill }: ReturnType<typeof reportOf>) => JSON.stringify({ ...drill, tasks: [...tasks] });
  const judged = (when: Parameters<typeof judgeOf>[1], events: typeof trace) => {
    const judge = judgeOf(plan, when);
    for (const event of events) judge.see(event);
    return { tooEarly: judge.tooEarly(), report: told(judge.report()) };
  };
  const usual = judged('when it is over', trace);
  expect(judged('as they end', trace)).toEqual(usual);
  const [early, late] = [
    trace.findIndex((e) => e.kind === 'outcome' && e.phase === 'out'),
    trace.findLastIndex(isOver),
  ];
  const ending = trace[early];
  if (ending?.kind !== 'outcome') throw new Error('nothing ended');
  const { outcome, held, ...stamp } = ending;
  const goesOn = { ...stamp, kind: 'tool-result', tool: 'refund', args_hash: 'a', ok: true } as unknown as TraceEvent;
  const more = trace.toSpliced(late, 0, { ...goesOn, at: trace[late]?.at ?? 0 });
  const whole = judged('when it is over', more);
  expect(whole.report).not.toBe(usual.report);
  expect(judged('as they end', more)).toEqual({ tooEarly: true, report: usual.report });
  expect(told(reportOf(plan, more))).toBe(whole.report);
  const judgedMeanwhile = (wall?: true) => {
    const judge = createDrillJudge({ ...plan, wall });
    for (const event of trace.slice(0, late)) judge.see(event);
    return judge.justJudged().length;
  };
  expect(judgedMeanwhile()).toBeGreaterThan(100);
  // There it would take the time of those under way.
  expect(judgedMeanwhile(true)).toBe(0);
  const began = trace.findIndex((e) => e.kind === 'phase' && e.phase === 'out');
  const [line] = trace.slice(began, began + 1);
  if (line === undefined) throw new Error('no phase began');
  for (const [where, events] of Object.entries({
    twice: trace.toSpliced(late, 0, line),
    'after its asks': trace.toSpliced(late, 0, line).toSpliced(began, 1),
  })) {
    const { report } = judged('when it is over', events);
    expect(report, where).toBe(usual.report);
    expect(told(reportOf(plan, events)), where).toBe(report);
  }
});

const isOver = (event: TraceEvent) => event.kind === 'phase' && event.phase === 'out' && event.state === 'ended';
