import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createPort } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { DrillError } from './core/errors.ts';
import type { JudgedDrill } from './core/report.ts';
import { type Ran, root, runDrill } from './drill-run.fixture.ts';
import { freePorts } from './free-ports.fixture.ts';
import { judgeStored, readRun } from './judge/stored-run.ts';
import type { RunRequest } from './opened.ts';
import { Project } from './project.fixture.ts';
import { parseJson } from './text/json.ts';
import { pointedAt } from './text/json-pointer.ts';

const TASKS = {
  'my-tasks/opening_hours.json':
    '{ "name": "opening_hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }',
  'my-tasks/parking.json': '{ "name": "parking", "input": "Where can I park?", "must_include": ["in the yard"] }',
};
/** Two asks at once, and a fault that is over at once. */
const DRILL = `drill: short
title: The primary answers with errors
hypothesis: Each task is answered by the backup.
workflow: my-tasks
phases: [{ name: outage, tasks: 2, load: { arrive: together }, faults: [{ fault: server-error, role: primary }] }]
expect: { fails-over: {} }
`;
/** Its replies take no time worth waiting for. */
const PYTHON = `python3 ${root}/fixtures/targets/http-service.py`;
/** As it stands in a configuration. */
const hole = (name: string) => `\${${name}}`;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface RunOf extends Ran {
  stderr: string;
}

async function run(target: string, more: Partial<RunRequest> = {}): Promise<RunOf> {
  const lines: string[] = [];
  using project = new Project({
    ...TASKS,
    'short.yaml': DRILL,
    'drill.config.yaml': `targets:\n  shop:\n${target.replace(/^/gm, '    ')}\n`,
  });
  const ran = await runDrill({
    ...{ cwd: project.cwd, names: ['short.yaml'], target: 'shop', tasks: 'my-tasks' },
    stderr: { write: (text) => void lines.push(text) },
    ...more,
  });
  return { ...ran, stderr: lines.join('') };
}

/** Of a stand and of the service. */
const PORTS = 6;

