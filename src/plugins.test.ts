import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { root } from './drill-run.fixture.ts';
import { OWN_AGENT, Project } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');
const { fakeTerminal } = await import('./cli/terminal.fixture.ts');

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd, inside: false });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

const page = readFileSync(join(root, 'docs/plugins.md'), 'utf8');
const [CONFIG = '', PLUGIN = '', DRILL = ''] = [...page.matchAll(/```(?:yaml|js)\n([\s\S]*?)```/g)].map(
  ([, text = '']) => text.replace("'failover-drill'", `'${pathToFileURL(join(root, 'dist/index.js')).href}'`),
);
const HOURS =
  '{ "name": "sunday", "input": "When are you open on Sunday?", "must_include": ["10 am"], "answer": "On Sunday we open at 10 am." }';

it('faults, checks and reporters of a plugin join those of the package, also where a target is played', async () => {
  using project = new Project({
    'drill.config.yaml': CONFIG,
    'plugins/house.mjs': PLUGIN,
    'drills/gateway.yaml': DRILL,
    'fixtures/golden/opening-hours/sunday.json': HOURS,
    'agent.mjs': OWN_AGENT,
  });
  const here = (...words: string[]) => drill(project.cwd, ...words);
  expect(await here('validate')).toMatchObject({ code: 0, err: '' });
  const { code, out, err } = await here('run', 'gateway', '--target', 'agent.mjs', '--stuck-after-ms', '60000');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain('outage: house-outage on primary\n');
  const [run = ''] = readdirSync(join(project.cwd, 'reports'));
  const stored = (file: string) => readFileSync(join(project.cwd, 'reports', run, file), 'utf8');
  expect(stored('house.txt')).toBe('all passed\ngateway passed\n');
  expect(stored('trace.jsonl')).toContain('the house is out');
  expect(stored('run.json')).toMatch(/"check":"says-sunday"[^}]*"it names the day"/);
  expect((await here('judge', 'latest')).code).toBe(0);
  const listed = await here('list');
  for (const name of ['house-outage', 'says-sunday', 'house-lines'])
    expect(listed.out).toMatch(new RegExp(`^ {2}${name} +\\w`, 'm'));
  expect((await here('explain', 'says-sunday')).out).toContain('The answer names the day that was asked for.');
});

it('says where the configuration names what is no plugin', async () => {
  using project = new Project({
    'drill.config.yaml': 'plugins:\n  - ./taken.mjs\n  - ./none.mjs\n  - ./away.mjs\n  - ./broken.mjs\n',
    'taken.mjs': PLUGIN.replace('says-sunday', 'fails-over')
      .replace('house.txt', 'run.json')
      .replace('house-outage', 'Out'),
    'none.mjs': 'export const check = { name: "x", summary: "No plugin." };\n',
    'broken.mjs': 'throw new Error("no such gateway");\n',
  });
  const { code, err } = await drill(project.cwd, 'list', 'checks');
  expect(code).toBe(2);
  const told = [...err.matchAll(/error: (.*)\n {2}at .*drill\.config\.yaml:(\d+:\d+)\n {2}fix: /g)];
  expect(told.map(([, message, place]) => `${place} ${message}`)).toEqual([
    '2:5 "Out" is no name of a plugin',
    '2:5 the name "fails-over" is taken among the checks',
    '2:5 another reporter writes run.json',
    '3:5 it exports no plugin',
    '4:5 there is no such module',
    '5:5 it could not be loaded: no such gateway',
  ]);
});
