import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { type GamedayFlags, gameday } from './cli/commands/gameday.ts';
import { proxy } from './cli/commands/proxy.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { exampleOf } from './config/alternatives.ts';
import { flagOf } from './config/fault-flag.ts';
import { loadWorkflow } from './config/workflow-folder.ts';
import { placeOf } from './core/drill.ts';
import { DrillError } from './core/errors.ts';
import type { ToolSchema } from './core/model-call.ts';
import { root } from './drill-run.fixture.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { Project } from './project.fixture.ts';
import { type OpenProxy, openProxy, type ProxyRequest } from './proxy.ts';
import { garbageCollector } from './run/collect.ts';
import { type Exchange, exchangeOver } from './stand/sockets/exchange.ts';
import { disengage, engage } from './stopping/lever.ts';
import { createWallClock } from './world/index.ts';

const clock = createWallClock();
const REQUEST: ProxyRequest = {
  cwd: root,
  role: ['primary=openai-chat', 'backup=anthropic-messages'],
  fault: [],
  seed: 1,
  port: 0,
  listen: '127.0.0.1',
  journal: 1000,
};

const orders = loadWorkflow(join(root, 'fixtures/golden/order-agent'), [join(root, 'fixtures/sources')], catalogue);
const NO_TOOLS: ToolSchema[] = [];

