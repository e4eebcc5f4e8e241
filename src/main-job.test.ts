import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DrillError, formatPlace } from './core/errors.ts';
import { type Ran, root, runDrill } from './drill-run.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

const drillOf = (run: Ran) => run.report.drills[0] ?? expect.fail('no drill');
const tasksIn = (run: Ran, phase: string) => drillOf(run).tasks.filter((t) => t.phase === phase);
const reasonsOf = (run: Ran) =>
  drillOf(run)
    .reasons.map((r) => `${r.reason} | ${r.fix}`)
    .join('\n');
const findingsOf = (run: Ran, check: string) =>
  drillOf(run).tasks.flatMap((t) =>
    t.checks.filter((c) => c.check === check && c.verdict === 'failed').map((c) => c.reason),
  );

describe('drill run timeout_primary', () => {
  it('ten tasks fail over, six are spared, three are on the primary again', async () => {
    const run = await runDrill();
    expect(run.code).toBe(0);
    expect(tasksIn(run, 'outage').map((t) => [t.failover?.to, t.failover?.reason])).toEqual(
      Array(10).fill(['backup', 'timeout']),
    );
    expect(tasksIn(run, 'still_out').map((t) => [t.spared, t.calls.map((c) => c.role)])).toEqual(
      Array(6).fill([true, ['backup']]),
    );
    expect(tasksIn(run, 'healed').map((t) => t.calls.map((c) => c.role))).toEqual(Array(3).fill([['primary']].flat()));
    expect(run.screen).toMatch(/PASSED timeout_primary .* 4 on primary · 10 failed over · 6 spared · 2 queued/);
    expect(Object.keys(run.files).sort()).toEqual([
      'SHA256SUMS',
      'bodies.jsonl',
      'inputs.json',
      'junit.xml',
      'report.md',
      'run.json',
      'trace.jsonl',
    ]);
  });

  it('--json prints run.json and nothing else', async () => {
    const run = await runDrill({ json: true });
    expect(JSON.parse(run.screen)).toEqual(run.report);
  });

  it('another fault takes the place of the first', async () => {
    const run = await runDrill({ fault: ['server-error@primary,status=503'] });
    expect(run.code).toBe(0);
    expect(drillOf(run).faults.map((f) => f.fault)).toEqual(Array(4).fill('server-error'));
    expect(tasksIn(run, 'outage')[0]?.failover?.reason).toBe('server_error');
  });

  it('a claim that has nothing to judge under another fault says that the flag is why', async () => {
    const run = await runDrill({ names: ['no_tool_support'], fault: ['server-error@primary'] });
    expect(run.code).toBe(3);
    expect(drillOf(run).reasons[0]).toEqual({
      reason: expect.stringMatching(/^\S+ judged nothing: .*; --fault took the place of the faults /),
      fix: 'Run it without --fault, or name faults there that give the claim its chance.',
    });
  });

  it.each([
    'rate-limited@primary,retry_after_ms=60000',
    'rate-limited@primary,retry_after_as=http-date,retry_after_ms=60000',
    'rate-limited@primary,retry_after_as=absent',
  ])('the reference and the good agent stand %s', async (fault) => {
    for (const target of ['reference', 'fixtures/targets/good.ts']) {
      expect((await runDrill({ fault: [fault], target })).code, target).toBe(0);
    }
  });
});

