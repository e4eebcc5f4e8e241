import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import { type Ran, root, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

// Programs as targets, in the machine's own time: small drills, whose faults come without a wait.

const has = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((dir) => existsSync(join(dir, program)));
const [python, jdk, curl] = [has('python3'), has('java') && has('javac'), has('curl')];

const drillOf = (name: string, workflow: string, after = '') => `drill: ${name}
title: The primary fails
hypothesis: The backup answers in its place.
workflow: ${workflow}
phases:
  - { name: outage, tasks: 1, faults: [{ fault: server-error, role: primary }]${after} }
expect:
  ends-inside-deadline: {}
`;
const HOURS = '{ "name": "hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }';
const ROLES = `roles:
  primary: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: gpt-5-mini, key_env: OPENAI_API_KEY }
  backup: { provider: mine, protocol: openai-chat, base_url: https://gw.mine.example/v1, model: mine-1, key_env: MY_GW_KEY }
`;
/** Asks one role after the other; \`early\` is done before the first call, \`late\` after the last. */
const agent = (early = '', late = '') => `import { readFileSync, writeFileSync } from 'node:fs';
const task = JSON.parse(readFileSync(0, 'utf8'));
${early}
for (const { base_url, model, api_key } of Object.values(JSON.parse(process.env.DRILL_ROLES))) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer ' + api_key } };
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: task.input }] });
  const reply = await fetch(base_url + '/chat/completions', { ...init, body });
  if (!reply.ok) continue;
  ${late}
  console.log((await reply.json()).choices[0].message.content);
  break;
}
`;
const files = { 'tasks/hours.json': HOURS, 'mine.yaml': drillOf('mine', 'support-answer'), 'drill.config.yaml': ROLES };

async function ran(more: Record<string, string>, target: string, change: object = {}): Promise<Ran> {
  using project = new Project({ ...files, ...more });
  return await runDrill({ cwd: project.cwd, names: ['./mine.yaml'], tasks: 'tasks', target, ...change });
}

const reasonsOf = ({ report }: Ran) => report.drills[0]?.reasons.map(({ reason }) => reason).join('\n');
const rolesCalled = ({ trace }: Ran) => eventsOf(trace, 'call').map(({ role }) => role);

describe.concurrent('programs that come with the package pass', () => {
  const support = (target: string) =>
    ran({ 'mine.yaml': drillOf('mine', 'support-answer') }, target, {
      tasks: undefined,
      task: ['window_to_return_alder'],
    });

  it.runIf(python)('on Python’s standard library', async () => {
    const one = await support(join(root, 'fixtures/targets/agent.py'));
    expect([one.code, rolesCalled(one)], one.screen).toEqual([0, ['primary', 'primary', 'backup']]);
  });

  it.runIf(jdk)('on the JDK', async () => {
    const one = await support(join(root, 'fixtures/targets/Agent.java'));
    expect([one.code, rolesCalled(one)], one.screen).toEqual([0, ['primary', 'primary', 'backup']]);
  });

  it.runIf(curl)('curl, as the page of targets shows it', async () => {
    const page = readFileSync(join(root, 'docs/targets.md'), 'utf8');
    const [config = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
      /curl/.test(block) ? block : [],
    );
    const one = await ran({ 'drill.config.yaml': config }, 'curl');
    expect([one.code, rolesCalled(one)], one.screen).toEqual([0, ['primary', 'primary']]);
    expect(one.report.drills[0]?.tasks[0]?.outcome).toMatchObject({
      kind: 'failed',
      error: /^it ended with exit code 22: curl: /,
    });
  });
});

describe.concurrent('a program of which nothing comes is inconclusive, and nobody waits for the phases', () => {
  const waiting = (most_ms: number) => ({
    'mine.yaml': drillOf('mine', 'support-answer', ', after_ms: 600000'),
    'tasks/hours.json': HOURS.replace('}', `, "max_latency_ms": ${most_ms} }`),
  });
  // What comes to its end by itself does so in time, on however slow a machine.
  it.each([
    ['exits at once', 'echo "no module named agent" >&2; exit 1', 600_000, /exit code 1: no module named agent/],
    ['never ends', 'sleep 300; true', 500, /hung: no outcome 10\.\d s after the ask, 0\.5 s allowed/],
    ['says nothing', 'true; true', 600_000, /it wrote nothing/],
    ['floods', 'yes | cat', 600_000, /it wrote more than 1 MB/],
  ])('%s', async (_, line, most_ms, why) => {
    const one = await ran(waiting(most_ms), line);
    expect([one.code, one.report.verdict]).toEqual([3, 'inconclusive']);
    expect(reasonsOf(one)).toMatch(why);
    expect(reasonsOf(one)).toMatch(/without faults not one call to a model came$/);
  });

  it('is not there', async () => {
    await expect(ran(waiting(500), 'no-such-program --fast')).rejects.toThrow(
      /cannot be started: there is no command no-such-program/,
    );
    await expect(ran(waiting(500), 'nowhere.py')).rejects.toThrow('there is no target nowhere.py');
  });

  it('writes what is no answer', async () => {
    const one = await ran({}, 'head -c 3000 /dev/urandom;');
    expect(one.code).toBe(3);
  });
});

describe('what of its time is judged', () => {
  const late = (ms: number) => `await new Promise((done) => setTimeout(done, ${ms}));`;

  it('not the start of its process, which is told beside the whole', async () => {
    const one = await ran({ 'a.mjs': agent(late(800)) }, 'node a.mjs');
    const [task] = one.report.drills[0]?.tasks ?? [];
    expect(task?.start_ms).toBeGreaterThanOrEqual(800);
    expect(task?.latency_ms).toBeGreaterThan(task?.start_ms ?? 0);
    expect(one.screen).toMatch(/note: a process came to its first call \d+\.\d s after the ask in the baseline/);
    const cell = task?.checks.find(({ check }) => check === 'ends-inside-deadline');
    expect(cell?.reason).toMatch(/^outcome after .* s \(.* s of it the start of its process\), 60\.0 s allowed$/);
  });

  it('all that comes after its first call', async () => {
    const one = await ran({ 'a.mjs': agent('', late(800)) }, 'node a.mjs');
    const [task] = one.report.drills[0]?.tasks ?? [];
    expect((task?.latency_ms ?? 0) - (task?.start_ms ?? 0)).toBeGreaterThanOrEqual(800);
  });
});

describe('keys and calls to others', () => {
  afterEach(() => void vi.unstubAllEnvs());
  const KEYS = {
    OPENAI_API_KEY: 'sk-live-1111222233334444',
    MY_GW_KEY: 'gateway-real-5555666677778888',
    AWS_SECRET_ACCESS_KEY: 'aws-real-9999000011112222',
    AWS_SESSION_TOKEN: 'aws-real-token-33334444',
    CONDA_TOKEN: 'conda-real-5555666677',
    NVM_AUTH_HEADER: 'nvm-real-8888999900',
    GITHUB_TOKEN: 'ghp_real0000111122223333',
    UNNAMED: 'nothing-handed-on-44445555',
  };

  it('no key of ours is in its environment, nor in any file of the run', async () => {
    for (const [name, value] of Object.entries(KEYS)) vi.stubEnv(name, value);
    using project = new Project({
      ...files,
      'a.mjs': agent(
        "writeFileSync('env.json', JSON.stringify(process.env)); console.error(JSON.stringify(process.env));",
      ),
    });
    const one = await runDrill({ cwd: project.cwd, names: ['./mine.yaml'], tasks: 'tasks', target: 'node a.mjs' });
    const env: Record<string, string> = JSON.parse(readFileSync(join(project.cwd, 'env.json'), 'utf8'));
    expect(env).toMatchObject({
      OPENAI_API_KEY: /^drill-mock-/,
      MY_GW_KEY: /^drill-mock-/,
      DRILL_BACKUP_KEY: /^drill-mock-/,
    });
    const all = JSON.stringify(env) + JSON.stringify(one.files);
    for (const [name, value] of Object.entries(KEYS)) expect(all.includes(value), name).toBe(false);
    expect(Object.keys(env)).not.toContain('UNNAMED');
  });

  it.runIf(python)('a request that heeds the proxy variables does not leave, and is named', async () => {
    const call = `import urllib.request
for url in ("https://api.example.com/v1/messages", "http://api.example.com/v1/chat/completions"):
    try:
        urllib.request.urlopen(url, timeout=20)
    except OSError as error:
        print(error)
`;
    const one = await ran({ 'a.py': call }, 'a.py');
    expect(one.code).toBe(3);
    expect(reasonsOf(one)).toMatch(/a call was to leave for https:\/\/api\.example\.com\/, past the stand/);
    expect(reasonsOf(one)).toMatch(
      /a call was to leave for http:\/\/api\.example\.com\/v1\/chat\/completions, past the stand/,
    );
    expect(eventsOf(one.trace, 'outcome')[0]?.outcome.answer).toMatch(/502/);
  });

  it('the report says that what heeds none is not observed', async () => {
    const one = await ran({ 'a.mjs': agent() }, 'node a.mjs');
    expect(one.files['report.md']).toContain('without heeding the proxy variables was not observed');
  });
});
