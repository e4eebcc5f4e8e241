import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { RunReport } from './core/report.ts';
import { TraceEvent } from './core/trace.ts';
import { root } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { engage } from './stopping/lever.ts';
import { createWallClock } from './world/index.ts';

const { main } = await import('./cli/main.ts');
const clock = createWallClock();

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

/**
 * Two roles in turn. `SPOILT` once the primary has failed it, it fails whatever it is asked; `held` says that it waits for
 * the backup; `DIES` is the end of its process.
 */
const AGENT = `import { writeFileSync } from 'node:fs';
const post = async (role, task) => {
  const body = JSON.stringify({ model: role.model, messages: [{ role: 'user', content: task.input }] });
  const reply = await fetch(role.base_url + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!reply.ok) throw new Error('status ' + reply.status);
  return (await reply.json()).choices[0].message.content;
};
let failed = false;
export default async (task, { roles }) => {
  try {
    const answer = await post(roles.primary, task);
    return failed && process.env.SPOILT ? { kind: 'failed' } : answer;
  } catch {
    failed = true;
    if (process.env.DIES) process.exit(3);
    if (process.env.HELD) writeFileSync(process.env.HELD, '');
    return post(roles.backup, task);
  }
};
`;
const role = (model: string) => ({
  ...{ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model },
});
const command = [process.execPath, join(root, 'fixtures/targets/over-lines.mjs'), './agent.mjs'];
const declares = { features: ['fallback'], chain: ['primary', 'backup'] };
const targets = Object.fromEntries(
  Object.entries({ sound: { HELD: 'held' }, spoilt: { SPOILT: '1' }, dies: { DIES: '1' } }).map(([name, env]) => [
    name,
    { command, env, lives: 'run', declares },
  ]),
);
const CONFIG = { roles: { primary: role('gpt-5-mini'), backup: role('gpt-5-nano') }, targets };

interface Wanted {
  phases: string[];
  stop?: object[];
  /** Of the configuration. */
  always?: object[];
}
const DOWN = (role: string, fault = 'server-error') => `{ fault: ${fault}, role: ${role} }`;

const project = ({ phases, stop = [], always = [] }: Wanted) =>
  new Project({
    'agent.mjs': AGENT,
    'tasks/hours.json': '{ "name": "hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }',
    'drill.config.yaml': stringify({ ...CONFIG, ...(always.length > 0 && { stop: always }) }),
    'mine.yaml': `drill: mine
title: The primary fails
hypothesis: The backup answers in its place.
workflow: support-answer
stop: ${JSON.stringify(stop)}
phases: [${phases.join(', ')}]
expect: { fails-over: {} }
`,
  });

/** Runs the drill; the folder of its report, what that says, and its events. */
async function run(cwd: string, target: string, ...more: string[]) {
  const ended = await drill(cwd, 'run', './mine.yaml', '--tasks', 'tasks', '--target', target, ...more);
  const [folder = ''] = readdirSync(join(cwd, 'reports'));
  const at = (file: string) => join(cwd, 'reports', folder, file);
  const trace = readFileSync(at('trace.jsonl'), 'utf8').trimEnd().split('\n');
  return {
    ...ended,
    files: readdirSync(at('.')),
    folder: join('reports', folder),
    report: RunReport.parse(JSON.parse(readFileSync(at('run.json'), 'utf8'))),
    trace: trace.map((line) => TraceEvent.parse(JSON.parse(line))),
  };
}
type Ran = Awaited<ReturnType<typeof run>>;

/** The run stopped in the midst of a world: nothing was asked or broken afterwards, and that within a second. */
function expectStopped({ code, report, trace, files }: Ran, kind: string): void {
  expect([code, report.status, report.stopped_by?.kind]).toEqual([4, 'stopped', kind]);
  expect([report.verdict, report.unfinished, report.drills]).toEqual(['inconclusive', ['mine'], []]);
  const [stop, reverted, ...after] = trace.slice(trace.findIndex((event) => event.kind === 'stop'));
  expect(stop).toMatchObject({ by: report.stopped_by });
  expect(reverted?.kind).toBe('reverted');
  expect((reverted?.at ?? 0) - (stop?.at ?? 0)).toBeLessThan(1000);
  expect(after.filter(({ kind }) => kind === 'ask' || kind === 'fault-fired')).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(['report.md', 'junit.xml']));
  expect(files).not.toContain('state.json');
}

