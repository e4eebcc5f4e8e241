import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import type { RunReport } from './core/report.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

/** What failed, or could not be judged, by the name of the alternative. */
const trouble = ({ drills }: RunReport): string[] =>
  drills.flatMap(({ name, verdict, reasons, checks, tasks }) => {
    if (verdict === 'passed' || verdict === 'not_applicable') return [];
    const cells = [...checks, ...tasks.flatMap((task) => task.checks)].filter((cell) => cell.verdict === 'failed');
    const why = [...reasons.map(({ reason }) => reason), ...cells.map((cell) => `${cell.check}: ${cell.reason}`)];
    return [`${name}: ${why.join('; ')}`];
  });

it.each(['reference', 'fixtures/targets/good.ts', 'fixtures/targets/good-orders.ts'])(
  '%s has no finding, whatever breaks, with a stream or without',
  async (target) => {
    const { report, code, screen } = await runDrill({ names: ['every_fault'], target });
    expect(trouble(report)).toEqual([]);
    expect(code).toBe(0);
    expect(report.drills.flatMap(({ words }) => words.unread)).toEqual([]);
    expect(report.drills.filter(({ verdict }) => verdict === 'passed').length).toBeGreaterThan(100);
    expect(screen).not.toContain('was streamed');
  },
);

/** Asks the primary, as a stream where it is asked to and can, and then the backup. */
const agent = (streams: boolean) => `
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 60000 };
const post = async (url, headers, body) => {
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(reply.status);
  return reply;
};
export default async (task, { roles: { primary, backup } }) => {
  const messages = [{ role: 'user', content: task.sources.map((s) => '[' + s.id + '] ' + s.text).join(' ') + task.input }];
  try {
    const stream = ${streams} && task.stream === true;
    const reply = await post(primary.base_url + '/chat/completions', {}, { model: primary.model, messages, stream });
    if (!stream) return (await reply.json()).choices[0].message.content;
    const events = (await reply.text()).split('\\n\\n').map((one) => one.replace('data: ', '')).filter((one) => one.startsWith('{'));
    return events.map((one) => JSON.parse(one).choices[0].delta.content ?? '').join('');
  } catch {
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': backup.api_key };
    const reply = await post(backup.base_url + '/v1/messages', headers, { model: backup.model, max_tokens: 500, messages });
    return (await reply.json()).content[0].text;
  }
};
`;
const CUTS = [1, 2, 3].map((n) => `{ fault: connection-reset, role: primary, after_frames: ${n} }`).join(', ');
const DRILL = `drill: tries
title: Several things break
hypothesis: The backup answers.
workflow: any
phases:
  - name: out
    tasks: 2
    stream: either
    each: [{ fault: server-error, role: primary }, ${CUTS}]
expect: { fails-over: {} }
`;
const FILES = (streams = true) => ({ ...THREE_TASKS, 'drills/tries.yaml': DRILL, 'agent.mjs': agent(streams) });
const NAMES = ['server_error', 'server_error_streamed', ...[1, 2, 3].map((n) => `connection_reset_after_frames_${n}`)];

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}
const FLAGS = ['--target', './agent.mjs', '--tasks', 'my-tasks'];
const run = (cwd: string, name: string, ...more: string[]) => drill(cwd, 'run', name, ...FLAGS, ...more);
const only = (folder: string) => join(folder, readdirSync(folder)[0] ?? '');

