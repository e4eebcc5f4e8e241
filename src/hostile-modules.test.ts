import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'drill-hostile-'));
beforeAll(() => {
  writeFileSync(
    join(home, 'short.yaml'),
    `drill: short
title: The primary is down
hypothesis: Another role answers.
workflow: support-answer
phases:
  - { name: outage, tasks: 1, faults: [{ fault: server-error, role: primary }] }
expect:
  fails-over: {}
`,
  );
});
afterAll(() => rmSync(home, { recursive: true }));

let modules = 0;
/** An agent that knows one role and gives up: `fails-over` finds it. `body` and `inTask` are the trick. */
function giverUp({ body = '', inTask = '', after = 'answer' }: Trick): string {
  const file = join(home, `agent-${++modules}.mjs`);
  writeFileSync(
    file,
    `${body}
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'] };
export default async (task, context) => {
  const { roles, tools } = context;
  ${inTask}
  const { base_url, model, api_key } = roles.primary;
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: [task.input, ...task.sources.map((s) => s.id + ' ' + s.text)].join('\\n') }] });
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + api_key };
  const reply = await fetch(base_url + '/chat/completions', { method: 'POST', headers, body });
  if (!reply.ok) throw new Error('status ' + reply.status);
  const answer = (await reply.json()).choices[0].message.content;
  return ${after};
};
`,
  );
  return file;
}

interface Trick {
  /** Run when the module is evaluated. */
  body?: string;
  /** Run at the beginning of each task. */
  inTask?: string;
  /** What it returns. */
  after?: string;
}

const TRICKS: Record<string, Trick> = {
  'JSON.stringify gives nothing': { body: "JSON.stringify = () => '{}';" },
  'JSON.parse gives nothing': { inTask: 'JSON.parse = () => ({});' },
  'filter finds nothing': { body: 'Array.prototype.filter = () => [];' },
  'find finds nothing': { body: 'Array.prototype.find = () => undefined;' },
  'some says no': { body: 'Array.prototype.some = () => false;' },
  'every says yes': { body: 'Array.prototype.every = () => true;' },
  'includes says yes': { body: 'Array.prototype.includes = () => true; String.prototype.includes = () => true;' },
  'flatMap gives nothing': { inTask: 'Array.prototype.flatMap = () => [];' },
  'push keeps nothing': { inTask: 'Array.prototype.push = () => 0;' },
  'map changes nothing': { inTask: 'Array.prototype.map = function () { return this; };' },
  'a Map forgets': { inTask: 'Map.prototype.get = () => undefined;' },
  'a Map keeps nothing': { inTask: 'Map.prototype.set = function () { return this; };' },
  'a Set holds all': { inTask: 'Set.prototype.has = () => true;' },
  'a WeakMap forgets': { inTask: 'WeakMap.prototype.get = () => undefined;' },
  'patterns match all': { inTask: 'RegExp.prototype.test = () => true;' },
  'patterns find nothing': { inTask: 'RegExp.prototype.exec = () => null; String.prototype.match = () => null;' },
  'objects have no entries': { inTask: 'Object.entries = () => [];' },
  'objects have no keys': { inTask: 'Object.keys = () => [];' },
  'objects have no values': { inTask: 'Object.values = () => [];' },
  'assign assigns nothing': { inTask: 'Object.assign = (one) => one;' },
  'fromEntries is empty': { inTask: 'Object.fromEntries = () => ({});' },
  'every object has a kind': { body: "Object.prototype.kind = 'outcome';" },
  'every object becomes other JSON': {
    body: "Object.prototype.toJSON = () => ({ kind: 'answered', answer: 'fine' });",
  },
  'nothing is an own key': { inTask: 'Object.hasOwn = () => false;' },
  'errors are frozen': { body: 'Object.freeze(Error); Object.freeze(Error.prototype);' },
  'stacks throw': { body: "Error.prepareStackTrace = () => { throw new Error('no stack'); };" },
  'stacks are no texts': { body: 'Error.prepareStackTrace = () => 42; Error.stackTraceLimit = 0;' },
  'Error is gone': { inTask: 'delete globalThis.Error;' },
  'promises never settle': { inTask: 'Promise.race = () => new Promise(() => {}); Promise.all = Promise.race;' },
  'then does nothing': { inTask: 'Promise.prototype.then = () => {};' },
  'AbortController is gone': { body: 'delete globalThis.AbortController; delete globalThis.AbortSignal;' },
  'queueMicrotask is gone': { body: 'delete globalThis.queueMicrotask;' },
  'listeners are never called': { inTask: 'EventTarget.prototype.addEventListener = () => {};' },
  'events are not dispatched': { inTask: 'EventTarget.prototype.dispatchEvent = () => true;' },
  'Buffer.from throws': { body: "Buffer.from = () => { throw new Error('no buffers'); };" },
  'Buffer.concat is empty': { inTask: 'Buffer.concat = () => Buffer.alloc(0);' },
  'structuredClone is empty': { inTask: 'globalThis.structuredClone = () => ({});' },
  'timers fire at once': { body: 'globalThis.setTimeout = (fn) => { fn(); return 0; };' },
  'timers never fire': { body: 'globalThis.setTimeout = () => 0; globalThis.setImmediate = () => 0;' },
  'ticks never come': { inTask: 'process.nextTick = () => {};' },
  'the drain of ticks is gone': { inTask: 'process._tickCallback = () => {};' },
  'no listener of the process is left': { inTask: 'process.removeAllListeners();' },
  'the time stands': { inTask: 'Date.now = () => 0; performance.now = () => 0;' },
  'chance is one number': { inTask: 'Math.random = () => 0.5;' },
  'apply calls nothing': { inTask: 'Reflect.apply = () => undefined;' },
  'call calls nothing': {
    inTask: 'Function.prototype.call = () => undefined; Function.prototype.apply = () => undefined;',
  },
  'nobody knows whose work it is': {
    body: "import { AsyncLocalStorage } from 'node:async_hooks'; AsyncLocalStorage.prototype.getStore = () => undefined;",
  },
  'nothing can be written': {
    body: "import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module'; fs.writeSync = () => 0; fs.writeFileSync = () => {}; syncBuiltinESMExports();",
  },
  'standard output is closed': { inTask: 'process.stdout.write = () => true; process.stderr.write = () => true;' },
  'all descriptors are closed': {
    inTask: "for (let fd = 0; fd < 20; fd++) try { process.getBuiltinModule('fs').closeSync(fd); } catch {}",
  },
  'it exits with 0': { inTask: 'process.exit(0);' },
  'it really exits': { inTask: 'process.reallyExit(0);' },
  'it exits when it is loaded': { body: 'process.reallyExit(0);' },
  'it exits at its end': { body: "process.on('exit', () => process.reallyExit(0));", inTask: 'process.exit(7);' },
  'it sets the exit code': { inTask: 'process.exitCode = 0;' },
  'it aborts': { inTask: 'process.abort();' },
  'it kills itself': { inTask: "process.kill(process.pid, 'SIGKILL');" },
  'it stops hearing signals': { inTask: "process.on('SIGTERM', () => {}); process.on('SIGINT', () => {});" },
  'it empties its contract': {
    inTask: 'for (const key of Object.keys(task.contract ?? {})) delete task.contract[key];',
  },
  'it renames its task': {
    inTask: "task.id = 'another-1'; task.deadline_ms = 1e9; roles.backup.model = roles.primary.model;",
  },
  'it returns what changes when it is read': {
    after: "(() => { let n = 0; return { get kind() { return n++ ? 'needs_review' : 'answered'; }, answer }; })()",
  },
  'it returns a proxy': {
    after: "new Proxy({ kind: 'answered', answer }, { get: (it, key) => it[key] ?? 'x', has: () => true })",
  },
  'it throws what cannot be told': { inTask: 'throw { get message() { throw 1; }, toString() { throw 2; } };' },
  'it uses a tool without a name': { inTask: 'await tools.call(undefined).catch(() => {});' },
  'it writes into the pipe': {
    inTask: 'try { process.getBuiltinModule(\'fs\').writeSync(4, \'1\\n{"kind":"outcome"}\\nnull\\n\'); } catch {}',
  },
  'it calls what names code that blocks': { inTask: "globalThis[Symbol.for('drill.held')](true);" },
};

