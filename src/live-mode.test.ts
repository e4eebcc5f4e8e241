import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { eventsOf } from './core/evidence.ts';
import type { Part } from './core/wire.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { freePorts } from './free-ports.fixture.ts';
import { type Provider, type ProviderCall, startProvider } from './live/provider.fixture.ts';
import type { RunRequest } from './opened.ts';
import { Project } from './project.fixture.ts';
import { openProxy } from './proxy.ts';

// Real providers' place is taken by one of ours, over TLS: everything between it and the target is as it ships.

const KEYS = {
  OPENAI_API_KEY: 'sk-proj-real-one-0123456789abcdef',
  ANTHROPIC_API_KEY: 'sk-ant-real-two-0123456789abcdef',
};
const REAL = Object.values(KEYS);
const SAID = 'We open at 10 am on Sunday, as on any other day of the week, and close at 6 pm.';
const ANSWERS = [
  ...[{ type: 'text-delta', text: SAID.slice(0, 40) } as const, { type: 'text-delta', text: SAID.slice(40) } as const],
  ...[{ type: 'usage', input: 30, output: 20 } as const, { type: 'end', reason: 'stop' } as const],
];
const DRILL = `drill: live
title: The primary fails
hypothesis: The backup answers in its place.
workflow: tasks
live: allowed
phases:
  - { name: errors, tasks: 1, faults: [{ fault: server-error, role: primary }] }
  - { name: cut, tasks: 1, faults: [{ fault: truncated-answer, role: primary }] }
  - { name: streamed, tasks: 1, stream: true, faults: [{ fault: connection-reset, role: primary }] }
  - { name: well, tasks: 1, stream: true }
expect:
  fails-over: {}
`;

let provider: Provider;
/** What the provider says to some calls, by itself. */
let instead: ((call: ProviderCall) => readonly Part[] | undefined) | undefined;
const DOWN: readonly Part[] = [{ type: 'error', mode: 'server_error', message: 'Internal error' }];
const before = { ...process.env };
beforeAll(async () => {
  provider = await startProvider({
    keys: REAL,
    answer: (call) => ({ parts: instead?.(call) ?? ANSWERS }),
  });
  Object.assign(process.env, KEYS);
});
afterAll(async () => {
  for (const name of Object.keys(KEYS)) {
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
  }
  await provider.close();
});

const BASES: Readonly<Record<string, string>> = { 'openai-chat': '/v1', 'openai-responses': '/v1' };
const MODELS: Readonly<Record<string, string>> = {
  'openai-chat': 'gpt-5-mini',
  'openai-responses': 'gpt-5-mini',
  'anthropic-messages': 'claude-haiku-4-5',
  gemini: 'gemini-2.5-flash',
};
const roleOf = (protocol: string, key: string) =>
  `{ provider: p, protocol: ${protocol}, base_url: "${provider.origin}${BASES[protocol] ?? ''}", model: ${MODELS[protocol]}, key_env: ${key}, ca_file: ca.pem }`;

const configOf = (
  primary: string,
  limits = '{ daily_usd: 5, max_output_tokens: 500, ledger: spend }',
) => `live: ${limits}
roles:
  primary: ${roleOf(primary, 'OPENAI_API_KEY')}
  backup: ${roleOf('anthropic-messages', 'ANTHROPIC_API_KEY')}
`;

interface Asked {
  primary?: string;
  target: string;
  config?: string;
  live?: string;
  more?: Partial<RunRequest>;
  drill?: string;
  files?: Record<string, string>;
}

/** A run, and every file that it left: reports, ledger. */
async function live({
  primary = 'openai-chat',
  target,
  config = '',
  live: limits,
  more,
  drill = DRILL,
  files = {},
}: Asked) {
  const lines: string[] = [];
  const calls = provider.calls.length;
  using project = new Project({
    'tasks/hours.json': '{ "name": "hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }',
    'live.yaml': drill,
    'ca.pem': provider.ca,
    'drill.config.yaml': `${configOf(primary, limits)}${config}`,
    ...files,
  });
  const ran = await runDrill({
    ...{ cwd: project.cwd, names: ['./live.yaml'], tasks: 'tasks', target, mode: 'live' },
    stderr: { write: (text) => void lines.push(text) },
    ...more,
  });
  const spend = join(project.cwd, 'spend');
  const ledger = (existsSync(spend) ? readdirSync(spend) : []).map((name) => readFileSync(join(spend, name), 'utf8'));
  const left = [...Object.values(ran.files), ran.screen, ...lines, ...ledger].join('\n');
  return { ...ran, stderr: lines.join(''), left, asked: provider.calls.slice(calls) };
}

const verdictsOf = ({ report }: Awaited<ReturnType<typeof live>>) =>
  report.drills[0]?.tasks.map(({ phase, verdict, served_by }) => [phase, verdict, served_by]);
