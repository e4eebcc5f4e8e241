import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { main } from './cli/main.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { loadCassettes } from './config/cassette-files.ts';
import { packageVersion } from './config/project.ts';
import type { Cassette } from './core/cassette.ts';
import { bodyOf } from './core/cassette-body.ts';
import { eventsOf } from './core/evidence.ts';
import { runDrill } from './drill-run.fixture.ts';
import { type Provider, type ProviderAnswer, startProvider } from './live/provider.fixture.ts';
import type { RunRequest } from './opened.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

const KEYS = {
  OPENAI_API_KEY: 'sk-proj-real-one-0123456789abcdef',
  ANTHROPIC_API_KEY: 'sk-ant-real-two-0123456789abcdef',
};
const SAID = 'We open at 10 am, you park behind the shop, and books come back within 30 days. [returns_v1]';
const DRILL = `drill: one_down
title: The first model fails
hypothesis: Every task is answered by the next one.
workflow: shop
live: allowed
phases:
  - { name: errors, tasks: 3, faults: [{ fault: server-error, role: primary }] }
  - { name: cut, tasks: 1, faults: [{ fault: truncated-answer, role: primary }] }
  - { name: reset, tasks: 1, faults: [{ fault: connection-reset, role: primary }] }
expect:
  fails-over: {}
`;
/** Hands on which bytes it received. */
const AGENT = `export default async (task, { roles }) => {
  for (const role of [roles.primary, roles.backup]) {
    const anthropic = role.protocol === 'anthropic-messages';
    const words = 'Answer from the sources, be brief. ' + JSON.stringify(task.sources);
    const body = { model: role.model, max_tokens: 500, messages: [{ role: 'user', content: words + task.input }] };
    const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'user-agent': 'shop/1.2' };
    headers[anthropic ? 'x-api-key' : 'authorization'] = anthropic ? role.api_key : 'Bearer ' + role.api_key;
    const url = role.base_url + (anthropic ? '/v1/messages' : '/chat/completions');
    try {
      const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) });
      const received = await reply.text();
      const said = JSON.parse(received);
      const whole = anthropic ? said.stop_reason === 'end_turn' : said.choices?.[0].finish_reason === 'stop';
      if (whole) return { kind: 'answered', answer: anthropic ? said.content[0].text : said.choices[0].message.content, citations: ['returns_v1'], state: { received } };
    } catch {}
  }
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};
`;
const tasks = Object.fromEntries(
  Object.entries(THREE_TASKS).map(([name, text]) => [name.replace('my-tasks', 'fixtures/golden/shop'), text]),
);
const configFor = ({ origin }: Provider) => `live: { daily_usd: 5, max_output_tokens: 500, ledger: spend }
default_target: shop
targets: { shop: { module: ./agent.mjs } }
roles:
  primary: { provider: openai, protocol: openai-chat, base_url: "${origin}/v1", model: gpt-5-mini, key_env: OPENAI_API_KEY, ca_file: ca.pem }
  backup: { provider: anthropic, protocol: anthropic-messages, base_url: "${origin}", model: claude-haiku-4-5, key_env: ANTHROPIC_API_KEY, ca_file: ca.pem }
`;

let project: Project;
let recorded: Awaited<ReturnType<typeof run>>;
const before = { ...process.env };
const file = (name: string) => join(project.cwd, name);

async function run(more: Partial<RunRequest>) {
  const lines: string[] = [];
  const stderr = { write: (text: string) => void lines.push(text) };
  const ran = await runDrill({ cwd: project.cwd, names: ['one_down'], stderr, ...more });
  return { ...ran, stderr: lines.join('') };
}
const replay = (more: Partial<RunRequest> = {}) => run({ replies: 'recorded', ...more });

/** Puts a provider in the place of the one that was recorded. */
async function provided(answer?: () => ProviderAnswer): Promise<Provider> {
  const provider = await startProvider({
    keys: Object.values(KEYS),
    answer: () =>
      answer?.() ?? {
        headers: [
          ['set-cookie', 'session=1'],
          ['x-ratelimit-limit-requests', '500'],
        ],
        parts: [
          { type: 'text-delta', text: SAID },
          { type: 'usage', input: 30, output: 20 },
          { type: 'end', reason: 'stop' },
        ],
      },
  });
  writeFileSync(file('ca.pem'), provider.ca);
  writeFileSync(file('drill.config.yaml'), configFor(provider));
  return provider;
}

