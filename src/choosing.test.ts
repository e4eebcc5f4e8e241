import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { watching } from './cli/watch.ts';
import { RunReport } from './core/report.ts';
import './drill-run.fixture.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';
import { createWallClock } from './world/index.ts';

const { main } = await import('./cli/main.ts');

const drillOf = (name: string, fault = 'server-error') => `drill: ${name}
title: The primary fails
hypothesis: The backup answers.
workflow: support-answer
phases: [{ name: out, tasks: 2, faults: [{ fault: ${fault}, role: primary }] }]
expect: { fails-over: { within_ms: 4000 } }
`;
const FILES = {
  ...THREE_TASKS,
  'a.mjs': OWN_AGENT,
  'drills/down_a.yaml': drillOf('down_a'),
  'drills/down_b.yaml': drillOf('down_b'),
  // The agent waits for five seconds.
  'drills/silent.yaml': drillOf('silent', 'hang'),
};

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** Runs drills of the project, and gives the report. */
async function ran(cwd: string, out: string, ...words: string[]) {
  const { code, err } = await drill(cwd, 'run', ...words, '--target', './a.mjs', '--tasks', 'my-tasks', '--out', out);
  const [made] = readdirSync(join(cwd, out)).sort().reverse();
  const report = RunReport.parse(JSON.parse(readFileSync(join(cwd, out, made ?? '', 'run.json'), 'utf8')));
  return {
    code,
    err,
    names: report.drills.map(({ name }) => name),
    tasks: report.drills[0]?.tasks.map(({ task }) => task),
    report,
  };
}

it('drills and golden tasks are named by patterns, and those that failed last come first', async () => {
  using project = new Project(FILES);
  const { cwd } = project;
  expect(await ran(cwd, 'one', 'down_*')).toMatchObject({ code: 0, names: ['down_a', 'down_b'] });
  expect(await ran(cwd, 'two', 'drills/*_?.yaml', '--task', '*s', '--task', 'parking')).toMatchObject({
    names: ['down_a', 'down_b'],
    tasks: ['opening_hours', 'parking'],
  });
  const first = await ran(cwd, 'reports');
  expect(first).toMatchObject({ code: 1, names: ['down_a', 'down_b', 'silent'] });
  expect(await ran(cwd, 'reports', '--last-failed', '--bail')).toMatchObject({ code: 1, names: ['silent'] });
  expect(await drill(cwd, 'run', 'dwn_*')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/"dwn_\*" fits none of the drills[\s\S]*did you mean "down_/),
  });
  expect(await drill(cwd, 'run', 'down_a', '--task', 'x*', '--tasks', 'my-tasks')).toMatchObject({
    code: 2,
    err: expect.stringContaining('"x*" fits none of the golden tasks of my-tasks'),
  });
});

it('another configuration is read in place of the usual one, seen from where it lies', async () => {
  using project = new Project({
    ...FILES,
    'drill.config.yaml': 'default_target: nobody',
    'conf/other.yaml': 'targets: { mine: { module: ../a.mjs } }\ndefault_target: mine\n',
  });
  const run = await drill(project.cwd, 'run', 'down_a', '--config', 'conf/other.yaml', '--tasks', 'my-tasks', '--json');
  expect([run.code, run.err]).toEqual([0, '']);
  expect(JSON.parse(run.out)).toMatchObject({
    target: { name: 'mine' },
    reproduce: 'drill run down_a --config conf/other.yaml --target mine --tasks my-tasks --seed 1',
  });
  expect(await drill(project.cwd, 'run', '--config', 'gone.yaml')).toMatchObject({
    code: 2,
    err: expect.stringContaining('gone.yaml'),
  });
});

it('--watch runs again after a change, and what a run writes is none', async () => {
  using project = new Project({ 'src/a.mjs': '', 'b.yaml': '' });
  mkdirSync(join(project.cwd, 'reports'));
  const interrupt = new AbortController();
  const terminal = fakeTerminal({ cwd: project.cwd, signal: interrupt.signal });
  const change = (file: string) => writeFileSync(join(project.cwd, file), 'changed');
  // Each run ends before its change: who waits hears of it.
  const steps = [
    () => change('src/a.mjs'),
    () => {
      change('b.yaml');
      throw new Error('a file is broken for a while');
    },
    () => {
      change('reports/run.json');
      // Whoever has seen enough ends it, while it waits.
      queueMicrotask(() => queueMicrotask(() => interrupt.abort()));
    },
  ];
  const codes: number[] = [];
  const code = await watching(
    async () => {
      codes.push(codes.length);
      steps[codes.length - 1]?.();
      return 1;
    },
    createWallClock(),
    'reports',
    terminal,
  );
  expect([code === 1 || code === 130, codes.length]).toEqual([true, 3]);
  expect(terminal.err()).toContain('src/a.mjs has changed');
  expect(terminal.err()).toContain('b.yaml has changed');
  expect(terminal.err()).not.toContain('run.json has changed');
});

it('bash completes commands, drills and options by the script that it sources', async () => {
  using project = new Project(FILES);
  const { out: script } = await drill(project.cwd, 'completion', 'bash');
  const said = async (...words: string[]) => (await drill(project.cwd, 'completion', 'words', ...words)).out;
  const stub = `drill() { case "$3" in run) cat run.words;; '') cat root.words;; esac; }`;
  writeFileSync(join(project.cwd, 'run.words'), await said('run'));
  writeFileSync(join(project.cwd, 'root.words'), await said());
  const complete = (...words: string[]) => {
    const line = `${stub}\n${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _drill; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', line], {
      cwd: project.cwd,
      encoding: 'utf8',
      timeout: HANG_GUARD_MS,
      killSignal: 'SIGKILL',
    })
      .trim()
      .split('\n');
  };
  expect(complete('drill', 'ru')).toEqual(['run']);
  expect(complete('drill', 'run', 'do')).toEqual(['down_a', 'down_b']);
  expect(complete('drill', 'run', '--last')).toEqual(['--last-failed']);
  for (const shell of ['zsh', 'fish'])
    expect((await drill(project.cwd, 'completion', shell)).out).toContain('drill completion words');
  expect(await drill(project.cwd, 'completion', 'bsh')).toMatchObject({
    code: 2,
    err: expect.stringContaining('did you mean "bash"'),
  });
});