describe('an ordinary agent on the openai SDK', () => {
  const agent = readFileSync(join(root, 'fixtures/targets/openai-sdk-agent.ts'), 'utf8');
  const withClient = (options: string) =>
    new Project({ 'agent.ts': agent.replace('new OpenAI()', `new OpenAI(${options})`) });

  it('with defaults: three attempts of 300 s each before the backup, against one declared retry', async () => {
    const run = await runDrill({ target: 'fixtures/targets/openai-sdk-agent.ts' });
    expect(run.code).toBe(1);
    expect(findingsOf(run, 'retries-at-most')[0]).toBe('3 attempts on primary (declared: at most 1 retry)');
    expect(findingsOf(run, 'fails-over')[0]).toMatch(
      /^backup reached after 90[3-6]\.\d s, 8\.0 s allowed \(3 attempts on primary\)$/,
    );
    expect(findingsOf(run, 'ends-inside-deadline')).toHaveLength(18);
  });

  it('maxRetries: 0: one attempt, the backup after the 300 s limit', async () => {
    using project = withClient('{ maxRetries: 0 }');
    const run = await runDrill({ cwd: project.cwd, target: './agent.ts' });
    expect(findingsOf(run, 'retries-at-most')).toEqual([]);
    expect(findingsOf(run, 'fails-over')[0]).toMatch(/^backup reached after 30[01]\.\d s, .*\(1 attempt on primary\)$/);
  });

  it('timeout: 5000: three attempts of five seconds', async () => {
    using project = withClient('{ timeout: 5000 }');
    const run = await runDrill({ cwd: project.cwd, target: './agent.ts' });
    expect(findingsOf(run, 'fails-over')[0]).toMatch(/^backup reached after 1[67]\.\d s, .*\(3 attempts on primary\)$/);
  });
});

describe('what is invalid', () => {
  const drill = (faults: string, rest: string) =>
    `drill: mine\ntitle: Mine\nhypothesis: It holds.\nworkflow: support-answer\nphases:\n  - { name: outage, tasks: 2, faults: [${faults}] }\n${rest}\n`;
  const claim = 'expect:\n  fails-over: { role: backup, within_ms: 8000 }';
  const cases: [what: string, text: string, place: string, message: RegExp, fix: RegExp][] = [
    [
      'a role that does not exist',
      drill('{ fault: hang, role: primry }', claim),
      'mine.yaml:6:61',
      /no role "primry"/,
      /primary/,
    ],
    [
      'a drill that claims nothing',
      drill('{ fault: hang, role: primary }', 'expect: {}'),
      'mine.yaml:7:1',
      /claims nothing/,
      /expect/,
    ],
    [
      'an unknown key',
      drill('{ fault: hang, role: primary }', `${claim}\nhypotesis: x`),
      'mine.yaml:9:1',
      /hypotesis/,
      /hypothesis/,
    ],
    ['a broken YAML', drill('{ fault: hang, role: primary ', claim), 'mine.yaml:6:', /./, /./],
  ];

  it.each(cases)('%s: exit 2, with a place and a fix', async (_, text, place, message, fix) => {
    using project = new Project({ 'drills/mine.yaml': text });
    const error = await runDrill({ cwd: project.cwd, names: ['mine'] }).then(
      () => expect.fail('it ran'),
      (e: unknown) => e,
    );
    if (!(error instanceof DrillError)) throw error;
    expect(error.exitCode).toBe(2);
    const [problem] = error.problems;
    expect(formatPlace(problem?.place ?? { file: '?' })).toContain(place);
    expect(problem?.message).toMatch(message);
    expect(problem?.fix).toMatch(fix);
  });
});