const opened: OpenProxy[] = [];
async function open(change: Partial<ProxyRequest> = {}): Promise<OpenProxy> {
  const one = await openProxy({ ...REQUEST, ...change }, catalogue);
  opened.push(one);
  return one;
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** One call of a role, with or without a stream, over a connection of its own; the client leaves after so long. */
function call(
  on: OpenProxy,
  role = 'primary',
  input = 'Are you open?',
  { stream = false, leaves = 60_000, tools = NO_TOOLS } = {},
) {
  const address = on.roles[role];
  const protocol = catalogue.protocols.find(({ name }) => name === address?.protocol);
  if (address === undefined || protocol === undefined) throw new Error(`no role ${role}`);
  const messages = [{ role: 'user' as const, content: input }];
  const body = { protocol: protocol.name, model: address.model, messages, tools, stream, maxOutputTokens: 500 };
  return leaving(protocol.writeCall(body, address), leaves);
}

async function leaving(request: Parameters<typeof exchangeOver>[0], ms: number): Promise<Exchange> {
  const [left, over] = [new AbortController(), new AbortController()];
  clock.sleep(ms, over.signal).then(
    () => left.abort(),
    () => {},
  );
  return exchangeOver(request, clock, left.signal).finally(() => over.abort());
}

const textOf = ({ body }: Exchange): string => new TextDecoder().decode(body);

async function admin(on: OpenProxy, line: string, given?: object | string, headers: Record<string, string> = {}) {
  const [method = 'GET', path = ''] = line.split(' ');
  const sent = new TextEncoder().encode(typeof given === 'object' ? JSON.stringify(given) : (given ?? ''));
  const all = { authorization: `Bearer ${on.admin.token}`, ...headers };
  const request = { method, url: `${on.admin.url}/${path}`, headers: Object.entries(all), body: sent };
  const reply = await exchangeOver(request, clock, new AbortController().signal);
  return { status: reply.status, said: JSON.parse(textOf(reply)) };
}

describe('any call of a role gets a reply', () => {
  it('in its own protocol, with the base URL with and without a version', async () => {
    const on = await open();
    expect(textOf(await call(on))).toContain('"object":"chat.completion"');
    expect(textOf(await call(on, 'backup'))).toContain('"type":"message"');
    const { base_url = '' } = on.roles['primary'] ?? {};
    const bare = { ...on, roles: { primary: { ...on.roles['primary'], base_url: base_url.replace('/v1', '') } } };
    expect((await call(bare as OpenProxy)).status).toBe(200);
    expect(on.env).toMatchObject({
      OPENAI_BASE_URL: base_url,
      ANTHROPIC_BASE_URL: on.roles['backup']?.base_url,
      DRILL_ADMIN_URL: on.admin.url,
      DRILL_ADMIN_TOKEN: on.admin.token,
    });
    expect(on.totals()).toEqual({ calls: 3, ended: { primary: { 200: 2 }, backup: { 200: 1 } }, fired: {} });
  });

  it('that of a golden task where its words are in the call, and tools that do what its turns say', async () => {
    const on = await open({ workflow: 'order-agent' });
    const asked = 'A reply to: My order 1188 arrived with a cracked base.';
    expect(textOf(await call(on, 'primary', asked))).toContain('Thank you for your question');
    const task = orders.tasks.find(({ turns }) => turns.length > 0);
    const [turn] = task?.turns ?? [];
    const reply = textOf(await call(on, 'primary', `Hello. ${task?.input} Thanks`));
    expect(reply).not.toContain('Thank you for your question');
    const body = new TextEncoder().encode(JSON.stringify(turn?.args));
    const use = { method: 'POST', url: `${on.tools}/${turn?.tool}`, headers: [], body };
    expect(JSON.parse(textOf(await leaving(use, HANG_GUARD_MS)))).toEqual(turn?.returns);
  });
});

describe('a fault', () => {
  it('counts calls from where it was armed, and leaves others alone', async () => {
    const on = await open({ fault: ['server-error@primary,status=503,calls=1+3'] });
    const statuses = async () => [(await call(on)).status, (await call(on)).status];
    expect(await statuses()).toEqual([503, 200]);
    const { status, said } = await admin(on, 'PUT faults/mine', {
      fault: 'auth-failed',
      role: 'primary',
      when: { calls: [2] },
    });
    expect([status, said]).toEqual([
      201,
      { id: 'mine', fault: 'auth-failed', role: 'primary', when: { calls: [2], per: 'task' } },
    ]);
    expect(await statuses()).toEqual([503, 401]);
  });

  it('is put, seen, replaced and removed by its id, as often as one likes', async () => {
    const on = await open({ fault: ['hang@backup'] });
    const fault = { fault: 'rate-limited', role: 'primary', retry_after_ms: 3000 };
    expect((await admin(on, 'PUT faults/a', fault)).status).toBe(201);
    expect((await admin(on, 'PUT faults/a', { ...fault, retry_after_ms: 7000 })).status).toBe(200);
    const { headers } = await call(on);
    expect(headers).toContainEqual(['retry-after', '7']);
    const { said } = await admin(on, 'GET faults');
    expect(said.faults.map((one: { id: string }) => one.id)).toEqual(['hang@backup', 'a']);
    expect((await admin(on, 'GET faults/a')).said).toMatchObject({ retry_after_ms: 7000 });
    expect(await admin(on, 'DELETE faults/a')).toEqual({ status: 200, said: { removed: true } });
    expect(await admin(on, 'DELETE faults/a')).toEqual({ status: 200, said: { removed: false } });
    expect((await admin(on, 'GET faults/a')).status).toBe(404);
    expect((await call(on)).status).toBe(200);
    expect(await admin(on, 'POST reset')).toEqual({ status: 200, said: { removed: 1 } });
    expect((await admin(on, 'GET faults')).said).toEqual({ faults: [] });
  });

  it('reverts by itself when its time to live is over; one that replaced it keeps its own', async () => {
    const on = await open();
    const fault = { fault: 'server-error', role: 'primary' };
    const { said } = await admin(on, 'PUT faults/a', { ...fault, ttl_ms: 400 });
    expect(said.reverts_in_ms).toBeGreaterThan(0);
    await admin(on, 'PUT faults/b', { ...fault, ttl_ms: 100 });
    await admin(on, 'PUT faults/b', { ...fault, role: 'backup', ttl_ms: 60_000 });
    while ((await admin(on, 'GET faults/a')).status === 200) await clock.sleep(20);
    expect((await call(on)).status).toBe(200);
    expect((await call(on, 'backup')).status).toBe(500);
  });
});

it('the journal is kept short, and filtered', async () => {
  const on = await open({ journal: 3, fault: ['rate-limited@primary,calls=2'] });
  for (const role of ['primary', 'primary', 'backup', 'backup']) await call(on, role);
  const entries = async (query: string) =>
    (await admin(on, `GET journal${query}`)).said.entries.map(({ n }: { n: number }) => n);
  expect(await entries('')).toEqual([2, 3, 4]);
  expect(await entries('?role=backup')).toEqual([3, 4]);
  expect(await entries('?fault=rate-limited')).toEqual([2]);
  expect(await entries('?status=200&since=3')).toEqual([4]);
  expect(await entries('?limit=1')).toEqual([4]);
  const { said } = await admin(on, 'GET journal?status=429');
  const { at } = said.entries[0];
  expect(await entries(`?since=${at}`)).toEqual([2, 3, 4]);
  expect(await entries('?since=2999-01-01T00:00:00Z')).toEqual([]);
  expect(said).toMatchObject({
    calls: 4,
    under_way: 0,
    ended: { primary: { 200: 1, 429: 1 }, backup: { 200: 2 } },
    fired: { 'rate-limited': 1 },
    entries: [
      {
        ...{ n: 2, role: 'primary', model: 'gpt-5-mini', stream: false, task: 'any', status: 429, how: 'complete' },
        ...{ failure: 'rate_limit', faults: [{ fault: 'rate-limited' }] },
      },
    ],
  });
});

it('is found by the name it is advertised under, on every address, with a token of its own', async () => {
  const token = '0123456789abcdef';
  const on = await open({ listen: '0.0.0.0', advertise: 'Localhost', token });
  expect(on.admin).toEqual({ token, url: expect.stringMatching(/^http:\/\/Localhost:\d+\/__drill$/) });
  const named = (host: string) => admin(on, 'GET faults', '', { host });
  expect((await named('localhost:1')).status).toBe(200);
  expect((await named('[::1]:1')).status).toBe(200);
  expect((await named('localhost.example')).status).toBe(403);
});

describe('the admin API', () => {
  it.each([
    ['no token', 'GET faults', '', { authorization: '' }, 401, 'Authorization: Bearer'],
    ['another token', 'GET faults', '', { authorization: 'Bearer x' }, 401, 'Authorization: Bearer'],
    ['a name that was changed to this address', 'GET faults', '', { host: 'evil.example' }, 403, '--advertise'],
    ['the same for health', 'GET health', '', { host: 'evil.example:8100' }, 403, '--advertise'],
    ['a web page', 'POST reset', '', { origin: 'http://localhost:3000' }, 403, 'without the header `Origin`'],
    ['no such place', 'GET fautls', '', {}, 404, 'GET /__drill/faults'],
    ['a path that cannot be read', 'GET faults/%zz', '', {}, 400, 'GET /__drill/faults'],
    ['another method', 'POST faults/a', '', {}, 405, 'PUT'],
    ['no JSON', 'PUT faults/a', '{', {}, 400, '"fault"'],
    ['no mapping', 'PUT faults/a', '[]', {}, 400, 'write'],
    ['an unknown fault', 'PUT faults/a', '{"fault":"hnag","role":"primary"}', {}, 400, 'did you mean "hang"'],
    ['an unknown role', 'PUT faults/a', '{"fault":"hang","role":"primry"}', {}, 400, 'did you mean "primary"'],
    ['no role', 'PUT faults/a', '{"fault":"hang"}', {}, 400, 'add'],
    ['a role of a fault of tools', 'PUT faults/a', '{"fault":"tool-error","role":"primary"}', {}, 400, '`tool`'],
    ['an unknown parameter', 'PUT faults/a', '{"fault":"hang","role":"primary","fr":1}', {}, 400, 'known keys'],
    ['no time to live', 'PUT faults/a', '{"fault":"hang","role":"primary","ttl_ms":0}', {}, 400, '86400000'],
    ['a bad id', 'PUT faults/a%20b', '{"fault":"hang","role":"primary"}', {}, 400, 'rename it'],
    ['too long a body', 'PUT faults/a', `"${'x'.repeat(100_000)}"`, {}, 413, 'one fault'],
    ['an unknown filter', 'GET journal?rol=x', '', {}, 400, 'role, fault, status'],
    ['a bad filter', 'GET journal?status=ok', '', {}, 400, '`429`'],
  ])('refuses %s', async (_, line, body, headers, status, fix) => {
    const on = await open();
    const reply = await admin(on, line, body, headers);
    expect([reply.status, reply.said.error]).toEqual([
      status,
      expect.objectContaining({ message: expect.any(String) }),
    ]);
    expect(reply.said.error.fix).toContain(fix);
    expect((await admin(on, 'GET faults')).said).toEqual({ faults: [] });
  });

  it('tells anybody that it is well', async () => {
    const on = await open();
    const { status, said } = await admin(on, 'GET health', '', { authorization: '', host: 'localhost:1' });
    expect([status, said]).toEqual([200, { status: 'ok', roles: ['primary', 'backup'], faults: 0, calls: 0 }]);
  });
});

it.each<[Partial<ProxyRequest>, RegExp]>([
  [{ role: ['primary'] }, /a role is written name=protocol.*openai-chat/],
  [{ role: ['primary=opneai-chat'] }, /no protocol "opneai-chat".*did you mean "openai-chat"/],
  [{ role: ['primary=openai-chat/azur'] }, /no dialect "azur".*did you mean "azure"/],
  [{ role: ['a=gemini', 'a=gemini'] }, /the role "a" is there twice/],
  [{ fault: ['hang@verifier'] }, /no role "verifier"/],
  [{ fault: ['tool-error@issue_refund'] }, /no tool "issue_refund"/],
  [{ workflow: 'order-agnt' }, /no golden tasks for the workflow "order-agnt".*did you mean "order-agent"/],
  [{ listen: '0.0.0.0' }, /others can reach it: it needs a token.*--token/],
  [{ listen: '0.0.0.0', token: 'short' }, /too short to be safe/],
  [{ token: 'a b' }, /a token is letters/],
  [{ listen: '203.0.113.1', token: '0123456789abcdef' }, /no such address.*--listen/],
])('%j is refused', async (change, why) => {
  expect(await refusalOf(change)).toMatch(why);
});

it('a port that is taken is told', async () => {
  const on = await open();
  const port = Number(new URL(on.admin.url).port) - 1;
  expect(await refusalOf({ port })).toMatch(/something else listens there.*--port/);
});

async function refusalOf(change: Partial<ProxyRequest>): Promise<string> {
  try {
    await open(change);
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    return error.problems.map(({ message, fix }) => `${message}: ${fix}`).join();
  }
  return 'not refused';
}

describe('the command', () => {
  it('says on one line that it is ready, with variables to paste, and sums up when it is interrupted', async () => {
    const interrupt = new AbortController();
    const terminal = fakeTerminal({ signal: interrupt.signal });
    const flags = { ...REQUEST, fault: ['rate-limited@primary'], json: false, untilStdinEnds: false };
    const ended = proxy(flags, catalogue, terminal);
    while (terminal.out() === '') await clock.sleep(5);
    expect(terminal.out()).toMatch(
      /^drill proxy is ready: primary http:\S+\/v1 \(openai-chat\), backup http:\S+ \(anthropic-messages\), admin http:\S+\/__drill\n/,
    );
    const url = /^OPENAI_BASE_URL=(\S+)$/m.exec(terminal.out())?.[1];
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
    const { status } = await fetch(`${url}/chat/completions`, { method: 'POST', body });
    expect(status).toBe(429);
    interrupt.abort();
    expect(await ended).toBe(0);
    expect(terminal.out()).toMatch(
      /\ndrill proxy has ended: 1 call\n {2}primary: 1 × 429\n {2}faults that acted: 1 × rate-limited\n$/,
    );
    await expect(fetch(`${url}/models`)).rejects.toThrow('fetch failed');
  });

  it('an engaged lever takes its faults away, also from a call that one holds up, and lets none be armed', async () => {
    using project = new Project({});
    const interrupt = new AbortController();
    const terminal = fakeTerminal({ cwd: project.cwd, signal: interrupt.signal });
    const ended = proxy(
      { ...REQUEST, fault: ['hang@primary'], json: true, untilStdinEnds: false },
      catalogue,
      terminal,
    );
    const lines = () =>
      terminal
        .out()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    while (lines().length < 1) await clock.sleep(5);
    const [{ env }] = lines();
    const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
    const ask = () => fetch(`${env.OPENAI_BASE_URL}/chat/completions`, { method: 'POST', body });
    const held = ask();
    held.catch(() => {});
    const admin = (path: string, init?: RequestInit) =>
      fetch(env.DRILL_ADMIN_URL + path, { ...init, headers: { authorization: `Bearer ${env.DRILL_ADMIN_TOKEN}` } });
    const read = async (reply: Response) => JSON.parse(await reply.text());
    while ((await read(await admin('/journal'))).fired.hang !== 1) await clock.sleep(5);
    engage(project.cwd, { reason: 'incident 7', who: 'me', since: 'now' });
    await expect(held).rejects.toThrow('fetch failed');
    expect((await ask()).status).toBe(200);
    const put = await admin('/faults/one', { method: 'PUT', body: '{"fault":"hang","role":"primary"}' });
    expect([put.status, (await read(put)).error.message]).toEqual([400, expect.stringContaining('incident 7')]);
    disengage(project.cwd);
    while (lines().length < 3) await clock.sleep(5);
    expect(lines().slice(1)).toMatchObject([
      { lever: 'engaged', reason: 'incident 7', reverted: 1 },
      { lever: 'disengaged', reverted: 0 },
    ]);
    interrupt.abort();
    expect(await ended).toBe(0);
  });

  it('as a process: a line of JSON for programs, and an end with its standard input where that is asked for', async () => {
    const words = ['proxy', '--role', 'primary=gemini', '--json', '--until-stdin-ends'];
    const child = spawn(process.execPath, [join(root, 'bin/drill.js'), ...words], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    for await (const chunk of child.stdout) {
      lines.push(...String(chunk).trim().split('\n'));
      child.stdin.end();
    }
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    expect(code).toBe(0);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      ready: true,
      roles: { primary: { protocol: 'gemini', base_url: expect.stringMatching(/^http:\/\/127/) } },
      admin: { token: expect.any(String) },
      env: { GOOGLE_GEMINI_BASE_URL: expect.any(String) },
    });
    expect(JSON.parse(lines[1] ?? '')).toEqual({ calls: 0, ended: {}, fired: {} });
  });
});