describe('a matrix of ones own', () => {
  it('is judged again as it was, whole or by the alternative, and shown again', async () => {
    using project = new Project(FILES());
    const { cwd } = project;
    expect(await run(cwd, 'tries')).toMatchObject({ code: 0 });
    const folder = only(join(cwd, 'reports'));
    const stored = readFileSync(join(folder, 'run.json'), 'utf8');
    expect(JSON.parse(stored).drills.map(({ name }: { name: string }) => name)).toEqual(NAMES.map((n) => `tries/${n}`));
    expect(await drill(cwd, 'report', folder, '--as', 'json')).toMatchObject({ code: 0, out: stored });
    expect(await drill(cwd, 'judge', folder, '--as', 'json')).toMatchObject({ code: 0, out: stored });
    expect((await drill(cwd, 'judge', folder, '--drill', 'tries', '--as', 'json')).out).toBe(stored);
    expect((await drill(cwd, 'judge', folder, '--drill', 'tries/server_error', '--as', 'json')).out).toBe(stored);
    for (const name of ['junit.xml', 'report.md']) expect(readFileSync(join(folder, name), 'utf8')).toContain('tries');
    expect(await drill(cwd, 'baseline', 'write', folder)).toMatchObject({ code: 0 });
    expect(readFileSync(join(cwd, 'drill.baseline.json'), 'utf8')).toContain('"tries/server_error"');
    expect(await run(cwd, 'tries/server_error', '--baseline', 'drill.baseline.json')).toMatchObject({ code: 0 });
  });

  it('gives one by itself with all its tasks, and the same as among the others', async () => {
    using project = new Project(FILES());
    const request = { cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks' };
    const all = await runDrill({ ...request, names: ['tries'] });
    const one = await runDrill({ ...request, names: ['tries/connection_reset_after_frames_2'] });
    const { name, reproduce, faults, tasks } = one.report.drills[0] ?? expect.fail('no drill');
    expect(one.report.drills).toHaveLength(1);
    expect(reproduce).toBe(
      'drill run tries/connection_reset_after_frames_2 --target ./agent.mjs --tasks my-tasks --seed 7',
    );
    expect(faults.map(({ fired }) => fired)).toEqual([2]);
    const among = all.report.drills.find((other) => other.name === name);
    expect(among?.tasks.map(({ calls }) => calls)).toEqual(tasks.map(({ calls }) => calls));
    expect(one.screen).toContain('out: connection-reset on primary');
    expect(one.files['report.md']).toContain('### Tasks');
    expect(await run(project.cwd, 'tries/server_eror')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean "server_error"'),
    });
  });

  it('falls to shards drill by drill, and is searched with many seeds', async () => {
    using project = new Project(FILES());
    const { cwd } = project;
    for (const i of [1, 2]) await run(cwd, 'tries', '--shard', `${i}/2`, '--out', `shard-${i}`);
    const folders = [1, 2].map((i) => only(join(cwd, `shard-${i}`)));
    const merged = await drill(cwd, 'merge', ...folders, '--out', 'merged', '--json');
    expect([merged.code, merged.err]).toEqual([0, '']);
    expect(JSON.parse(merged.out).drills.map(({ name }: { name: string }) => name)).toEqual(
      NAMES.map((n) => `tries/${n}`),
    );
    expect((await run(cwd, 'tries', '--seeds', '1..2')).out).toBe('2 seeds: 2 passed\n');
  });

  it('is told as one table', async () => {
    using project = new Project(FILES());
    const { screen, files } = await runDrill({
      cwd: project.cwd,
      names: ['tries'],
      target: './agent.mjs',
      tasks: 'my-tasks',
    });
    const lines = screen.split('\n');
    expect(lines.filter((line) => line.startsWith('tries '))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('✓'))).toHaveLength(NAMES.length);
    expect(screen).toContain('  ✓ server_error_streamed             2 tasks · 2 failed over');
    expect(screen.replace(/\s+/g, ' ')).toContain(
      'PASSED tries 5 alternatives: 5 passed; one by itself: drill run tries/…',
    );
    const page = files['report.md'] ?? '';
    expect(page.match(/^## /gm)).toHaveLength(1);
    expect(page).toContain('| alternative | verdict | first finding, or what came of the tasks |');
    expect(page.match(/^\| (?:server_error|connection_reset)\w* \| passed \| 2 tasks/gm)).toHaveLength(NAMES.length);
    expect(page).toContain('| [tries](#tries) | passed |');
  });

  it('says once that a target never streams, and is no pass where nothing else was tried', async () => {
    using project = new Project(FILES(false));
    const request = { cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks' };
    const { report, screen, files, code } = await runDrill({ ...request, names: ['tries'] });
    const verdicts = report.drills.map(({ verdict }) => verdict);
    expect([code, verdicts]).toEqual([0, ['passed', 'passed', ...Array(3).fill('not_applicable')]]);
    expect(screen.match(/no call to primary was streamed/g)).toHaveLength(1);
    expect(files['report.md']?.match(/no call to primary was streamed/g)).toHaveLength(1);
    expect(
      files['junit.xml']?.match(/skipped type="not_applicable" message="no call to primary was streamed"/g),
    ).toHaveLength(3);
    const alone = await runDrill({ ...request, names: ['tries/connection_reset_after_frames_1'] });
    expect([alone.code, alone.report.verdict, alone.report.drills[0]?.verdict]).toEqual([
      3,
      'inconclusive',
      'not_applicable',
    ]);
  });

  it('names the first finding of an alternative', async () => {
    const deaf = agent(true).replace('} catch {', "} catch { return { kind: 'failed', error: 'down' };");
    using project = new Project({ ...FILES(), 'agent.mjs': deaf });
    const request = { cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', names: ['tries'] };
    const { screen, files, code } = await runDrill(request);
    expect(code).toBe(1);
    expect(screen.replace(/\s+/g, ' ')).toContain(
      '✗ server_error fails-over (critical): opening_hours (out): backup never called',
    );
    expect(files['report.md']).toMatch(/^\| server_error \| failed \| fails-over \(critical\): opening\\?_hours/m);
  });
});

it('runs only where it is named, and is listed with that remark', async () => {
  using project = new Project({
    ...FILES(),
    'drills/tries.yaml': DRILL.replace('workflow:', 'named_only: true\nworkflow:'),
  });
  const { out } = await drill(project.cwd, 'list', 'drills');
  expect(out).toMatch(/^ {2}tries +Several things break \(runs only where it is named\)$/m);
  expect(out).toMatch(/^ {2}every_fault .*\(runs only where it is named\)$/m);
  const home = mkdtempSync(join(tmpdir(), 'drill-bare-'));
  try {
    const bare = await drill(project.cwd, 'run', ...FLAGS, '--tag', 'matrix', '--out', home);
    expect(bare).toMatchObject({ code: 2, err: expect.stringContaining('no drill has the tag matrix') });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