describe('what is inconclusive', () => {
  const agent = (body: string) =>
    `import net from 'node:net';\nexport default async (task, { roles }) => {\n  const post = (url, model) => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model, messages: [{ role: 'user', content: task.input + JSON.stringify(task.sources) }] }) }).then((r) => r.json()).then((r) => r.choices[0].message.content);\n  const ask = (role) => post(role.base_url + '/chat/completions', role.model);\n  ${body}\n};\nexport const roles = { primary: { provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model: 'gpt-5-mini' }, backup: { provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model: 'gpt-5-nano' } };\n`;
  const plain = 'try { return await ask(roles.primary); } catch { return await ask(roles.backup); }';

  async function inconclusive(
    body: string,
    request: Parameters<typeof runDrill>[0] = {},
    tasks = THREE_TASKS,
  ): Promise<string> {
    using project = new Project({ ...tasks, 'agent.mjs': agent(body) });
    const run = await runDrill({
      cwd: project.cwd,
      target: './agent.mjs',
      tasks: 'my-tasks',
      fault: ['server-error@primary'],
      ...request,
    });
    expect(run.code, run.screen).toBe(3);
    expect(run.report.verdict).toBe('inconclusive');
    return reasonsOf(run);
  }

  it('a fault that never fires: says which trigger never matched', async () => {
    const text = readFileSync(join(root, 'drills/timeout_primary.yaml'), 'utf8');
    const never = text
      .replaceAll('fault: hang,', 'fault: server-error, when: { calls: [7] },')
      .replace('drill: timeout_primary', 'drill: never');
    const seen = await inconclusive(
      plain,
      { names: ['never'], fault: [] },
      { ...THREE_TASKS, 'drills/never.yaml': never },
    );
    expect(seen).toMatch(
      /server-error on primary never fired in phase outage: it waits for call 7 of a task, and none of the 10 calls to primary was that/,
    );
    expect(seen).toMatch(/Widen the fault's `when`/);
  });

  it('a failing baseline: says which, and what failed', async () => {
    const seen = await inconclusive("return 'I do not know.';");
    expect(seen).toMatch(/the baseline of opening_hours failed, without any fault: includes-required: .*10 am/);
  });

  it('failing baselines with one reason are told once', async () => {
    const seen = await inconclusive("throw new Error('no key');");
    const told = seen.match(/the baseline of (\w+, ){2}\w+ failed, without any fault: the target failed/g);
    expect(told).toHaveLength(1);
  });

  it('a call to an unknown host: says which, with the line to paste', async () => {
    const seen = await inconclusive(
      `await post('https://llm.example.net/v1/chat/completions', 'big-one').catch(() => {}); ${plain}`,
    );
    expect(seen).toMatch(/a call went to https:\/\/llm\.example\.net\/v1\/chat\/completions \(model big-one\)/);
    expect(seen).toMatch(
      /backup-2: \{ provider: llm\.example\.net, protocol: openai-chat, base_url: https:\/\/llm\.example\.net\/v1, model: big-one \}/,
    );
  });

  it('a call to a service of their own: says that it can be drilled', async () => {
    const seen = await inconclusive(`await fetch('http://127.0.0.1:1/ask').catch(() => {}); ${plain}`);
    expect(seen).toContain('a service of yours that calls models, drill that, by `--target http://127.0.0.1:1/ask`');
  });

  it('a model of no role on a known host: says which', async () => {
    const seen = await inconclusive(
      `await post(roles.primary.base_url + '/chat/completions', 'gpt-9').catch(() => {}); ${plain}`,
    );
    expect(seen).toMatch(/asked for the model gpt-9, which is no role's/);
  });

  it('an agent that opens a socket: says what it did', async () => {
    const seen = await inconclusive(
      `await new Promise((done) => net.connect(6379, '127.0.0.1').on('error', done).on('connect', done)); ${plain}`,
    );
    expect(seen).toMatch(/agent\.mjs left the virtual world: .*127\.0\.0\.1:6379/);
  });
});

describe("a newcomer's own agent and three tasks without canonical answers", () => {
  it('get a useful verdict', async () => {
    using project = new Project({ ...THREE_TASKS, 'agent.mjs': OWN_AGENT });
    const good = await runDrill({ cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks' });
    expect(good.code, good.screen).toBe(0);
    using worse = new Project({ ...THREE_TASKS, 'agent.mjs': OWN_AGENT.replace('5000', '9000') });
    const late = await runDrill({ cwd: worse.cwd, target: './agent.mjs', tasks: 'my-tasks' });
    expect(late.code).toBe(1);
    expect(findingsOf(late, 'fails-over')[0]).toMatch(/^backup reached after 9\.\d s, 8\.0 s allowed/);
  });
});