describe.concurrent('a stop condition on a command in wall time', () => {
  const phases = [`{ name: outage, tasks: 1, faults: [${DOWN('primary')}] }`, '{ name: healed, tasks: 30 }'];
  const stop = [{ name: 'too_many_fail', failure_rate: 0.5, min_asks: 2, window: 3 }];

  it('mid-drill: it fails where nothing is broken any more', async () => {
    using home = project({ phases, stop });
    const ran = await run(home.cwd, 'spoilt');
    expectStopped(ran, 'failure_rate');
    expect(ran.report.stopped_by).toMatchObject({ name: 'too_many_fail', threshold: 0.5 });
    expect(ran.trace.find(({ kind }) => kind === 'stop')).toMatchObject({ phase: 'healed' });
    expect(ran.err).toMatch(/^stopped: too_many_fail: 2 of the last 3 asks failed/m);
    expect(ran.out).toMatch(
      /^the run was stopped: too_many_fail: .*\nNOT FINISHED mine {2}in phase healed: 2 tasks asked, 2 failed\n/,
    );
    // Judged again it is the same, by the exit code as well.
    const again = await drill(home.cwd, 'report', ran.folder);
    expect([again.code, again.out]).toEqual([4, ran.out]);
  });

  it('an outage drill does not stop itself by the outage that it makes', async () => {
    const all = [`{ name: outage, tasks: 2, faults: [${DOWN('primary')}, ${DOWN('backup')}] }`];
    using home = project({ phases: all, always: [{ failure_rate: 0, min_asks: 1 }] });
    const { report, trace } = await run(home.cwd, 'sound');
    expect([report.status, report.stopped_by, report.unfinished]).toEqual(['completed', null, []]);
    const failed = trace.filter((event) => event.kind === 'outcome' && event.outcome.kind === 'failed');
    expect(failed).toHaveLength(2);
  });

  it('a probe all along: reverted as soon as it is not well', async () => {
    const all = [`{ name: outage, tasks: 30, faults: [${DOWN('primary')}] }`];
    // Not well from the moment on at which the target waits for the backup.
    const probe = { name: 'shop', probe: { command: 'test ! -e held' }, every_ms: 100 };
    using home = project({ phases: all, stop: [probe] });
    const ran = await run(home.cwd, 'sound');
    expectStopped(ran, 'probe');
    expect(ran.report.stopped_by).toMatchObject({ name: 'shop', value: 1 });
    const reverted = ran.trace.find(({ kind }) => kind === 'reverted');
    expect(reverted).toMatchObject({ faults: [{ fault: 'server-error', role: 'primary' }] });
  });

  it('a target that dies mid-drill is a finding, and the run comes to its end', async () => {
    using home = project({ phases });
    const { code, report } = await run(home.cwd, 'dies');
    expect([code, report.status, report.verdict]).toEqual([1, 'completed', 'failed']);
  });
});

describe.concurrent('the lever', () => {
  const held = `{ name: outage, tasks: 3, faults: [${DOWN('primary')}, ${DOWN('backup', 'hang')}] }`;

  it('mid-drill: what a fault still held up breaks off, and asks are given up', async () => {
    using home = project({ phases: [held] });
    const running = run(home.cwd, 'sound');
    while (!existsSync(join(home.cwd, 'held'))) await clock.sleep(5);
    const state = readdirSync(join(home.cwd, 'reports')).map((one) => join(home.cwd, 'reports', one, 'state.json'));
    expect(JSON.parse(readFileSync(state[0] ?? '', 'utf8'))).toMatchObject({ status: 'running', pid: process.pid });
    const shown = await drill(home.cwd, 'report', dirname(state[0] ?? ''));
    expect(shown).toMatchObject({
      code: 2,
      err: expect.stringContaining(`this run is running (process ${process.pid})`),
    });
    expect((await drill(home.cwd, 'lever', 'engage', '--reason', 'incident 7')).code).toBe(0);
    const ran = await running;
    expectStopped(ran, 'lever');
    expect(ran.report.stopped_by?.reason).toContain('incident 7');
    const after = ran.trace.slice(ran.trace.findIndex(({ kind }) => kind === 'reverted'));
    expect(after).toContainEqual(expect.objectContaining({ kind: 'call-end', how: 'reset' }));
    expect(ran.err).toMatch(/^stopped: .*incident 7.*drill lever disengage/m);
  });

  it('before a start: no task is asked; who engaged it first is kept', async () => {
    using home = project({ phases: [held] });
    await drill(home.cwd, 'lever', 'engage', '--reason', 'incident 7');
    const second = await drill(home.cwd, 'lever', 'engage', '--reason', 'another');
    expect(second).toMatchObject({ code: 0, out: expect.stringMatching(/engaged already.*incident 7/) });
    const { code, report, trace, err } = await run(home.cwd, 'sound');
    expect([code, report.status, report.stopped_by?.kind]).toEqual([4, 'cancelled', 'lever']);
    expect(trace.map(({ kind }) => kind)).toEqual(['run-header']);
    expect(err).toMatch(/^cancelled: .*incident 7.*drill lever disengage/m);
    for (const many of [
      ['--repeat', '2'],
      ['--seeds', '1..2'],
    ])
      expect(await drill(home.cwd, 'run', 'timeout_primary', '--target', 'reference', ...many)).toMatchObject({
        code: 4,
      });
    expect(JSON.parse((await drill(home.cwd, 'lever', 'status', '--json')).out)).toMatchObject({
      ...{ engaged: true, reason: 'incident 7' },
    });
    await drill(home.cwd, 'lever', 'disengage');
    expect((await drill(home.cwd, 'lever', 'disengage')).out).toBe('it was not engaged\n');
  });

  it('that cannot be read counts as engaged, and one without a reason is none', async () => {
    using home = project({ phases: [held] });
    expect(await drill(home.cwd, 'lever', 'engage')).toMatchObject({ code: 2, err: expect.stringContaining('fix:') });
    mkdirSync(join(home.cwd, '.drill'));
    writeFileSync(join(home.cwd, '.drill/lever.json'), '{');
    const stopped = await drill(home.cwd, 'run', 'timeout_primary', '--target', 'reference');
    expect(stopped).toMatchObject({ code: 4, err: expect.stringContaining('cannot be read') });
  });
});