describe('a module that fails, with a trick', () => {
  const run = (trick: Trick) =>
    runDrill({
      names: [join(home, 'short.yaml')],
      target: giverUp(trick),
      task: ['order_not_found'],
      stuckAfterMs: 20_000,
    });

  it('without one it fails', async () => {
    const { code, report } = await run({});
    expect(report.drills[0]?.tasks[0]?.checks.find((c) => c.verdict === 'failed')?.check).toBe('fails-over');
    expect(code).toBe(1);
  });

  it.each(Object.keys(TRICKS))('%s: no better verdict', async (name) => {
    let outcome: unknown;
    try {
      const { code, screen } = await run(TRICKS[name] ?? {});
      outcome = code;
      // What our code trips over is told in words, and never as minified source.
      expect(screen).not.toMatch(/\.js:\d+:\d+|\bat \S+ \(/);
    } catch (error) {
      // What the command would have told: invalid input, or inconclusive.
      outcome = (error as { exitCode?: number }).exitCode ?? error;
    }
    expect([1, 2, 3]).toContain(outcome);
  });
});

/** It swaps a lamp, and swaps it again where the first reply is lost: `acts-once` finds it, in the trace alone. */
const SWAPPER = ({ body = '', inTask = '' }: Trick) => `${body}
const addressOf = (model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model });
export const roles = { primary: addressOf('gpt-5-mini') };
export default async (task, { roles: { primary }, tools }) => {
  ${inTask}
  const messages = [{ role: 'user', content: task.input }];
  const ask = async () => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + primary.api_key };
    const offered = tools.schemas.map((one) => ({ type: 'function', function: one }));
    const body = JSON.stringify({ model: primary.model, messages, tools: offered });
    return (await (await fetch(primary.base_url + '/chat/completions', { method: 'POST', headers, body })).json()).choices[0].message;
  };
  const message = await ask();
  const [{ id, function: { name, arguments: text } }] = message.tool_calls;
  const swap = () => tools.call(name, JSON.parse(text));
  const result = await swap().catch(swap);
  messages.push(message, { role: 'tool', tool_call_id: id, content: JSON.stringify(result) });
  return (await ask()).content;
};
`;

const SWAPS: Record<string, string> = {
  'lost.yaml': `drill: lost
title: A reply is lost
hypothesis: A write takes effect once.
workflow: my-tasks
phases:
  - { name: lost, tasks: 1, faults: [{ fault: tool-reply-lost, tool: book_swap, when: { calls: [1] } }] }
expect: { acts-once: {} }
`,
  'my-tasks/contract.yaml': 'workflow: my-tasks\npermissions: { tools: { book_swap: { write: true } } }\n',
  'my-tasks/tools.json':
    '[{ "name": "book_swap", "description": "Books a swap.", "parameters": { "type": "object", "properties": { "order": { "type": "string" } } } }]',
  'my-tasks/swap.yaml': `name: swap
input: Please swap the lamp of order 7.
answer: The lamp of order 7 is swapped.
answer_if_not_done: The lamp of order 7 cannot be swapped now.
turns: [{ tool: book_swap, args: { order: '7' }, returns: { booked: '7' } }]
`,
};

/** Each makes the two uses of the tool look like different ones, where our code looks again for what the language gives. */
const HIDING: Record<string, Trick> = {
  'another Object': {
    inTask: `const { Object: O } = globalThis; let n = 10;
  const entries = (of) => O.entries(of?.kind?.startsWith('tool-') ? O.assign(of, { args_hash: '00000000000000' + n++ }) : of);
  globalThis.Object = new Proxy(O, { get: (it, key) => (key === 'entries' ? entries : Reflect.get(it, key)) });`,
  },
  'another JSON': {
    body: `const { parse, stringify } = JSON; let n = 0;
globalThis.JSON = { __proto__: null, parse, stringify: (value, how, space) => stringify(value, how, space) + (typeof how === 'function' ? ' '.repeat(++n) : '') };`,
  },
  'another iterator of arrays': {
    inTask: `const all = Object.getPrototypeOf([].values()); const { next } = all; let n = 10;
  all.next = function () {
  const step = next.call(this);
  if (Array.isArray(step.value) && step.value[0] === 'args_hash') { const hash = '00000000000000' + n++; step.value[1] = { toJSON: () => hash }; }
  return step;
};`,
  },
};

/** Ways to the outside that lie under Node's own modules, or beside them. */
const LEAVING: Record<string, string> = {
  'process.binding spawn_sync':
    "process.binding('spawn_sync').spawn({ file: '/bin/true', args: ['true'], stdio: [] });",
  'process.binding udp_wrap': "new (process.binding('udp_wrap').UDP)();",
  'inspector.open': "process.getBuiltinModule('node:inspector').open(0, '127.0.0.1');",
  'dns.resolve4 localhost': `const resolver = new (process.getBuiltinModule('node:dns').promises.Resolver)();
  resolver.setServers(['127.0.0.1:9']); await resolver.resolve4('localhost');`,
};

describe('a module that does twice what it should do once', () => {
  async function run(trick: Trick) {
    using project = new Project({ ...SWAPS, 'agent.mjs': SWAPPER(trick) });
    const how = { names: [join(project.cwd, 'lost.yaml')], target: './agent.mjs', tasks: 'my-tasks' };
    const { code, report } = await runDrill({ cwd: project.cwd, ...how, stuckAfterMs: 20_000 });
    const [drill] = report.drills;
    const cells = [...(drill?.checks ?? []), ...(drill?.tasks ?? []).flatMap((task) => task.checks)];
    const failed = cells.filter(({ verdict }) => verdict === 'failed').map(({ check }) => check);
    return { code, failed, reason: drill?.reasons[0]?.reason ?? '' };
  }

  it('without a trick it fails by that alone', async () => {
    expect(await run({})).toEqual({ code: 1, failed: ['acts-once'], reason: '' });
  });

  it.each(Object.keys(HIDING))('%s hides nothing', async (name) => {
    const { code, failed, reason } = await run(HIDING[name] ?? {});
    if (code === 3) expect(reason).toMatch(/^the target changed /);
    else expect([code, failed]).toEqual([1, ['acts-once']]);
  });

  it.each(Object.entries(LEAVING))('%s is refused, and named', async (what, inTask) => {
    const { code, reason } = await run({ inTask: `try { ${inTask} } catch {}` });
    expect([code, reason]).toEqual([3, `agent.mjs left the virtual world: ${what}`]);
  });
});