beforeAll(async () => {
  Object.assign(process.env, KEYS);
  project = new Project({ ...tasks, 'drills/one_down.yaml': DRILL, 'agent.mjs': AGENT });
  const provider = await provided();
  recorded = await run({ mode: 'live', record: true, yes: true });
  await provider.close();
});
afterAll(() => {
  for (const name of Object.keys(KEYS)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  project[Symbol.dispose]();
});

const home = () => file('fixtures/replies/shop');
const cassettes = () => loadCassettes(project.cwd, 'shop');
/** Writes files, and afterwards what was there. */
async function changed<T>(name: string, text: string, body: () => Promise<T>): Promise<T> {
  const was = existsSync(file(name)) ? readFileSync(file(name), 'utf8') : undefined;
  writeFileSync(file(name), text);
  try {
    return await body();
  } finally {
    if (was === undefined) rmSync(file(name));
    else writeFileSync(file(name), was);
  }
}
const edited = <T>(name: string, edit: (text: string) => string, body: () => Promise<T>) =>
  changed(name, edit(readFileSync(file(name), 'utf8')), body);

describe('recorded over TLS by drill run --mode live --record', () => {
  it('shows what it keeps: role, task, status, size and first words', () => {
    expect(recorded.stderr).toContain(`new primary returns: 200, 638 bytes: ${SAID.slice(0, 40)}`);
    expect(recorded.stderr.match(/^ {2}new /gm)).toHaveLength(6);
    expect([recorded.code, recorded.report.verdict]).toEqual([0, 'passed']);
  });

  it('a file for each task holds requests, replies, versions, and neither keys nor cookies', () => {
    expect(readdirSync(home())).toEqual(['opening_hours.yaml', 'parking.yaml', 'returns.yaml']);
    const text = readdirSync(home())
      .map((name) => readFileSync(join(home(), name), 'utf8'))
      .join('\n');
    for (const secret of [...Object.values(KEYS), 'drill-live', 'session', 'cookie'])
      expect(text).not.toContain(secret);
    const [take] = cassettes()[2]?.takes ?? [];
    expect(take?.request).toMatchObject({ role: 'backup', protocol: 'anthropic-messages', max_output_tokens: 500 });
    expect(take?.request.messages[0]?.content).toMatch(/^Answer from the sources, be brief\./);
    expect(take?.about).toEqual({
      ...{ provider: 'anthropic', drill: packageVersion(), client: 'shop/1.2', drills: ['one_down'] },
      ...{ api: { 'anthropic-version': '2023-06-01' }, recorded: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
    });
  });
});

describe('replayed with the provider gone', () => {
  it('three times, in this process and in players: the verdicts of the recording, and the same bytes', async () => {
    const runs = [await replay(), await replay({ stuckAfterMs: 60_000 }), await replay({ checkDeterminism: true })];
    const [first] = runs;
    for (const one of runs) {
      expect([one.code, one.report.verdict, one.report.time]).toEqual([0, 'passed', 'virtual']);
      expect(one.text).toBe(first?.text);
    }
    expect(runs[2]?.stderr).toContain('gave the same bytes');
    const told = ({ report }: typeof recorded) =>
      report.drills[0]?.tasks.map(({ task, phase, verdict, served_by }) => [task, phase, verdict, served_by]);
    for (const one of runs) expect(told(one)).toEqual(told(recorded));
    expect(first?.report.drills[0]?.notes.join()).toMatch(/the replies are recorded ones, on \d{4}/);
    expect(first?.report.reproduce).toContain('--replies recorded');
  });

  it('what the target receives is what stands in the cassette, byte for byte', async () => {
    const { report } = await replay();
    const bodies = new Map(
      cassettes().map(({ task, takes }) => [task, takes.map(({ reply }) => new TextDecoder().decode(bodyOf(reply)))]),
    );
    const tasks = report.drills[0]?.tasks ?? [];
    expect(tasks).toHaveLength(5);
    for (const { task, outcome } of tasks) {
      const { received } = 'state' in outcome ? (outcome.state ?? {}) : {};
      expect(bodies.get(task)).toContain(received);
    }
  });

  it('faults work on top of it, and time is that of the recording', async () => {
    const slow = (text: string) =>
      text.replace(/head_ms: \d+/g, 'head_ms: 1500').replace(/chunks: \[\[\d+, /g, 'chunks: [[700, ');
    const { trace, report } = await edited('fixtures/replies/shop/parking.yaml', slow, () => replay());
    expect(report.drills[0]?.faults.map(({ fault, fired }) => [fault, fired])).toEqual([
      ['server-error', 3],
      ['truncated-answer', 1],
      ['connection-reset', 1],
    ]);
    const parking = report.drills[0]?.tasks.find(({ task }) => task === 'parking');
    expect(parking?.latency_ms).toBe(2200);
    expect(new Set(eventsOf(trace, 'replayed').map((e) => e.recording)).size).toBe(6);
  });

  it('an edited prompt fails its calls, and the nearest recording is named with what differs', async () => {
    const terse = (text: string) => text.replace('be brief', 'be terse');
    const { code, report } = await edited('agent.mjs', terse, () => replay());
    expect([code, report.verdict]).toEqual([3, 'inconclusive']);
    const [reason] = report.drills[0]?.reasons ?? [];
    expect(reason?.reason).toMatch(
      /^a call to primary was not passed on: there is no recording for this call of opening_hours to primary; the nearest is opening_hours 2: message 1 \(user\) says “.*be terse.*” where “.*be brief.*” was recorded$/,
    );
    expect(reason?.fix).toContain('--record');
  });

  it('and a stored run of such calls can be shown and judged again', async () => {
    const out = file('kept');
    await edited(
      'agent.mjs',
      (text) => text.replace('be brief', 'be terse'),
      async () => {
        const terminal = fakeTerminal({ cwd: project.cwd });
        await main(['node', 'drill', 'run', 'one_down', '--replies', 'recorded', '--out', out], terminal);
      },
    );
    const [name = ''] = readdirSync(out);
    const terminal = fakeTerminal({ cwd: project.cwd });
    expect(await main(['node', 'drill', 'judge', join('kept', name)], terminal)).toBe(3);
    expect(terminal.out()).toContain('opening_hours 2');
  });

  it('a recording that nothing asks for is named, and fails nothing', async () => {
    const [, take] = cassettes()[1]?.takes ?? [];
    const old = structuredClone(take);
    if (old !== undefined) old.request.messages[0] = { role: 'user', content: 'As it was asked in spring.' };
    const more = (text: string) => text + stringify([old], { lineWidth: 0 }).replace(/^/gm, '  ').trimEnd();
    const { code, report } = await edited('fixtures/replies/shop/parking.yaml', more, () => replay());
    expect(code).toBe(0);
    expect(report.drills[0]?.notes).toContain('1 recording was not asked for: parking 3 (primary)');
  });
});

describe('drill drift', () => {
  async function drift(answer?: 'gone' | (() => ProviderAnswer), ...more: string[]) {
    const provider = await provided(answer === 'gone' ? undefined : answer);
    if (answer === 'gone') await provider.close();
    const terminal = fakeTerminal({ cwd: project.cwd, env: process.env });
    const code = await main(['node', 'drill', 'drift', '--ignore', 'latency', ...more], terminal);
    if (answer !== 'gone') await provider.close();
    return { code, out: terminal.out(), err: terminal.err(), calls: provider.calls.length };
  }
  const takeOf = (role: string) => cassettes()[0]?.takes.find(({ request }) => request.role === role);
  const renamed = (): ProviderAnswer => ({
    headers: [
      ['content-type', 'application/json'],
      ['openai-version', '2020-10-01'],
      ['x-ratelimit-limit-requests', '9'],
    ],
    body: (takeOf('primary')?.reply.text ?? '')
      .replace('"finish_reason":"stop"', '"end_reason":"stop"')
      .replace('10 am', 'noon'),
  });

  it('exits 0 where a provider replies as it did', async () => {
    const { code, out, calls } = await drift();
    expect([code, calls]).toEqual([0, 6]);
    expect(out).toBe('backup: 3 recordings asked again, 0 drifted\nprimary: 3 recordings asked again, 0 drifted\n');
  });

  it('names a renamed field by its path, and not other words', async () => {
    const { code, out, calls } = await drift(renamed, '--role', 'primary');
    expect([code, calls]).toEqual([1, 3]);
    expect(out).toContain('primary: 3 recordings asked again, 3 drifted\n');
    expect(out).toContain(
      'field choices[].finish_reason went: string  (opening_hours 2, parking 2, returns 2)'.replace('  ', ' '),
    );
    expect(out).toContain('field choices[].end_reason came: string');
    expect(out).not.toMatch(/noon|10 am/);
  });

  it('says the same as a document', async () => {
    const { code, out } = await drift(renamed, '--role', 'primary', '--json');
    const { schema, compared } = JSON.parse(out);
    expect([code, schema, compared.length]).toEqual([1, 'drill.drift/1', 3]);
    expect(compared[0]).toMatchObject({
      id: 'opening_hours 2',
      workflow: 'shop',
      role: 'primary',
      model: 'gpt-5-mini',
    });
    expect(compared[0].differences).toContainEqual({
      ...{ what: 'field', kind: 'went', where: 'choices[].finish_reason', was: 'string', now: '' },
    });
  });

  it('says what cannot be asked again: a role that is no more, a picture', async () => {
    const odd = (text: string) =>
      text
        .replace('role: primary', 'role: third')
        .replace(/(content: .*)\n/, '$1\n          images: [{ media_type: image/png, sha256: abc }]\n');
    const { code, out, calls } = await edited('fixtures/replies/shop/parking.yaml', odd, () => drift());
    expect([code, calls]).toEqual([3, 4]);
    expect(out).toContain('not compared: parking 2 (third): there is no role third in drill.config.yaml');
    expect(out).toContain('not compared: parking 1 (backup): it shows pictures, and a cassette holds only their sums');
  });

  it('exits 3 where nobody answers, and names a role that nothing is recorded of', async () => {
    const gone = await drift('gone');
    expect(gone.code).toBe(3);
    expect(gone.out).toContain('not compared: opening_hours 1 (backup): connection refused');
    const unknown = await drift(undefined, '--role', 'primry');
    expect([unknown.code, unknown.calls]).toEqual([2, 0]);
    expect(unknown.err).toContain('did you mean "primary"?');
    expect((await drift(undefined, '--ignore', 'heeder')).err).toContain('did you mean "header"?');
  });
});

describe('recorded again', () => {
  const SECOND = 'Sunday from 10 am; behind the shop; 30 days. [returns_v1]';
  const anew = (more: Partial<RunRequest>, text = SECOND) =>
    provided(() => ({
      parts: [
        { type: 'text-delta', text },
        { type: 'end', reason: 'stop' },
      ],
    })).then(async (provider) => {
      const ran = await run({ mode: 'live', record: true, ...more });
      await provider.close();
      return ran;
    });
  const all = () => cassettes().map((one: Cassette) => JSON.stringify(one));

  it('it is shown and asked about; a no keeps what was there', async () => {
    const was = all();
    const asked: string[] = [];
    const confirm = async (question: string) => asked.push(question) > 1;
    const { stderr } = await anew({ confirm });
    expect(asked).toEqual(['Keep them? [y/N] ']);
    expect(stderr).toContain(`changed backup parking: 200, 335 bytes: ${SECOND.slice(0, 20)}`);
    expect(stderr).toContain('nothing was kept');
    expect(all()).toEqual(was);
  });

  it('an edited prompt makes new ones, and what nothing asks for any more goes', async () => {
    const before = Object.fromEntries(
      readdirSync(home()).map((name) => [name, readFileSync(join(home(), name), 'utf8')]),
    );
    const { stderr } = await edited(
      'agent.mjs',
      (text) => text.replace('be brief', 'be terse'),
      () => anew({ yes: true, task: ['parking'] }),
    );
    expect(stderr.match(/^ {2}(?:new|gone) \w+ \w+/gm)).toEqual([
      ...['  gone backup parking', '  gone primary parking', '  new primary parking', '  new backup parking'],
    ]);
    expect(cassettes().map(({ takes }) => takes.length)).toEqual([2, 2, 2]);
    for (const [name, text] of Object.entries(before)) writeFileSync(join(home(), name), text);
  });

  it.each<[string, Partial<RunRequest>, RegExp]>([
    ['without --mode live', { record: true, mode: 'mock' }, /only in live mode do true providers reply/],
    ['with nobody to ask', { record: true, mode: 'live' }, /nobody here to ask/],
    ['on a CI server', { record: true, mode: 'live', ci: true, confirm: async () => true }, /nobody here to ask/],
    ['several times', { record: true, mode: 'live', yes: true, repeat: 3 }, /--repeat gets several replies/],
  ])('is refused %s, before anything is called', async (_, more, message) => {
    await expect(run(more)).rejects.toThrow(message);
  });
});

describe('a cassette that is none', () => {
  const NAME = 'fixtures/replies/shop/parking.yaml';
  const refused = (edit: (text: string) => string) =>
    edited(NAME, edit, async () => {
      const terminal = fakeTerminal({ cwd: project.cwd });
      const code = await main(['node', 'drill', 'run', 'one_down', '--replies', 'recorded'], terminal);
      return `${code} ${terminal.err()}`;
    });

  it.each<[string, (text: string) => string, RegExp]>([
    [
      'of another version',
      (t) => t.replace('cassette/1', 'cassette/2'),
      /parking\.yaml:3:9\n {2}fix: did you mean "drill\.cassette\/1"/,
    ],
    ['broken', (t) => t.replace('takes:', 'takes: takes:'), /broken YAML[\s\S]*parking\.yaml:\d+:\d+/],
    [
      'with an unknown key',
      (t) => t.replace('client:', 'clinet:'),
      /unknown key "clinet"[\s\S]*parking\.yaml:\d+:7[\s\S]*did you mean "client"/,
    ],
    [
      'that leads elsewhere',
      (t) => t.replace('task: parking', 'task: ../../../etc/passwd'),
      /the file is called parking[\s\S]*parking\.yaml:5:7/,
    ],
    [
      'of another workflow',
      (t) => t.replace('workflow: shop', 'workflow: ../shop'),
      /the folder is called shop[\s\S]*parking\.yaml:4:11/,
    ],
    [
      'whose chunks are not its body',
      (t) => t.replace(/chunks: \[\[0?\d+, \d+/, 'chunks: [[0, 9999'),
      /the bytes of its chunks are not those of its body[\s\S]*parking\.yaml:\d+:\d+/,
    ],
    [
      'with a header in a header',
      (t) => t.replace('[content-type, application/json]', '[content-type, "a\\r\\nx-evil: 1"]'),
      /a header has no control characters[\s\S]*parking\.yaml:\d+:26/,
    ],
    [
      'that steers the terminal',
      (t) => t.replace('status: 200', 'status: "\\e[31m200"'),
      /status may not be[\s\S]*parking\.yaml:\d+:\d+/,
    ],
    ['that is too large', (t) => `${t}# ${'x'.repeat(1_000_000)}\n`, /more than 1000000 bytes[\s\S]*parking\.yaml/],
  ])('%s', async (_, edit, message) => {
    const told = await refused(edit);
    expect(told).toMatch(/^2 error/);
    expect(told).toMatch(message);
    expect(told.match(/error: /g)).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what may not stand there.
    expect(told).not.toMatch(/\u001b/);
  });

  it('is told by drill validate as well, and good ones are fine', async () => {
    const validate = async () => {
      const terminal = fakeTerminal({ cwd: project.cwd });
      const code = await main(['node', 'drill', 'validate'], terminal);
      return [code, terminal.out(), terminal.err()];
    };
    const [good, out] = await validate();
    expect([good, out]).toEqual([0, '8 files are fine\n']);
    const [bad, , err] = await edited(NAME, (t) => t.replace('framing: length', 'framing: lenght'), validate);
    expect(bad).toBe(2);
    expect(err).toMatch(/parking\.yaml:\d+:16\n {2}fix: did you mean "length"/);
  });

  it('and where nothing is recorded that is said', async () => {
    const told = await replay({ names: ['timeout_primary'], target: 'reference' }).catch(
      (error: Error) => error.message,
    );
    expect(told).toBe('nothing is recorded of the workflow support-answer');
  });
});
