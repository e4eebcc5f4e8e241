import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

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
      drills: [{ name: 'first', verdict: 'passed' }],
    },
  });

  // Before the first event there is nothing to show.
  writeFileSync(join(folder, 'trace.jsonl'), '');
  expect(await drill(project.cwd, 'report', `reports/${made}`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('run.json'),
  });
});