/** A service of this test's own, which runs already. */
async function serving(answer: (task: { input: string }, headers: Headers) => Promise<object>): Promise<string> {
  const server: Server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const headers = new Headers({ 'x-drill-ask': String(request.headers['x-drill-ask']) });
    response.end(JSON.stringify(await answer(JSON.parse(text), headers)));
  });
  closing.push(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Asks the primary and then the backup of a stand, both as OpenAI's client would. */
async function agent(port: number, input: string, headers: Headers, prefix = ''): Promise<object> {
  for (const [i, path] of ['/v1/chat/completions', '/v1/messages'].entries()) {
    const response = await fetch(`http://127.0.0.1:${port + i}${prefix}${path}`, {
      method: 'POST',
      headers: { 'anthropic-version': '2023-06-01', 'x-api-key': 'k', ...Object.fromEntries(headers) },
      body: JSON.stringify({ model: 'm', max_tokens: 99, messages: [{ role: 'user', content: input }] }),
    });
    if (!response.ok) continue;
    const said = parseJson(await response.text());
    return { answer: pointedAt(said, '/choices/0/message/content') ?? pointedAt(said, '/content/0/text') };
  }
  return { kind: 'failed', notice: 'Later.' };
}

function expectFailover({ report, code, trace }: Ran): void {
  const [drill] = report.drills;
  expect(drill?.reasons).toEqual([]);
  const tasks = [...(drill?.tasks ?? [])];
  expect(tasks.map(({ outcome, failover }) => [outcome.kind, failover?.to])).toEqual(
    Array(2).fill(['answered', 'backup']),
  );
  expect(tasks.map(({ calls }) => calls.map(({ role }) => role))).toEqual(Array(2).fill(['primary', 'backup']));
  expect(report.time).toBe('wall');
  expect(trace.some(({ kind }) => kind === 'unattributed-call')).toBe(false);
  expect(code).toBe(0);
}

describe('the service on the standard library', () => {
  it('started by drill, anew for each world', async () => {
    const port = await freePorts(1);
    const ran = await run(`http: http://127.0.0.1:${port}/ask\nstart: ${PYTHON} ${port}`, { jobs: 4 });
    expectFailover(ran);
    expect(ran.stderr).toBe('one drill at a time: two at once would be in each other’s way at this target\n');
    // Nothing is left that listens there.
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow('fetch failed');
  });

  it('running already, with the lines that a run prints first', async () => {
    const port = await freePorts(PORTS);
    const target = `http: http://127.0.0.1:${port}/ask\nstand: { port: ${port + 1} }`;
    const first = await run(target);
    expect(first.code).toBe(3);
    const [failed, silent] = first.report.drills[0]?.reasons ?? [];
    expect(failed?.reason).toMatch(/^the baseline of opening_hours, parking failed.*ECONNREFUSED/);
    expect(silent?.reason).toMatch(/^it does not call the stand/);
    // No phase is waited for.
    expect(first.trace.flatMap((e) => (e.kind === 'phase' ? [e.phase] : []))).toEqual(['baseline', 'baseline']);

    const lines = [...first.stderr.matchAll(/^ {2}(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
    const env = { PATH: process.env['PATH'], ...Object.fromEntries(lines) };
    const service = spawn('python3', [`${root}/fixtures/targets/http-service.py`, String(port)], { env });
    closing.push(() => void service.kill());
    for (let up = false; !up; )
      up = await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      );
    expectFailover(await run(target));
  });
});

describe('a service that runs already', () => {
  it('but does not call the stand: said first, with what to do', async () => {
    const port = await freePorts(PORTS);
    const url = await serving(async ({ input }) => ({ answer: input.includes('park') ? 'in the yard' : '10 am' }));
    const { report, code, files } = await run(`http: ${url}\nstand: { port: ${port} }`);
    const reasons = report.drills[0]?.reasons;
    expect(reasons).toEqual([
      {
        reason: 'it does not call the stand: without faults not one call to a model came',
        fix: expect.stringMatching(
          /OPENAI_BASE_URL.*DRILL_PRIMARY_URL, DRILL_BACKUP_URL.*lines that the run prints first/,
        ),
      },
    ]);
    expect(code).toBe(3);
    using stored = new Project(files);
    const judged: unknown[] = [];
    const onDrill = (drill: JudgedDrill) => void judged.push(drill.reasons);
    judgeStored(readRun(stored.cwd, 'the run'), catalogue.checks, new Map(), { onDrill });
    expect(judged).toEqual([reasons]);
  });

  it('finds the stand at the same ports in each world, and needs its token there', async () => {
    const port = await freePorts(PORTS);
    const token = 'f00dfacef00dfacef00d';
    process.env['DRILL_TEST_STAND'] = token;
    closing.push(() => void delete process.env['DRILL_TEST_STAND']);
    const refused: number[] = [];
    const url = await serving(async ({ input }, headers) => {
      const own = { ...Object.fromEntries(headers), authorization: 'Bearer wrong' };
      for (const prefix of ['', '/~wrong', `/~${token}x`])
        refused.push(
          (await fetch(`http://127.0.0.1:${port}${prefix}/v1/chat/completions`, { method: 'POST', headers: own }))
            .status,
        );
      // One is led by the URL, the other has it as its key.
      const notice = `My stand is ${token}.`;
      if (input.includes('park')) return { ...(await agent(port, input, headers, `/~${token}`)), notice };
      headers.set('authorization', `Bearer ${token}`);
      headers.set('x-api-key', token);
      return agent(port, input, headers);
    });
    const stand = `{ port: ${port}, token: '${hole('env:DRILL_TEST_STAND')}' }`;
    const ran = await run(`http: ${url}\nstand: ${stand}`);
    expectFailover(ran);
    expect(new Set(refused)).toEqual(new Set([403]));
    expect(ran.stderr).toContain(`  DRILL_PRIMARY_URL=http://127.0.0.1:${port}/~${hole('DRILL_TEST_STAND')}/v1\n`);
    expect(ran.stderr).toContain(
      'a call to primary came without the token of the stand and was turned away (HTTP 403)\n',
    );
    expect(JSON.stringify([ran.stderr, ran.screen, ran.files])).not.toContain(token);
  });

  it('a port of the stand that is taken: inconclusive, and which', async () => {
    const port = await freePorts(PORTS);
    const taken = createPort().listen(port + 2, '127.0.0.1');
    closing.push(() => void taken.close());
    await once(taken, 'listening');
    const url = await serving(async () => ({ answer: '10 am' }));
    const error = await run(`http: ${url}\nstand: { port: ${port} }`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DrillError);
    expect(error).toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(`cannot listen: .*EADDRINUSE.*${port + 2}`),
    });
  });
});

describe('a service that cannot be started', () => {
  const failing = async (start: string, more = '') => {
    const port = await freePorts(1);
    const lines: string[] = [];
    const stderr = { write: (text: string) => void lines.push(text) };
    const ran = run(`http: http://127.0.0.1:${port}/\nstart: ${start}\n${more}`, { stderr });
    const error = await ran.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ exitCode: 3 });
    return { message: String(error), stderr: lines.join('') };
  };

  it.each([
    ['it ends at once', `["node", "-e", "console.error('no database'); process.exit(4)"]`, /exit code 4: no database$/],
    ['there is no such command', 'no-such-command-at-all', /there is no command no-such-command-at-all/],
  ])('%s', async (_, start, message) => {
    expect((await failing(start)).message).toMatch(message);
  });

  it('it never gets ready: nothing of it is left', async () => {
    const { message, stderr } = await failing('["sh", "-c", "echo pid $$; exec sleep 900"]', 'ready_ms: 2000');
    expect(message).toMatch(/was not ready within 2000 ms$/);
    const pid = Number(stderr.match(/^pid (\d+)$/m)?.[1]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('the run is cancelled while it gets ready: nothing of it is left', async () => {
    const port = await freePorts(1);
    const cancel = new AbortController();
    let pid = 0;
    const ended = await run(`http: http://127.0.0.1:${port}/\nstart: ["sh", "-c", "echo pid $$; exec sleep 900"]`, {
      signal: cancel.signal,
      stderr: {
        write(text) {
          pid ||= Number(text.match(/^pid (\d+)$/m)?.[1] ?? 0);
          if (pid > 0) cancel.abort();
        },
      },
    });
    expect(ended.report.status).toBe('interrupted');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('it ends while it is asked: told with its last words', async () => {
    const port = await freePorts(1);
    const code = `require('http').createServer((q, r) => {
      if (q.method === 'POST') { console.error('out of memory'); process.exit(9); }
      r.end();
    }).listen(${port}, '127.0.0.1')`;
    const { report } = await run(`http: http://127.0.0.1:${port}/\nstart: ${JSON.stringify(['node', '-e', code])}`);
    const reasons = report.drills[0]?.reasons.map(({ reason }) => reason).join('\n');
    expect(reasons).toMatch(/: it ended with exit code 9: out of memory; http:\/\/127\.0\.0\.1:\d+ gave no response/);
  });

  it('its port is taken: what answers there is not taken for it', async () => {
    const url = await serving(async () => ({ answer: '10 am' }));
    const error = await run(`http: ${url}/\nstart: ${PYTHON} 1`).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      exitCode: 3,
      message: `the service did not start: something answered at ${url} before it was started`,
    });
  });
});

it('Portkey’s gateway, told by a header where its models are', async () => {
  const port = await freePorts(1);
  const target = (role: string, more: string) =>
    `{ "provider": "${role === 'primary' ? 'openai' : 'anthropic'}", "api_key": "${hole(`roles.${role}.api_key`)}", "custom_host": "${hole(`roles.${role}.base_url`)}${more}", "override_params": { "model": "${hole(`roles.${role}.model`)}", "max_tokens": 500 } }`;
  const ran = await run(`http: http://127.0.0.1:${port}/v1/chat/completions
as: openai-chat
start: node ${root}/node_modules/@portkey-ai/gateway/build/start-server.js --port=${port} --headless
ready: http://127.0.0.1:${port}/
headers:
  x-portkey-config: '{ "strategy": { "mode": "fallback" }, "targets": [${target('primary', '')}, ${target('backup', '/v1')}] }'`);
  expectFailover(ran);
  expect(ran.report.drills[0]?.notes).toContain('which ask a call belongs to was told by a URL of its own');
});
