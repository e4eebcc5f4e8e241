import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { RunReport } from './core/report.ts';
import { root } from './drill-run.fixture.ts';
import { OWN_AGENT, Project } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');
const { runDrills } = await import('./from-code.ts');
const { fakeTerminal } = await import('./cli/terminal.fixture.ts');

async function drill(cwd: string, ...words: string[]) {
  const terminal = fakeTerminal({ cwd, inside: false });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

const page = readFileSync(join(root, 'docs/plugins.md'), 'utf8');
const [CONFIG = '', PLUGIN = '', DRILL = '', KIOSK = '', ROLES = ''] = [
  ...page.matchAll(/```(?:yaml|js)\n([\s\S]*?)```/g),
].map(([, text = '']) => text.replace("'failover-drill'", `'${pathToFileURL(join(root, 'dist/index.js')).href}'`));
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

/** Two roles in turn, in either protocol; it waits too long, comes back at once, and does not look at what it hands on. */
const EITHER_WAY = `
const ask = async ({ protocol, model, base_url, api_key }, { input, sources, response_schema: schema }) => {
  const said = [{ role: 'user', content: input + JSON.stringify(sources) }];
  const [path, headers, body] = protocol === 'kiosk'
    ? ['/v2/complete', { 'x-kiosk-key': api_key }, { engine: model, talk: said, shape: schema }]
    : ['/chat/completions', { authorization: 'Bearer ' + api_key },
        { model, messages: said, response_format: { type: 'json_schema', json_schema: { name: 'shape', schema } } }];
  const sent = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(50_000) };
  const reply = await fetch(base_url + path, sent);
  if (!reply.ok) throw new Error('no reply: ' + reply.status);
  const json = await reply.json();
  return JSON.parse(protocol === 'kiosk' ? json.says : json.choices[0].message.content);
};
export default async (task, { roles: { primary, backup } }) => {
  for (const role of [primary, primary, backup])
    try {
      const data = await ask(role, task);
      return { kind: 'answered', answer: data.answer, data };
    } catch {}
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};
`;
const BROKEN = `
drill: broken
title: The primary is silent, full, broken, and of another shape
hypothesis: The backup answers in its place.
workflow: support-answer
phases:
  - { name: silent, tasks: 2, faults: [{ fault: hang, role: primary }] }
  - { name: full, tasks: 2, faults: [{ fault: rate-limited, role: primary, retry_after_ms: 3000 }] }
  - { name: locked, tasks: 2, faults: [{ fault: auth-failed, role: primary }] }
  - { name: garbled, tasks: 2, faults: [{ fault: malformed-json, role: primary }] }
  - { name: drifted, tasks: 2, faults: [{ fault: schema-drift, role: primary, how: rename }] }
expect: { fails-over: {}, honours-retry-after: {}, output-validates: {} }
`;

it('what is found of an agent in a protocol of the project is what is found of it in one of the package', async () => {
  const chat = ROLES.replaceAll('protocol: kiosk', 'protocol: openai-chat').replace(/^plugins.*$/m, '');
  using project = new Project({
    'drill.config.yaml': ROLES,
    'chat.yaml': chat,
    'plugins/kiosk.mjs': KIOSK,
    'drills/broken.yaml': BROKEN,
    'agent.mjs': EITHER_WAY,
  });
  const ranWith = async (config: string) => {
    const { folder = '', ...ran } = await runDrills({
      cwd: project.cwd,
      drills: ['broken'],
      target: './agent.mjs',
      config,
    });
    const report = RunReport.parse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')));
    const trace = readFileSync(join(folder, 'trace.jsonl'), 'utf8');
    return { ran, tasks: report.drills[0]?.tasks, spoken: [...new Set(trace.match(/"protocol":"[\w-]+"/g))] };
  };
  const [kiosk, usual] = [await ranWith('drill.config.yaml'), await ranWith('chat.yaml')];
  expect([kiosk.spoken, usual.spoken]).toEqual([['"protocol":"kiosk"'], ['"protocol":"openai-chat"']]);
  expect(kiosk.tasks).toEqual(usual.tasks);
  expect(kiosk.ran.drills[0]?.findings).toEqual(usual.ran.drills[0]?.findings);
  const found = kiosk.ran.drills[0]?.findings.map(({ check, phase }) => `${phase}: ${check}`);
  expect(found).toEqual(
    expect.arrayContaining(['silent: fails-over', 'full: honours-retry-after', 'drifted: output-validates']),
  );
  const here = (...words: string[]) => drill(project.cwd, ...words);
  expect((await here('list', 'protocols')).out).toMatch(/^ {2}kiosk +The completions of our kiosk gateway\.$/m);
  expect((await here('explain', 'kiosk')).out).toContain('Known by: POST …/v2/complete');
});

it.each([
  ["writeReply: ({ text = '', usage, end }, { id }) => ({", 'x: () => ({', 'the protocol kiosk lacks writeReply'],
  ["path: '/v2/complete'", "path: '/v1/chat/completions'", '/v1/chat/completions is where openai-chat is called'],
  ['engine: model,', '', 'it turns away its own request: engine is missing'],
  ['talk: messages', 'said: messages', 'it turns away its own request: its messages cannot be read'],
  ['says: text,', 'text,', 'it reads an error in its own reply: the reply could not be read'],
  ['problem: { word,', "problem: { word: 'broken',", 'it says rate_limit and reads server_error'],
  ['[input, output] = body.spent', '[output, input] = body.spent', 'it counts other tokens than its own reply told'],
])('a protocol with %j as %j is told of where it is loaded', async (text, instead, message) => {
  expect(KIOSK).toContain(text);
  using project = new Project({ 'drill.config.yaml': ROLES, 'plugins/kiosk.mjs': KIOSK.replace(text, instead) });
  const { code, err } = await drill(project.cwd, 'list', 'protocols');
  expect(code).toBe(2);
  expect(err).toContain(message);
  expect(err).toContain('drill.config.yaml:2:11\n');
});

it('what a protocol of the project throws is no finding about the target', async () => {
  const broken = KIOSK.replace('says: text,', "says: text.startsWith('On Sunday') ? text : text.not.there,");
  using project = new Project({ 'drill.config.yaml': ROLES, 'plugins/kiosk.mjs': broken, 'agent.mjs': EITHER_WAY });
  const { verdict, drills } = await runDrills({
    ...{ cwd: project.cwd, drills: ['timeout_primary'], task: ['late_*'], target: './agent.mjs', out: false },
  });
  expect(verdict).toBe('inconclusive');
  expect(drills[0]?.reasons[0]).toEqual({
    reason: expect.stringMatching(/^a call to primary was not passed on: what replies for it threw: Cannot read/),
    fix: 'Mend the plugin that replies: its protocol or its fault.',
  });
  expect(drills[0]?.findings).toEqual([]);
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