describe('drill gameday', () => {
  /** The command where there is no screen, with what it says line by line, and what is in its journal. */
  function begin(cwd: string, change: Partial<GamedayFlags> = {}) {
    const interrupt = new AbortController();
    const terminal = fakeTerminal({ cwd, signal: interrupt.signal });
    const flags = { ...REQUEST, json: false, ui: 'plain', untilStdinEnds: false, out: 'days', ...change } as const;
    const ended = gameday(flags, catalogue, terminal);
    // Where it fails, its test sees that in its own time.
    ended.catch(() => {});
    const folder = join(cwd, 'days');
    const said = async (what: string | RegExp) => {
      while (terminal.out().search(what) < 0) await clock.sleep(5);
      return terminal.out();
    };
    const variable = async (name: string) =>
      new RegExp(`^${name}=(\\S+)$`, 'm').exec(await said(/^journal: /m))?.[1] ?? '';
    return {
      ...{ terminal, said, interrupt, ended },
      async ask(): Promise<number> {
        const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'a secret' }] });
        return (await fetch(`${await variable('OPENAI_BASE_URL')}/chat/completions`, { method: 'POST', body })).status;
      },
      async admin(method: string, path: string, body?: string): Promise<void> {
        const headers = { authorization: `Bearer ${await variable('DRILL_ADMIN_TOKEN')}` };
        await fetch(`${await variable('DRILL_ADMIN_URL')}/${path}`, { method, headers, ...(body && { body }) });
      },
      journal: (): string => readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8'),
    };
  }

  it('says what happens as it does, and keeps it; at the end it says what was switched and what the calls did', async () => {
    using project = new Project({});
    const on = begin(project.cwd, { fault: ['server-error@primary,status=503'] });
    expect(await on.ask()).toBe(503);
    await on.admin('POST', 'reset');
    await on.admin('PUT', 'faults/mine', '{"fault":"rate-limited","role":"primary","ttl_ms":60000}');
    expect(await on.ask()).toBe(429);
    await on.said(/429 after/);
    on.interrupt.abort();
    expect(await on.ended).toBe(0);
    const [, after = ''] = on.terminal.out().split(/^(?=journal: days)/m);
    expect(after.replace(/\d\d:\d\d:\d\d/g, 'TIME').replace(/\d\.\d s/g, 'N s')).toMatch(
      new RegExp(
        [
          /^journal: days\/gameday-\S+\.jsonl/,
          /TIME {2}primary {2}on server-error status=503 {2}from the start/,
          /TIME {2}primary {2}503 after N s \(server-error\)/,
          /TIME {2}primary {2}off server-error status=503 {2}by the admin API/,
          /TIME {2}primary {2}on rate-limited {2}by the admin API, as mine {2}for 6N s/,
          /TIME {2}primary {2}429 after N s \(rate-limited\)/,
          /TIME {2}primary {2}off rate-limited {2}at the end, as mine/,
          /drill gameday has ended: 2 calls/,
          / {2}primary: 1 × 429, 1 × 503/,
          / {2}faults that acted: 1 × rate-limited, 1 × server-error/,
          /faults that were armed \(times in UTC\), and how the calls there ended meanwhile:/,
          / {2}TIME–TIME {2}primary server-error status=503 \(from the start, off by the admin API\): 1 × 503/,
          / {2}TIME–TIME {2}primary rate-limited \(by the admin API, off at the end\): 1 × 429/,
          /$/,
        ]
          .map(({ source }) => source)
          .join('\n'),
      ),
    );
    const kept = on.journal();
    expect(kept).not.toMatch(/a secret|[Tt]oken|_key/);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const lines = kept.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'began', at: time, roles: { primary: expect.stringMatching(/^http/) } },
      { event: 'on', at: time, id: 'server-error@primary', use: { status: 503 }, by: 'command line' },
      { event: 'call', at: time, role: 'primary', status: 503, faults: [{ fault: 'server-error' }] },
      { event: 'off', at: time, id: 'server-error@primary', by: 'admin API' },
      { event: 'on', at: time, id: 'mine', ttl_ms: 60_000, by: 'admin API' },
      { event: 'call', at: time, status: 429, ms: expect.any(Number) },
      { event: 'off', at: time, id: 'mine', by: 'end' },
      { event: 'ended', at: time, calls: 2 },
    ]);
  });

  it('what the lever does is kept, and of a call that the end breaks off it does not say that its caller left', async () => {
    using project = new Project({});
    const on = begin(project.cwd, { fault: ['stall@primary'], json: true });
    const { env } = JSON.parse((await on.said(/\n/)).split('\n')[0] ?? '');
    const headers = { authorization: `Bearer ${env.DRILL_ADMIN_TOKEN}` };
    engage(project.cwd, { reason: 'incident 7', who: 'me', since: 'now' });
    await on.said(/"lever":"engaged"/);
    disengage(project.cwd);
    await on.said(/"lever":"disengaged"/);
    const body = '{"fault":"hang","role":"primary"}';
    await fetch(`${env.DRILL_ADMIN_URL}/faults/mine`, { method: 'PUT', headers, body });
    const held = fetch(`${env.OPENAI_BASE_URL}/chat/completions`, {
      method: 'POST',
      body: '{"model":"m","messages":[{"role":"user","content":"Hi"}]}',
    });
    held.catch(() => {});
    const acted = async () =>
      JSON.parse(await (await fetch(`${env.DRILL_ADMIN_URL}/journal`, { headers })).text()).fired;
    while ((await acted()).hang !== 1) await clock.sleep(5);
    on.interrupt.abort();
    expect(await on.ended).toBe(0);
    await expect(held).rejects.toThrow('fetch failed');
    const lines = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(lines(on.journal()).slice(1)).toMatchObject([
      { event: 'on', id: 'stall@primary' },
      { event: 'off', id: 'stall@primary', by: 'lever' },
      { event: 'lever', lever: 'engaged', reason: 'incident 7', reverted: 1 },
      { event: 'lever', lever: 'disengaged' },
      { event: 'on', id: 'mine' },
      { event: 'off', id: 'mine', by: 'end' },
      { event: 'call', role: 'primary', status: null, how: 'closed', faults: [{ fault: 'hang' }] },
      { event: 'ended', calls: 1, ended: { primary: { closed: 1 } } },
    ]);
    expect(lines(on.terminal.out()).at(-1)).toMatchObject({ calls: 1, journal: expect.stringMatching(/^days/) });
  });

  it('does not begin where its journal cannot be written, and frees its ports', async () => {
    using project = new Project({ days: 'a file' });
    const on = begin(project.cwd);
    await expect(on.ended).rejects.toThrow(/the journal cannot be written/);
    expect(on.terminal.out()).toBe('');
  });
});

