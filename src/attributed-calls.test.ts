import { describe, expect, it } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import { type Ran, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { TEN_TASKS } from './ten-tasks.fixture.ts';

/** One process for all tasks, that hands on what tells them apart in the way of its first argument. */
const AGENT = `
import { createInterface } from 'node:readline';
import { Agent, request } from 'node:http';

const [way, by] = process.argv.slice(2);
const roles = JSON.parse(process.env.DRILL_ROLES ?? '{}');
// They share a few connections: whose call it is, no connection tells.
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
const overHttp = (url, init) => new Promise((resolve, reject) => {
  const sent = request(url, { ...init, agent }, async (reply) => {
    let text = '';
    for await (const piece of reply) text += piece;
    resolve({ ok: reply.statusCode < 400, json: () => JSON.parse(text) });
  });
  sent.on('error', reject).end(init.body);
});
const send = by === 'http' ? overHttp : fetch;

const spanBelow = (trace) => trace.replace(/-[0-9a-f]{16}-/, '-00f067aa0ba902b7-');
const HEADERS = {
  'x-drill-ask': ({ headers }) => ({ 'x-drill-ask': headers['x-drill-ask'] }),
  traceparent: ({ headers }) => ({ traceparent: spanBelow(headers.traceparent) }),
};
const BODY = { user: ({ id }) => ({ user: id }), metadata: ({ id }) => ({ metadata: { session: id } }) };
const said = [];

async function answer(task) {
  const content = task.sources.map(({ text }) => text).join(' ') + ' ' + task.input;
  // A memory that everybody shares: older questions stand in it, marks and all.
  const before = way === 'marker' ? said.slice(-3) : [];
  said.push({ role: 'user', content: task.input });
  for (const { base_url, model } of [roles.primary, roles.backup]) {
    const body = JSON.stringify({ ...BODY[way]?.(task), model, messages: [...before, { role: 'user', content }] });
    const headers = { 'content-type': 'application/json', ...HEADERS[way]?.(task) };
    const reply = await send(base_url + '/chat/completions', { method: 'POST', headers, body }).catch(() => undefined);
    if (reply?.ok) return (await reply.json()).choices[0].message.content + (way === 'marker' ? ' You asked: ' + task.input : '');
  }
  return '';
}

const tell = (id, text) => console.log(JSON.stringify({ id, ...(text ? { kind: 'answered', answer: text } : { kind: 'failed' }) }));
for await (const line of createInterface({ input: process.stdin })) {
  const task = JSON.parse(line);
  if (task.id) answer(task).then((text) => tell(task.id, text));
}
`;

const role = (model: string) =>
  `{ provider: openai, protocol: openai-chat, base_url: 'https://api.openai.com/v1', model: ${model}, latency: low }`;
const config = (params: string) => `
roles: { primary: ${role('gpt-5-mini')}, backup: ${role('gpt-5-nano')} }
targets:
  mine:
    ${params}
    declares: { features: [fallback, deadline], chain: [primary, backup], fails_over_on: [server_error], retries: 0, deadline_ms: 60000 }
default_target: mine
`;
const drill = (tasks: number, arrive: 'together' | 'in_turn') => `
drill: rush
title: Questions that come while the primary is down
hypothesis: Each is answered by the backup.
workflow: any
phases:
  - { name: down, tasks: ${tasks}, load: { arrive: ${arrive} }, faults: [{ fault: server-error, role: primary }] }
expect: { fails-over: {} }
`;

async function run(way: string, by: string, load = drill(10, 'together')): Promise<Ran> {
  const lives = way === 'url' ? 'task' : 'run';
  const target = `command: [${process.execPath}, agent.mjs, ${way}, ${by}]\n    lives: ${lives}\n    marker: ${way === 'marker'}`;
  using project = new Project({
    ...TEN_TASKS,
    'agent.mjs': AGENT,
    'drill.config.yaml': config(target),
    'drills/rush.yaml': load,
  });
  return await runDrill({ cwd: project.cwd, names: ['rush'], target: 'mine', tasks: 'my-tasks' });
}

/** Of each call, the task it was told to be of and the sources that stood in it, where those are not that task's. */
const wrong = ({ trace }: Ran) =>
  eventsOf(trace, 'call')
    .map(({ task, held }) => [task, ...held.sources])
    .filter(([task, ...sources]) => sources.join() !== `${task}_v1`);
const notesOf = ({ report }: Ran) => report.drills[0]?.notes ?? [];

describe('every call of ten tasks at once is told to be of the right one', () => {
  it.concurrent.each([
    ['url', 'fetch', 'a URL of its own'],
    ['x-drill-ask', 'fetch', 'a header that was handed on'],
    ['traceparent', 'http', 'a header that was handed on'],
    ['user', 'http', 'the body’s user or metadata'],
    ['metadata', 'fetch', 'the body’s user or metadata'],
    ['marker', 'http', 'a mark in its text'],
  ])('by %s, over %s', async (way, by, words) => {
    const ran = await run(way, by);
    expect(ran.report.drills[0]?.reasons).toEqual([]);
    expect(ran.report.verdict).toBe('passed');
    // Ten in the baseline, and twice as many where the primary is down.
    expect(eventsOf(ran.trace, 'call').length).toBe(30);
    expect(wrong(ran)).toEqual([]);
    const told = `which ask a call belongs to was told by ${words}`;
    expect(notesOf(ran)).toContain(told);
    for (const shown of [ran.screen, ran.files['report.md']]) expect(shown?.replace(/\s+/g, ' ')).toContain(told);
    expect(ran.text).not.toMatch(/\[drill:/);
  });
});

describe('of a target that hands on nothing', () => {
  it.concurrent('calls of tasks under way together are told to be nobody’s, and what to do', async () => {
    const { report, trace, code } = await run('nothing', 'fetch', drill(3, 'together'));
    expect([report.verdict, code]).toEqual(['inconclusive', 3]);
    // Of their calls to the backup, one may come when the others have given up: then it is the only ask's.
    const [first, ...more] = eventsOf(trace, 'unattributed-call');
    expect(first).toMatchObject({ role: 'primary', asks: 3, phase: 'down' });
    expect(more.length).toBeGreaterThanOrEqual(2);
    expect(new Set(more.map(({ phase }) => phase))).toEqual(new Set(['down']));
    expect(report.drills[0]?.reasons[0]).toEqual({
      reason: 'nothing told to which of 3 asks under way a call to primary belongs',
      fix: expect.stringContaining('x-drill-ask or traceparent'),
    });
  });

  it.concurrent('calls of tasks one after the other are told to be of the right one', async () => {
    const ran = await run('nothing', 'fetch', drill(3, 'in_turn'));
    expect(ran.report.verdict).toBe('passed');
    expect(wrong(ran)).toEqual([]);
    expect(notesOf(ran)).toContain('which ask a call belongs to was told by no other ask being under way');
  });
});