describe('in virtual time', () => {
  // Not beside the others: what these start would be refused by a world that runs in the same process.
  it('runs start again once the lever is disengaged', async () => {
    using home = project({ phases: [] });
    await drill(home.cwd, 'lever', 'engage', '--reason', 'incident 7');
    await drill(home.cwd, 'lever', 'disengage');
    expect((await drill(home.cwd, 'run', 'timeout_primary', '--target', 'reference')).code).toBe(0);
  });

  const phases = [`{ name: outage, tasks: 2, faults: [${DOWN('primary')}] }`];

  it.each(['1', '2'])('the lever is heeded between two drills, -j %s', async (jobs) => {
    using home = project({ phases });
    const terminal = fakeTerminal({ cwd: home.cwd });
    // The first drill is shown once it is over.
    terminal.stdout.write = () => void engage(home.cwd, { reason: 'incident 7', who: 'me', since: 'now' });
    const words = ['timeout_primary', 'rate_limit_burst', 'user_leaves', '--target', 'reference', '-j', jobs];
    expect(await main(['node', 'drill', 'run', ...words], terminal)).toBe(4);
    const [folder = ''] = readdirSync(join(home.cwd, 'reports'));
    const report = RunReport.parse(JSON.parse(readFileSync(join(home.cwd, 'reports', folder, 'run.json'), 'utf8')));
    expect(report).toMatchObject({ status: 'stopped', stopped_by: { kind: 'lever' } });
    expect(report.drills.map(({ name }) => name)).toContain('timeout_primary');
    expect(report.unfinished).toContain('user_leaves');
  });

  it('a probe that fails at the start: nothing is asked', async () => {
    using home = project({ phases, always: [{ probe: { command: 'exit 3' } }] });
    const { code, report, trace } = await run(home.cwd, 'reference');
    expect([code, report.status, report.unfinished]).toEqual([4, 'stopped', ['mine']]);
    expect(report.stopped_by).toMatchObject({
      kind: 'probe',
      reason: expect.stringContaining('exit code 3'),
      value: 3,
    });
    expect(trace.map(({ kind }) => kind)).toEqual(['run-header']);
  });

  it.each(['reference', './agent.mjs'])('a condition stops %s at the same event every time', async (target) => {
    using home = project({ phases, stop: [{ latency_ms: 10, min_calls: 2, percentile: 100 }] });
    const one = await run(home.cwd, target);
    expectStopped(one, 'latency_ms');
    using other = project({ phases, stop: [{ latency_ms: 10, min_calls: 2, percentile: 100 }] });
    expect((await run(other.cwd, target, '-j', '2')).trace).toEqual(one.trace);
  });
});

it('a bug of ours: errored, with the reports of what there is', async () => {
  using home = project({ phases: [`{ name: outage, tasks: 1, faults: [${DOWN('primary')}] }`] });
  const terminal = fakeTerminal({ cwd: home.cwd });
  let broken = true;
  terminal.stdout.write = () => {
    if (broken) {
      broken = false;
      throw new Error('a bug');
    }
  };
  expect(
    await main(['node', 'drill', 'run', './mine.yaml', '--tasks', 'tasks', '--target', 'reference'], terminal),
  ).toBe(70);
  const [folder = ''] = readdirSync(join(home.cwd, 'reports'));
  const report = RunReport.parse(JSON.parse(readFileSync(join(home.cwd, 'reports', folder, 'run.json'), 'utf8')));
  expect(report).toMatchObject({ status: 'errored', verdict: 'inconclusive', stopped_by: null });
});

describe('a run of the first version', () => {
  const old = join('fixtures', 'runs', 'version-1');

  it('that was interrupted is read as such, by every reader', async () => {
    expect(readFileSync(join(root, old, 'run.json'), 'utf8')).toMatch(
      /^\{"schema":"drill\.run\/1","status":"cancelled"/,
    );
    const shown = await drill(root, 'report', old, '--as', 'json');
    expect(shown.code).toBe(130);
    const report = RunReport.parse(JSON.parse(shown.out));
    expect(report).toMatchObject({ status: 'interrupted', stopped_by: null, unfinished: ['second'] });
    expect((await drill(root, 'judge', old)).code).toBe(130);
    using home = project({ phases: [] });
    expect(await drill(home.cwd, 'baseline', 'write', join(root, old))).toMatchObject({ code: 0, err: '' });
  });
});
