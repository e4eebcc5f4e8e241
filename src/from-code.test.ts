import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { root } from './drill-run.fixture.ts';
import { type DrillsOptions, runDrills } from './from-code.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

const [, EXAMPLE = ''] = /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/from-code.md'), 'utf8')) ?? [];

const projectOf = (files: Record<string, string> = {}) =>
  new Project({ 'agent.mjs': OWN_AGENT, 'slow.mjs': OWN_AGENT.replace('5000', '50_000'), ...THREE_TASKS, ...files });

it('the program of the page tells what was found, where it is, and by its exit code', () => {
  using project = projectOf({
    'chaos.mjs': EXAMPLE.replace("'failover-drill'", `'${pathToFileURL(join(root, 'dist/index.js')).href}'`).replace(
      './agent.mjs',
      './slow.mjs',
    ),
  });
  const { status, stdout, stderr } = spawnSync(process.execPath, ['chaos.mjs'], {
    cwd: project.cwd,
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
    ...{ timeout: HANG_GUARD_MS, killSignal: 'SIGKILL' as const },
  });
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toBe('timeout_primary failed');
  expect(lines[1]).toMatch(/^fails-over \w+ \w+ backup reached after 50\.0 s, 40\.0 s allowed .* Set `timeout` on the/);
  expect(JSON.parse(readFileSync(join(lines.at(-1) ?? '', 'run.json'), 'utf8'))).toMatchObject({ verdict: 'failed' });
});

it('runs that are begun together go one after the other, by the configuration of their folder, and leave nothing', async () => {
  using project = projectOf({
    'drill.config.yaml': 'default_target: slow\ntargets:\n  slow: { module: ./slow.mjs }\n',
  });
  const before = { ...process.env };
  const asked: DrillsOptions = { cwd: project.cwd, drills: ['timeout_primary'], tasks: './my-tasks', out: false };
  const task = ['parking'];
  const [slow, good] = await Promise.all([
    runDrills({ ...asked, task }),
    runDrills({ ...asked, task, target: './agent.mjs', minScore: undefined }),
  ]);
  expect(slow).toMatchObject({ exitCode: 1, status: 'completed', verdict: 'failed' });
  const [drill] = slow.drills;
  expect(drill).toMatchObject({ name: 'timeout_primary', verdict: 'failed', reasons: [] });
  expect(drill?.reproduce).toBe('drill run timeout_primary --target slow --tasks ./my-tasks --task parking --seed 1');
  const found = drill?.findings.find(({ check }) => check === 'fails-over');
  expect(found).toMatchObject({ severity: 'critical', task: 'parking', advice: expect.stringContaining('`timeout`') });
  expect(found?.count).toBeGreaterThan(1);
  expect(good).toMatchObject({ exitCode: 0, verdict: 'passed', drills: [{ findings: [] }] });
  expect(good.text).toMatch(/^timeout_primary {2}The primary/);
  expect([slow.folder, good.folder, existsSync(join(project.cwd, 'reports'))]).toEqual([undefined, undefined, false]);
  expect(process.env).toEqual(before);
});

it.each([
  [{ drill: ['timeout_primary'] }, 'unknown key "drill"', 'did you mean "drills"?'],
  [{ drills: [] }, 'drills may not be an empty list', 'write a list of 1 or more'],
  [{ drills: 'timeout_primary' }, 'drills may not be "timeout_primary"', 'write a list of 1 or more: text'],
  [{ target: async () => 'x' }, 'a function of this process cannot be played', 'Export it by default from a module'],
  [{ drills: ['timeout_primry'] }, 'there is no drill "timeout_primry"', 'did you mean "timeout_primary"?'],
])('%j: says what to mend', async (options, message, fix) => {
  const problem = { message: expect.stringContaining(message), fix: expect.stringContaining(fix) };
  await expect(runDrills(options as DrillsOptions)).rejects.toMatchObject({
    name: 'DrillError',
    exitCode: 2,
    problems: [problem],
  });
});