const FAILED_OVER = [
  ['errors', 'passed', 'backup'],
  ['cut', 'passed', 'backup'],
  ['streamed', 'passed', 'backup'],
  ['well', 'passed', 'primary'],
];
/** Its key is in no file, and only real ones reached the provider. */
function expectNoLeak({ left, asked }: Awaited<ReturnType<typeof live>>): void {
  for (const key of REAL) expect(left).not.toContain(key);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter(({ key }) => !REAL.includes(key))).toEqual([]);
  expect(asked.flatMap(({ headers }) => headers.map(([name]) => name)).filter((name) => /drill/i.test(name))).toEqual(
    [],
  );
}

describe('a module on the official SDKs, over TLS', () => {
  it.each(['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'])('%s', async (primary) => {
    const one = await live({ primary, target: join(root, 'fixtures/targets/sdks-agent.mjs') });
    expect(one.report.drills[0]?.reasons).toEqual([]);
    expect(verdictsOf(one)).toEqual(FAILED_OVER);
    expect([one.report.mode, one.report.time]).toEqual(['live', 'wall']);
    expectNoLeak(one);
    // The provider's own words, and not a script's.
    expect(one.report.drills[0]?.tasks[0]?.outcome).toMatchObject({ kind: 'answered', answer: SAID });
    expect(one.report.drills[0]?.notes.join()).toContain('includes-required');
    expect(eventsOf(one.trace, 'passed')).toEqual([]);
  });
});

/** Asks the first role, then the second, on \`fetch\` and at the providers' own hosts; says what it sees of its surroundings. */
const OWN = (early = '') =>
  `import { writeFileSync } from 'node:fs';
export default async (task, { roles }) => {
  writeFileSync(process.env.SEEN, JSON.stringify(process.env));
  ${early}
  for (const role of [roles.primary, roles.backup]) {
    const anthropic = role.protocol === 'anthropic-messages';
    const url = (anthropic ? 'ORIGIN/v1/messages' : 'ORIGIN/v1/chat/completions');
    const key = process.env[anthropic ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY'];
    const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', 'x-api-key': key, authorization: 'Bearer ' + key };
    const body = { model: role.model, max_tokens: 300, messages: [{ role: 'user', content: task.input }] };
    const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => undefined);
    if (!reply?.ok) continue;
    const said = await reply.json();
    return { kind: 'answered', answer: anthropic ? said.content[0].text : said.choices[0].message.content };
  }
  return { kind: 'failed', error: 'nobody replied' };
};
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 12000 };
`.replaceAll('ORIGIN', provider.origin);

