import { isAbsolute } from 'node:path';
import { expect, test } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { loadConfig } from './config-file.ts';
import { fakeCatalogue } from './fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

const catalogue = {
  ...fakeCatalogue,
  builtinTargets: { reference: () => Promise.reject(new Error('not opened in this test')) },
};

const GOOD = `targets:
  mine: { module: agent.ts, declares: { features: [fallback] } }
  ours: { builtin: reference }
default_target: mine
`;

function problems(text: string): string[] {
  using scratch = new Scratch();
  scratch.write('drill.config.yaml', text);
  scratch.write('agent.ts', '');
  return problemsOf(() => loadConfig(scratch.dir, catalogue));
}

test('a good configuration; none at all', () => {
  using scratch = new Scratch();
  expect(loadConfig(scratch.dir, catalogue)).toBeUndefined();
  scratch.write('agent.ts', '');
  scratch.write('drill.config.yaml', GOOD);
  const config = loadConfig(scratch.dir, catalogue);
  expect(config?.default_target).toBe('mine');
  expect(isAbsolute(config?.targets['mine']?.module ?? '')).toBe(true);
});

test.each([
  [
    GOOD.replace('default_target: mine', 'default_target: mne'),
    '4:17 "mne" is not among the targets | did you mean "mine"? (targets: mine, ours, reference)',
  ],
  [
    GOOD.replace('agent.ts', 'agnet.ts'),
    '2:19 there is no such module | the path is seen from the folder of the configuration',
  ],
  [
    GOOD.replace('builtin: reference', 'builtin: refrence'),
    '3:20 "refrence" is not among the targets of the package | did you mean "reference"? (targets of the package: reference)',
  ],
  [
    GOOD.replace('builtin: reference', ''),
    '3:9 targets.ours: a target has one of `builtin`, `module`, `command` and `http` | change it',
  ],
  [
    GOOD.replace('module:', 'modul:'),
    '2:11 unknown key "modul" | did you mean "module"? (known keys: builtin, module, command, lives, marker, shell, folder, env, http, as, headers, body, outcome, poll, start, ready, ready_ms, stand, declares)',
  ],
  [
    `${GOOD}redact: ['CUST-\\d+', '(?=x)']\n`,
    '5:22 bad pattern: error parsing regexp: invalid or unsupported Perl syntax: `(?=` | write an RE2 pattern (no look-around, no back-references)',
  ],
])('a broken one %#', (text, problem) => {
  expect(problems(text)).toContain(problem);
});

const hole = (name: string) => `\${${name}}`;

test.each([
  ['http: 127.0.0.1:80', '2:17 targets.mine.http: Invalid URL | change "127.0.0.1:80"'],
  [
    'http: http://me:secret@x/',
    '2:17 targets.mine.http: a URL may not hold a name or a password; send them in `headers` | change "http://me:secret@x/"',
  ],
  [
    'http: http://x, as: grpc',
    '2:31 targets.mine.as may not be "grpc" | it may be: openai-chat, ai-sdk-ui, json, text',
  ],
  ['http: http://x, lives: run', '2:34 targets.mine.lives: it says nothing of a target with `http` | change "run"'],
  [
    `http: http://x, body: { q: [ '${hole('task.inptu')}' ] }`,
    `2:40 targets.mine.body.q[0]: ${hole('task.inptu')} stands for nothing; there are ${hole('env:NAME')}, ${hole('roles.primary.base_url')} (or model, api_key) and ${hole('task.input')} (or id, workflow, tenant, priority, input, history, sources, response_schema, stream, deadline_ms, budget_usd, tools, contract) | change "${hole('task.inptu')}"`,
  ],
  [
    'http: http://x, outcome: { answer: result.text }',
    '2:46 targets.mine.outcome.answer: this is no JSON pointer, such as /result/text | change "result.text"',
  ],
  [
    'http: http://x, stand: { port: 4600, listen: 192.168.0.2 }',
    `2:56 targets.mine.stand.listen: beyond loopback others can call the stand too: add a \`token\`, such as ${hole('env:DRILL_TOKEN')} | change "192.168.0.2"`,
  ],
  [
    `http: http://x, stand: { port: 4600, listen: 0.0.0.0, token: '${hole('env:T')}' }`,
    '2:56 targets.mine.stand.listen: every address is no place to be found at: add `advertise`, such as host.docker.internal | change "0.0.0.0"',
  ],
])('a broken HTTP target: %s', (entry, problem) => {
  expect(problems(`targets:\n  mine: { ${entry} }\n`)).toEqual([problem]);
});

test('an HTTP target that says all it can', () => {
  using scratch = new Scratch();
  scratch.write(
    'drill.config.yaml',
    `targets:
  mine:
    http: http://127.0.0.1:8080/ask
    as: json
    headers: { authorization: 'Bearer ${hole('env:SHOP_TOKEN')}' }
    body: { question: '${hole('task.input')}', n: 1, deep: [null, { a: true }] }
    outcome: { answer: /result/text, citations: '', notice: /a~1b }
    poll: { every_ms: 500, url: /job }
    marker: true
    start: node server.js
    folder: app
    ready: http://127.0.0.1:8080/health
    ready_ms: 90000
    stand: { port: 4600, listen: '::', advertise: host.docker.internal, token: '${hole('env:STAND_TOKEN')}' }
`,
  );
  expect(loadConfig(scratch.dir, catalogue)?.targets['mine']).toMatchObject({ marker: true, poll: { every_ms: 500 } });
});