/** By hand: LOAD_MS=60000 LOAD_CONNECTIONS=64 npx vitest run src/proxy.test.ts -t load */
const { LOAD_MS = '1500', LOAD_CONNECTIONS = '16' } = process.env;
const NO_BYTES = new Uint8Array();
/** Far from when any reply of the load ends by itself. */
const LEAVES_MS = 4_000;

it('under load with 5 % of every fault it counts what the clients saw, and leaves nothing behind', async () => {
  const gc = garbageCollector();
  const before = resources();
  const on = await openProxy(
    { ...REQUEST, role: [...REQUEST.role, 'verifier=openai-responses'], workflow: 'order-agent', fault: everyFault() },
    catalogue,
  );
  const seen: Record<string, Record<string, number>> = {};
  const began = clock.now();
  const heaps: number[] = [];
  const sample = () => {
    gc();
    heaps.push(Math.round(process.memoryUsage().heapUsed / 1e5) / 10);
  };
  const count = (role: string, { status, ended }: Exchange) => {
    const as = String(status ?? (ended === 'left' ? 'left' : 'broken'));
    seen[role] = { ...seen[role], [as]: (seen[role]?.[as] ?? 0) + 1 };
  };
  async function worker(i: number): Promise<void> {
    for (let n = 0; clock.now() - began < Number(LOAD_MS); n += 1) {
      const role = ['primary', 'backup', 'verifier', 'primary'][(i + n) % 4] ?? '';
      const { input } = orders.tasks[(i + n) % orders.tasks.length] ?? { input: '' };
      const tools = n % 3 === 0 ? orders.tools : [];
      count(role, await call(on, role, input, { stream: n % 2 === 0, leaves: LEAVES_MS, tools }));
      const tool = ['lookup_order', 'issue_refund', 'lookup_policy'][(i + n) % 3] ?? '';
      count(
        tool,
        await leaving({ method: 'POST', url: `${on.tools}/${tool}`, headers: [], body: NO_BYTES }, LEAVES_MS),
      );
    }
  }
  const sampling = new AbortController();
  const samples = (async () => {
    for (;;) {
      sample();
      await clock.sleep(Number(LOAD_MS) / 6, sampling.signal);
    }
  })().catch(() => {});
  await Promise.all(Array.from({ length: Number(LOAD_CONNECTIONS) }, (_, i) => worker(i)));
  sampling.abort();
  await samples;

  // Who left has been heard a moment later.
  while ((await admin(on, 'GET journal?limit=1')).said.under_way > 0) await clock.sleep(5);
  const totals = on.totals();
  expect(byStatus(totals.ended)).toEqual(seen);
  // Whose timers would be left: more than a test runner has of its own.
  const lasting = ['a', 'b', 'c', 'd'];
  for (const id of lasting) await admin(on, `PUT faults/${id}`, { fault: 'hang', role: 'primary', ttl_ms: 3_600_000 });
  const { removed } = (await admin(on, 'POST reset')).said;
  expect(removed).toBe(everyFault().length + lasting.length);
  const after = await Promise.all(Array.from({ length: 8 }, () => call(on)));
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 200));
  await on.close();
  while (moreThan(before).length > 0) await clock.sleep(5);
  sample();
  if (process.env['LOAD_MS'] !== undefined)
    console.log({ calls: totals.calls, seen, fired: totals.fired, heaps, left: moreThan(before) });
});

