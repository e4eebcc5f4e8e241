import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import './drill-run.fixture.ts';
import type { Detail, Row } from './page/data.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';
import { dataIn } from './reporters/html/read-page.fixture.ts';

const { main } = await import('./cli/main.ts');

const drillOf = (name: string) => `drill: ${name}
title: The primary fails
hypothesis: The backup answers.
workflow: support-answer
phases:
  - { name: out, tasks: 3, faults: [{ fault: server-error, role: primary }] }
expect: { fails-over: {} }
`;

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

it('a run that was killed is shown as far as it came', async () => {
  using project = new Project({
    ...THREE_TASKS,
    'a.mjs': OWN_AGENT,
    'drills/first.yaml': drillOf('first'),
    'drills/last.yaml': drillOf('last'),
  });
  await drill(project.cwd, 'run', 'first', 'last', '--target', './a.mjs', '--tasks', 'my-tasks');
  const [made = ''] = readdirSync(join(project.cwd, 'reports'));
  const folder = join(project.cwd, 'reports', made);
  const whole = readFileSync(join(folder, 'trace.jsonl'), 'utf8');
  // In the middle of the line of the second outcome under faults.
  const outcomes = [...whole.matchAll(/^.*"drill":"last".*"phase":"out".*"kind":"outcome".*$/gm)];
  writeFileSync(join(folder, 'trace.jsonl'), whole.slice(0, (outcomes[1]?.index ?? 0) + 20));
  for (const file of ['run.json', 'SHA256SUMS']) rmSync(join(folder, file));
  // Its process is gone: of that number there is another one.
  const state = { schema: 'drill.state/1', status: 'running', pid: process.pid, identity: 'another' };
  writeFileSync(join(folder, 'state.json'), JSON.stringify(state));

  const shown = await drill(project.cwd, 'report', `reports/${made}`);
  expect(shown).toMatchObject({ code: 130, err: expect.stringContaining('this is how far the run came') });
  expect(shown.out).toMatch(/^first {2}The primary fails/);
  expect(shown.out).toMatch(/PASSED first {2}score/);
  expect(shown.out).toContain('NOT FINISHED last  in phase out: 2 tasks asked, 1 answered, 1 under way');
  expect(shown.out).toContain('the run was interrupted');
  expect(JSON.parse((await drill(project.cwd, 'report', `reports/${made}`, '--as', 'json')).out)).toMatchObject({
    ...{
      status: 'interrupted',
      verdict: 'inconclusive',
      unfinished: ['last'],
      reproduce: 'drill run first last --target ./a.mjs --tasks my-tasks --seed 1',
      drills: [{ name: 'first', verdict: 'passed' }],
    },
  });

  // The page has what came of the drill that was not finished, and what was said.
  expect(await drill(project.cwd, 'open', `reports/${made}`)).toMatchObject({
    code: 0,
    out: `reports/${made}/report.html\n`,
  });
  const data = dataIn(readFileSync(join(folder, 'report.html'), 'utf8'));
  expect((data.get('rows') as Row[]).map(({ phase, verdict, what }) => [phase, verdict, what])).toEqual([
    ...['passed', 'passed', 'passed'].map((verdict) => ['out', verdict, 'primary server_error → backup']),
    ['out', 'inconclusive', 'answered'],
    ['out', 'inconclusive', 'under way'],
  ]);
  const asked = (data.get('d0') as Detail[]).at(-1);
  expect(asked?.calls.map(({ role, sent, failure }) => [role, sent === null, failure])).toEqual([
    ['primary', false, 'server_error'],
    ['backup', false, null],
  ]);

  // Where its process was lost while a model was asked, no model has replied; and how long it took nobody knows.
  const calls = [...whole.matchAll(/^.*"drill":"last".*"phase":"out".*"kind":"call".*\n/gm)];
  const { index = 0, 0: line = '' } = calls.at(-1) ?? {};
  writeFileSync(join(folder, 'trace.jsonl'), whole.slice(0, index + line.length));
  await drill(project.cwd, 'open', `reports/${made}`);
  const left = (dataIn(readFileSync(join(folder, 'report.html'), 'utf8')).get('d0') as Detail[]).at(-1);
  expect(left?.calls.at(-1)).toMatchObject({ role: 'backup', failure: 'no answer', end: null });
  expect((await drill(project.cwd, 'report', `reports/${made}`, '--as', 'junit')).out).toMatch(
    /<testsuites [^>]*errors="1">/,
  );

  // A line that a crash of the machine has left is damage, and no bug.
  writeFileSync(join(folder, 'trace.jsonl'), whole.replace(/(?<=\n)\{"seq":3.*/, '\0\0'));
  expect(await drill(project.cwd, 'report', `reports/${made}`)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/the stored run is damaged: .*\n.*trace\.jsonl:4\n/),
  });

  // Before the first event there is nothing to show.
  writeFileSync(join(folder, 'trace.jsonl'), '');
  expect(await drill(project.cwd, 'report', `reports/${made}`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('its process is gone, and has written no report'),
  });
});