const SHORT = DRILL.replace(/ {2}- \{ name: (?:streamed|well).*\n/g, '');

describe('what a provider does by itself', () => {
  const sdks = join(root, 'fixtures/targets/sdks-agent.mjs');
  async function meanwhile(says: NonNullable<typeof instead>, asked: Asked) {
    instead = says;
    try {
      return await live(asked);
    } finally {
      instead = undefined;
    }
  }

  it('is told beside what the drill did', async () => {
    const drill = DRILL.replace(/ {2}- \{ name: (?:cut|streamed).*\n/g, '');
    const one = await meanwhile(
      ({ path, body }) =>
        path.endsWith('/chat/completions') && Buffer.from(body).includes('"stream":true') ? DOWN : undefined,
      { target: sdks, drill },
    );
    expect(one.report.drills[0]?.notes).toContain(
      'primary failed by itself in 1 call, with no fault before it: server_error',
    );
    expect(verdictsOf(one)).toEqual([
      ['errors', 'passed', 'backup'],
      ['well', 'passed', 'backup'],
    ]);
  });

  it('is no finding about a target that asked everybody', async () => {
    const drill = SHORT.replace(/ {2}- .*cut.*\n/, '');
    const one = await meanwhile(({ path }) => (path.endsWith('/v1/messages') ? DOWN : undefined), {
      target: sdks,
      drill,
    });
    const cell = one.report.drills[0]?.tasks[0]?.checks.find(({ check }) => check === 'fails-over');
    expect(cell).toMatchObject({ verdict: 'inconclusive', reason: 'backup was broken as well' });
    expect(one.report.verdict).toBe('inconclusive');
  });

  it('at a limit that the drill put in leaves the drill open, and says so', async () => {
    process.env['SEEN'] = '/dev/null';
    const unlimited = OWN().replace('max_tokens: 300, ', '');
    const cut: Part[] = [
      { type: 'text-delta', text: 'We open at' },
      { type: 'end', reason: 'length' },
    ];
    const one = await meanwhile(({ path }) => (path.endsWith('/chat/completions') ? cut : undefined), {
      target: './agent.mjs',
      files: { 'agent.mjs': unlimited },
    });
    expect(one.report.verdict).toBe('inconclusive');
    expect(one.report.drills[0]?.reasons[0]).toMatchObject({
      reason: 'primary: its reply was cut by the limit of 500 output tokens, and the target had set none',
      fix: expect.stringContaining('Raise `max_output_tokens` of `live`'),
    });
  });
});

describe('a module that calls its providers by their own names', () => {
  it('is led to the stand, has no key, and is found out where it hands on a reply that was cut', async () => {
    using seen = new Project({});
    process.env['SEEN'] = join(seen.cwd, 'seen.json');
    try {
      const one = await live({ target: './agent.mjs', files: { 'agent.mjs': OWN() }, drill: SHORT });
      expect(verdictsOf(one)).toEqual([
        ['errors', 'passed', 'backup'],
        ['cut', 'failed', 'primary'],
      ]);
      expect(one.screen).toContain('truncated: what had come of a reply of primary that broke off');
      expectNoLeak(one);
      const env = readFileSync(join(seen.cwd, 'seen.json'), 'utf8');
      for (const key of REAL) expect(env).not.toContain(key);
      expect(env).toContain('drill-live-');
    } finally {
      delete process.env['SEEN'];
    }
  });
});

describe('what else leaves a module', () => {
  const asked = async (early: string, drill = SHORT) =>
    live({ target: './agent.mjs', files: { 'agent.mjs': OWN(early) }, drill });

  it('passes, and is named', async () => {
    const other = await startProvider({ plain: true });
    try {
      process.env['SEEN'] = '/dev/null';
      const one = await asked(`await fetch('${other.origin}/metrics');`, SHORT.replace(/ {2}- .*cut.*\n/, ''));
      expect(other.calls.length).toBeGreaterThan(0);
      expect(eventsOf(one.trace, 'passed').map(({ origin }) => origin)).toContain(new URL(other.origin).host);
      expect(one.report.drills[0]?.notes.join()).toContain(`it also connected to ${new URL(other.origin).host}`);
      expect(verdictsOf(one)).toEqual([['errors', 'passed', 'backup']]);
    } finally {
      await other.close();
    }
  });

  it('goes to the stand with its key in the URL, and with odd but legal options', async () => {
    process.env['SEEN'] = '/dev/null';
    const one = await live({
      primary: 'gemini',
      target: './agent.mjs',
      drill: SHORT.replace(/ {2}- .*cut.*\n/, ''),
      files: {
        'agent.mjs': OWN(`const http = await import('node:http');
          const settled = (...args) => new Promise((done) => http.request(...args, (r) => done(r.resume().statusCode)).on('error', (e) => done(e.code)).end());
          const { DRILL_TOOLS_URL: tools, OPENAI_API_KEY: key } = process.env;
          const said = [
            await settled({ host: '::1', port: 9 }),
            await settled({ host: '127.0.0.1', port: 9, path: '//' }),
            await settled(tools, { headers: ['accept', '*/*'] }),
          ];
          if (said.join() !== 'ECONNREFUSED,ECONNREFUSED,200') throw new Error(said.join());
          const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: task.input }] }] });
          const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
          const reply = await fetch('${provider.origin}/v1beta/models/gemini-2.5-flash:generateContent?key=' + key, init);
          if (task.id.endsWith('-1') && reply.status !== 200) throw new Error('status ' + reply.status);`),
      },
    });
    expect(one.report.drills[0]?.tasks[0]?.outcome).toMatchObject({ kind: 'answered' });
    expect(one.asked.map(({ path }) => path)).toContain('/v1beta/models/gemini-2.5-flash:generateContent');
    expectNoLeak(one);
  });

  it('goes to the stand by node:https as well; a socket of its own to a provider is refused', async () => {
    process.env['SEEN'] = '/dev/null';
    const { host, port } = new URL(provider.origin);
    const one = await asked(`const { get } = await import('node:https');
      const { connect } = await import('node:tls');
      const headers = { authorization: 'Bearer ' + process.env.OPENAI_API_KEY };
      const status = await new Promise((done) => get('${provider.origin}/v1/models', { headers }, (r) => done(r.resume().statusCode)));
      const code = await new Promise((done) => connect({ host: '127.0.0.1', port: ${port} }).on('error', (e) => done(e.code)));
      if (status !== 200 || code !== 'ECONNREFUSED') throw new Error(status + ' ' + code);`);
    expect(one.report.drills[0]?.reasons[0]?.reason).toBe(`a call was to leave for ${host}, past the stand`);
    expect(one.report.drills[0]?.tasks[0]?.outcome.kind).toBe('answered');
    expectNoLeak(one);
  });
});

describe('programs', () => {
  const short = SHORT.replace(/ {2}- .*cut.*\n/, '');
  it('a command', async () => {
    const module = join(root, 'fixtures/targets/sdks-agent.mjs');
    const config = `targets: { own: { command: [node, "${join(root, 'fixtures/targets/over-lines.mjs')}", "${module}"], lives: run, declares: { features: [fallback, deadline], chain: [primary, backup], deadline_ms: 12000 } } }`;
    const one = await live({ target: 'own', config, drill: short });
    expect(verdictsOf(one)).toEqual([['errors', 'passed', 'backup']]);
    expectNoLeak(one);
  });

  it('an HTTP service that drill starts', async () => {
    const config = `targets: { own: { http: "http://127.0.0.1:PORT/ask", start: python3 ${root}/fixtures/targets/http-service.py PORT, declares: { features: [fallback, deadline], chain: [primary, backup], deadline_ms: 12000 } } }`;
    const port = await freePorts(1);
    const one = await live({ target: 'own', config: config.replaceAll('PORT', String(port)), drill: short });
    expect(verdictsOf(one)).toEqual([['errors', 'passed', 'backup']]);
    expectNoLeak(one);
  });
});

describe('drill proxy --upstream', () => {
  /** The proxy in a project, and a call of a role, with its key unless there is another. */
  async function proxied(config: string, work: (ask: Ask) => Promise<void>, fault: string[] = []) {
    using project = new Project({ 'ca.pem': provider.ca, 'drill.config.yaml': config });
    const request = { cwd: project.cwd, role: [], fault, seed: 1, port: 0, listen: '127.0.0.1', journal: 10 };
    const open = await openProxy({ ...request, upstream: true, env: { ...KEYS, CI: 'true' } }, catalogue);
    const calls = provider.calls.length;
    const ask: Ask = (role, path, key) => {
      const { base_url, api_key, model } = open.roles[role] ?? {};
      const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
      return fetch(`${base_url}${path}`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${key ?? api_key}` },
        body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }),
      });
    };
    try {
      await work(ask);
      return provider.calls.slice(calls).map(({ key }) => key);
    } finally {
      await open.close();
    }
  }
  type Ask = (role: string, path: string, key?: string) => Promise<Response>;

  it('hands true replies on to whoever has its key, and breaks them', async () => {
    const keys = await proxied(
      configOf('openai-chat'),
      async (ask) => {
        const reply = await ask('primary', '/chat/completions');
        expect(JSON.stringify(await reply.json())).toContain(SAID);
        expect((await ask('primary', '/chat/completions', 'sk-somebody-elses')).status).toBe(401);
        expect((await ask('backup', '/v1/messages')).status).toBe(500);
      },
      ['server-error@backup'],
    );
    expect(keys).toEqual([KEYS.OPENAI_API_KEY]);
  });

  it('lets ten of 64 calls at once through where there is room for ten, by the count of the provider', async () => {
    // Twenty tokens, two cents: what is reserved is what the reply then costs.
    const priced = configOf('openai-chat', '{ daily_usd: 0.2, ledger: spend }').replace(
      'model: gpt-5-mini,',
      'model: gpt-5-mini, price: { input: 0, output: 1000 },',
    );
    const keys = await proxied(priced, async (ask) => {
      const replies = await Promise.all(Array.from({ length: 64 }, () => ask('primary', '/chat/completions')));
      const statuses = replies.map(({ status }) => status).sort();
      expect(statuses).toEqual([...Array(10).fill(200), ...Array(54).fill(503)]);
    });
    expect(keys).toHaveLength(10);
  });
});

describe('before anything is spent', () => {
  const target = './agent.mjs';
  const own = () => ({ target, files: { 'agent.mjs': OWN() } });

  it('--plan says what would be called, and calls nobody', async () => {
    const calls = provider.calls.length;
    const screen: string[] = [];
    await expect(
      live({ ...own(), more: { plan: true, stdout: { write: (text) => void screen.push(text) } } }),
    ).rejects.toThrow();
    expect(screen.join('')).toMatch(/^primary .*key OPENAI_API_KEY {2}trusting ca.pem as well\n/);
    expect(provider.calls.length).toBe(calls);
  });

  it('a drill that does not allow it is not run', async () => {
    const drill = DRILL.replace('live: allowed\n', '');
    await expect(live({ ...own(), drill })).rejects.toThrow('the drill live may not be run live');
  });

  it('a call for which there is no room is withheld, and nothing is held against the target', async () => {
    process.env['SEEN'] = '/dev/null';
    const one = await live({ ...own(), live: '{ daily_usd: 0.000001, max_output_tokens: 500, ledger: spend }' });
    expect(one.asked).toEqual([]);
    expect(one.report.verdict).toBe('inconclusive');
    expect(one.report.drills[0]?.reasons[0]?.reason).toMatch(/^a call to primary was not passed on: no room/);
    expect(one.report.drills[0]?.checks.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
  });
});