/** Each as its example has it. */
function everyFault(): string[] {
  const roles = ['primary', 'backup', 'verifier'];
  return catalogue.faults.map((fault) => {
    const use = exampleOf(fault);
    // Of those that only delay: by so much that nobody waits, or by hardly anything.
    const ms = use.fault.startsWith('slow') ? 60_000 : 300;
    const flag = flagOf(fault).replace(/(?<!retry_after)_ms=\d+/g, `_ms=${ms}`);
    const at = placeOf(use);
    return `${roles.includes(at) || fault.kind === 'tool' ? flag : flag.replace(at, 'primary')},probability=0.05`;
  });
}

/** What the journal has counted, in the words in which the client does. */
const byStatus = (ended: ReturnType<OpenProxy['totals']>['ended']) =>
  Object.fromEntries(
    Object.entries(ended).map(([role, counts]) => {
      const all: Record<string, number> = {};
      for (const [as, count] of Object.entries(counts)) {
        const status = /^\d+/.exec(as)?.[0] ?? (as === 'left' ? 'left' : 'broken');
        all[status] = (all[status] ?? 0) + count;
      }
      return [role, all];
    }),
  );

/** Sockets, servers and timers of this process. */
const resources = (): string[] => process.getActiveResourcesInfo().filter((one) => /TCP|Timeout/.test(one));

/** Those that were not there before. */
function moreThan(before: readonly string[]): string[] {
  const known = [...before];
  return resources().filter((one) => {
    const at = known.indexOf(one);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}