test('a protocol that does not exist, a chain of unknown roles', () => {
  const role = '{ provider: p, protocol: smoke, base_url: https://p.example, model: m }';
  const text = `roles: { main: ${role} }\n${GOOD.replace('[fallback]', '[fallback], chain: [mian]')}`;
  expect(problems(text)).toEqual([
    '1:41 "smoke" is not among the protocols | there are no protocols',
    '3:71 "mian" is not among the roles | did you mean "main"? (roles: main)',
  ]);
});

test("a dialect that is not one of its protocol's", () => {
  const chat = '{ provider: p, protocol: openai-chat, base_url: https://p.example, model: m, dialect: azur }';
  const other = '{ provider: p, protocol: gemini, base_url: https://p.example, model: m, dialect: azure }';
  using scratch = new Scratch();
  scratch.write('drill.config.yaml', `roles:\n  main: ${chat}\n  backup: ${other}\n`);
  const full = { ...catalogue, protocols };
  expect(problemsOf(() => loadConfig(scratch.dir, full))).toEqual([
    '2:95 "azur" is not among the dialects of openai-chat | did you mean "azure"? (dialects of openai-chat: azure, mistral, ollama, openrouter, vllm)',
    '3:92 "azure" is not among the dialects of gemini | leave `dialect` out: this protocol has none',
  ]);
});

test('a process for each task claims nothing that needs a memory, unless it says where it has one', () => {
  const claiming = (more: string) =>
    problems(`targets:\n  mine: { command: ./a, ${more}declares: { features: [deadline, breaker, budgets] } }\n`);
  const fix =
    'add `lives: run` and let it answer line by line, or `lives: task` where it keeps what it knows outside of its processes';
  expect(claiming('')).toEqual([
    `2:47 it claims breaker, budgets, and a process for each task remembers nothing | ${fix}`,
  ]);
  expect(claiming('lives: run, ')).toEqual([]);
  expect(claiming('lives: task, ')).toEqual([]);
});

test.each([
  ["cron: '0 25 * * *'", '1:31 bad cron line: Invalid value for hour: 25 | write five fields'],
  ["cron: '0 3 31 2 *'", '1:31 bad cron line: it is never due | write five fields'],
  [
    "cron: '0 0 0 3 * * *'",
    "1:31 bad cron line: mode '5-or-6-parts' requires exactly 5 or 6 parts, but pattern '0 0 0 3 * * *' has 7 parts.",
  ],
  [
    "cron: '0 3 * * *', time_zone: Europe/Berln",
    '1:55 there is no time zone "Europe/Berln" | did you mean "Europe/Berlin"? (time zones: Europe/',
  ],
  ["cron: '0 3 * * *', time_zone: new york", '1:55 there is no time zone "new york" | time zones: America/New_York'],
  ["cron: '0 3 * * *', time_zone: '+01:00'", '1:55 there is no time zone "+01:00" | time zones: UTC, '],
  ["cron: '0 3 * * *', drills: [timeout_primry]", '1:53 "timeout_primry" is not among the drills | did you mean'],
  ["cron: '0 3 * * *', target: refrence", '1:52 "refrence" is not among the targets | did you mean "reference"?'],
  ["cron: '0 3 * * *', concurrency_policy: forbid", 'did you mean "Forbid"? (it may be: Allow, Forbid, Replace)'],
  ["cron: '0 3 * * *', notify: {}", 'schedules.nightly.notify: say `command`, `webhook`, or both'],
  ["cron: '0 3 * * *', notify: { webhook: ftp://x }", `it is neither a URL of http or https nor ${hole('env:NAME')}`],
])('a broken schedule: %s', (entry, problem) => {
  const told = problems(`schedules: { nightly: { ${entry} } }\n`);
  expect(told).toEqual([expect.stringContaining(problem)]);
});

test('a schedule by a name that is no part of the name of a file', () => {
  expect(problems("schedules: { ../x: { cron: '0 3 * * *' } }\n")).toEqual([
    '1:14 bad name schedules.../x: small letters, digits, `_` and `-`, 40 at most, a letter first | rename it',
  ]);
});

test('a schedule that says all it can; drills and targets may be paths', () => {
  using scratch = new Scratch();
  scratch.write(
    'drill.config.yaml',
    `schedules:
  nightly:
    cron: '*/10 0 3 * * MON-FRI'
    time_zone: Europe/Berlin
    drills: [timeout_primary, every_fault/hang, drills/mine.yaml]
    target: ./agent.ts
    args: [--seed, '7']
    concurrency_policy: Replace
    starting_deadline_seconds: 60
    jitter_seconds: 30
    successful_runs_history_limit: 3
    failed_runs_history_limit: 10
    notify: { command: ./tell.sh, webhook: '${hole('env:CHAT_URL')}' }
`,
  );
  expect(loadConfig(scratch.dir, catalogue)?.schedules['nightly']).toMatchObject({ jitter_seconds: 30 });
});
