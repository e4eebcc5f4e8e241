import { describe, expect, it } from 'vitest';
import { type Ran, runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

/** A whole agent that does its work, and on the way uses something that few agents do. */
interface Odd {
  uses: string;
  /** Its module, below `HEAD`. */
  text: string;
  /** Modules beside it. */
  beside?: Record<string, string>;
  /**
   * What it waits for that comes from outside of the virtual world. Nobody can vouch for a run with that, so the drill is
   * inconclusive and names it. All that is without it can be played, and has to pass.
   */
  outside?: string;
  /** Nobody can see that what it waits for will come: its tasks may be called hung, but nothing is found in them. */
  neverComes?: true;
  /** What the terminal shows of its own words. */
  prints?: string;
}

/** Roles, and one call to one of them; agents that do nothing else with their calls fail over by `failover`. */
const HEAD = `
const addressOf = (model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model });
export const roles = { primary: addressOf('gpt-5-mini'), backup: addressOf('gpt-5-nano') };
const call = async ({ base_url, model, api_key }, { input, sources }) => {
  const content = [...sources.map(({ id, text }) => '[' + id + '] ' + text), input].join('\\n');
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + api_key };
  const body = JSON.stringify({ model, messages: [{ role: 'user', content }] });
  const reply = await fetch(base_url + '/chat/completions', { method: 'POST', headers, body, signal: AbortSignal.timeout(3000) });
  if (!reply.ok) throw new Error('status ' + reply.status);
  return reply;
};
const wordsOf = async (reply) => (await reply.json()).choices[0].message.content;
const ask = async (role, task) => wordsOf(await call(role, task));
const failover = (task, { roles }) => ask(roles.primary, task).catch(() => ask(roles.backup, task));
/** What was seen on the way goes into the trace with the answer: two runs that saw different things differ there. */
const answered = (answer, seen) => ({ kind: 'answered', answer, data: { seen } });
`;

const AGENTS: Odd[] = [
  {
    uses: 'a logger that writes a lot to the descriptor of the output',
    text: `
import fs from 'node:fs';
export default async (task, context) => {
  for (let i = 0; i < 40; i++) fs.writeSync(1, 'a long line '.repeat(5000) + i + '\\n');
  for (let i = 0; i < 40; i++) process.stderr.write('another long line '.repeat(5000) + i + '\\n');
  return failover(task, context);
};`,
    prints: 'a long line 39\n',
  },
  {
    uses: 'listeners of its own for what nobody catches, wherever that was thrown',
    text: `
const seen = [];
process.on('unhandledRejection', (error) => { seen.push('rejected ' + error.message); });
process.on('uncaughtException', (error, origin) => { seen.push(origin + ' ' + error.message); });
const thrower = (where) => () => { throw new Error(where); };
export default async (task, context) => {
  seen.length = 0;
  Promise.reject(new Error('promise'));
  setTimeout(thrower('timer'), 10);
  queueMicrotask(thrower('microtask'));
  process.nextTick(thrower('tick'));
  const answer = await failover(task, context);
  const wanted = ['rejected promise', ...['microtask', 'tick', 'timer'].map((where) => 'uncaughtException ' + where)];
  if (seen.toSorted().join() !== wanted.toSorted().join()) throw new Error('heard ' + seen);
  return answer;
};`,
  },
  {
    uses: 'one listener for all that nobody catches',
    text: `
let seen;
const listener = (error, origin) => { seen = origin + ' ' + error.message; };
process.once('uncaughtException', listener).removeListener('uncaughtException', listener);
process.addListener('uncaughtException', listener);
if (process.listenerCount('uncaughtException') !== 1 || process.listeners('unhandledRejection').length !== 0) throw new Error('not its own');
export default async (task, context) => {
  Promise.reject(new Error('promise'));
  const answer = await failover(task, context);
  if (seen !== 'unhandledRejection promise') throw new Error('heard ' + seen);
  return answer;
};`,
  },
  {
    uses: 'immediates, turn after turn until something has come or a time is over',
    text: `
import { setImmediate as turn } from 'node:timers/promises';
export default async (task, context) => {
  const end = performance.now() + 300;
  while (performance.now() < end) await turn();
  let answer;
  failover(task, context).then((text) => { answer = text; });
  while (answer === undefined) await new Promise((resolve) => setImmediate(resolve));
  return answered(answer, performance.now());
};`,
  },
  {
    uses: 'a lookup of an IP address, which needs no resolver',
    text: `
import { lookup } from 'node:dns/promises';
export default async (task, context) =>
  answered(await failover(task, context), (await lookup('127.0.0.1')).address);`,
  },
  {
    uses: 'Atomics.waitAsync, with a limit and with somebody in the same world who notifies',
    text: `
export default async (task, context) => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const late = await Atomics.waitAsync(cell, 0, 0, 250).value;
  const woken = Atomics.waitAsync(cell, 0, 0).value;
  setTimeout(() => Atomics.notify(cell, 0), 100);
  return answered(await failover(task, context), [late, await woken]);
};`,
  },
  {
    // Whoever shares that memory would notify in real time. That nobody does is what the world sees of it in any case:
    // its deadlines are over before real time has begun.
    uses: 'Atomics.waitAsync, for somebody who is not in the world',
    outside: 'Atomics.waitAsync',
    neverComes: true,
    text: `
const shared = new Int32Array(new SharedArrayBuffer(4));
export default async (task, { roles }) => {
  try {
    return await ask(roles.primary, task);
  } catch {
    await Atomics.waitAsync(shared, 0, 0).value;
    return ask(roles.backup, task);
  }
};`,
  },
  {
    // It writes until it has heard of it, so that the clock is held by real work and not the deadline but the change ends it.
    uses: 'fs.watch, until it tells of a change',
    outside: 'fs.watch',
    text: `
import { watch } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
export default async (task, context) => {
  const folder = await mkdtemp(join(import.meta.dirname, 'watched-'));
  let heard = false;
  const watcher = watch(folder, () => { heard = true; });
  for (let n = 0; !heard; n++) await writeFile(join(folder, 'news'), 'news ' + n);
  watcher.close();
  return failover(task, context);
};`,
  },
  {
    uses: 'fs.watchFile, until it tells of a change',
    outside: 'fs.watchFile',
    text: `
import { unwatchFile, watchFile } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
export default async (task, context) => {
  const file = join(await mkdtemp(join(import.meta.dirname, 'watched-')), 'news');
  let heard = false;
  watchFile(file, { interval: 1 }, () => { heard = true; });
  for (let n = 0; !heard; n++) await writeFile(file, 'news '.repeat(n));
  unwatchFile(file);
  return failover(task, context);
};`,
  },
  {
    uses: 'process.stdin, read to its end',
    outside: 'standard input',
    text: `
import { text } from 'node:stream/consumers';
let given;
export default async (task, context) => {
  given ??= text(process.stdin);
  return answered(await failover(task, context), await given);
};`,
  },
  {
    uses: 'contexts of node:vm, with Date and Math.random inside',
    text: `
import vm from 'node:vm';
const early = vm.createContext({ shift: 7 });
const rule = new vm.Script('[new Date().toISOString(), Math.random(), typeof shift]');
export default async (task, context) => {
  const answer = await failover(task, context);
  return answered(answer, [vm.runInNewContext('[Date(), Math.random()]'), rule.runInNewContext(), rule.runInContext(early)]);
};`,
  },
  {
    uses: 'performance, Event.timeStamp and os.uptime',
    text: `
import os from 'node:os';
performance.mark('loaded');
export default async (task, context) => {
  const busy = performance.eventLoopUtilization();
  const asked = performance.mark('asked ' + task.id);
  let aborted;
  AbortSignal.timeout(1).addEventListener('abort', (event) => { aborted = event.timeStamp; });
  const answer = await failover(task, context);
  const { duration } = performance.measure('took ' + task.id, asked.name);
  const sinceLoaded = performance.measure('all of it', 'loaded').duration;
  const { timeOrigin, nodeTiming } = JSON.parse(JSON.stringify(performance));
  return answered(answer, {
    duration, sinceLoaded, aborted, busy, up: os.uptime(), made: new Event('answered').timeStamp,
    whole: [new Date(timeOrigin), nodeTiming.duration, performance.eventLoopUtilization(busy)],
    names: performance.getEntriesByType('measure').map(({ name }) => name),
  });
};`,
  },
  {
    // A time that it set itself is in the time of the world. The real ones are later than that, and only compared with others.
    uses: 'the times of files that it wrote',
    text: `
import { mkdtemp, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
export default async (task, context) => {
  const answer = await failover(task, context);
  const file = join(await mkdtemp(join(import.meta.dirname, 'kept-')), 'answer');
  await writeFile(file, answer);
  const own = await stat(import.meta.filename);
  const written = await stat(file);
  await utimes(file, new Date(), new Date());
  await new Promise((go) => setTimeout(go, 40));
  const touched = await stat(file);
  const seen = [written.mtimeMs >= own.mtimeMs, written.mtimeMs > Date.now(), Date.now() - Math.round(touched.mtimeMs)];
  return answered(await readFile(file, 'utf8'), seen);
};`,
  },
  {
    uses: 'loader hooks of node:module register, which make a module of a text',
    beside: { 'prompts/my-tasks.txt': 'Answer in one sentence.' },
    text: `
import { register } from 'node:module';
const hooks = \`
export const load = async (url, context, next) => {
  if (!url.endsWith('.txt')) return next(url, context);
  const { source } = await next(url, { ...context, format: 'module' });
  return { format: 'module', shortCircuit: true, source: 'export default ' + JSON.stringify(String(source)) };
};\`;
register('data:text/javascript,' + encodeURIComponent(hooks));
export default async (task, context) => {
  const { default: prompt } = await import('./prompts/' + task.workflow + '.txt');
  return answered(await failover(task, context), prompt);
};`,
  },
  {
    // It leaves the primary alone for a while after it has failed, by what its module remembers.
    uses: 'state of its module: a counter, and a Map of what it has learned',
    text: `
let asked = 0;
const born = Date.now();
const failedAt = new Map();
export default async (task, { roles }) => {
  const number = ++asked;
  for (const [name, role] of Object.entries(roles)) {
    if (Date.now() - (failedAt.get(name) ?? -Infinity) < 30_000) continue;
    try {
      return answered(await ask(role, task), [number, asked, Date.now() - born, [...failedAt.keys()]]);
    } catch {
      failedAt.set(name, Date.now());
    }
  }
};`,
  },
  {
    uses: 'prints, when it is loaded and in its tasks',
    prints: 'agent 1.0 is loaded\n',
    text: `
console.log('agent 1.0 is loaded');
console.error('{"level":"warn"}');
process.stdout.write('half a line');
export default async (task, context) => {
  console.log('asked', task.id);
  const answer = await failover(task, context);
  await new Promise((done) => process.stdout.write('answered ' + task.id + '\\n', done));
  return answer;
};`,
  },
  {
    uses: 'top-level await of a timer',
    text: `
const began = Date.now();
await new Promise((go) => setTimeout(go, 1500));
const ready = Date.now() - began;
export default async (task, context) => answered(await failover(task, context), [ready, Date.now() - began]);`,
  },
  {
    uses: 'AsyncLocalStorage and node:diagnostics_channel',
    text: `
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, tracingChannel } from 'node:diagnostics_channel';
const current = new AsyncLocalStorage();
subscribe('agent.call', (call) => current.getStore().push(call));
const traced = tracingChannel('agent.ask');
traced.subscribe({ asyncEnd: ({ role }) => current.getStore().push('end ' + role), error: ({ error }) => current.getStore().push(error.message) });
export default (task, context) => current.run([task.id], async () => {
  for (const [role, address] of Object.entries(context.roles)) {
    channel('agent.call').publish(role);
    const answer = await traced.tracePromise(() => ask(address, task), { role }).catch(() => undefined);
    if (answer !== undefined) return answered(answer, current.getStore());
  }
});`,
  },
  {
    // What is held cannot be collected, and what is collected tells nobody: when the collector runs is the machine's own.
    uses: 'classes with private fields, WeakRef and FinalizationRegistry',
    text: `
let collected = 0;
const registry = new FinalizationRegistry(() => { collected += 1; });
class Client {
  static #made = 0;
  #role;
  number = ++Client.#made;
  constructor(role) { this.#role = role; registry.register(this, this.number); }
  get model() { return this.#role.model; }
  ask(task) { return ask(this.#role, task); }
  static is(one) { return #role in one; }
}
class Backed extends Client {
  #next;
  constructor(role, next) { super(role); this.#next = new WeakRef(next); }
  async ask(task) {
    try { return await super.ask(task); } catch { return this.#next.deref().ask(task); }
  }
}
let client, backup;
export default async (task, { roles }) => {
  backup ??= new Client(roles.backup);
  client ??= new Backed(roles.primary, backup);
  return answered(await client.ask(task), [client.number, backup.number, client.model, Client.is(client), Client.is({})]);
};`,
  },
  {
    uses: 'MessageChannel and structuredClone',
    text: `
export default async (task, context) => {
  const { port1, port2 } = new MessageChannel();
  const heard = new Promise((go) => port2.addEventListener('message', ({ data }) => go(data)));
  port2.start();
  port1.postMessage({ task, at: new Date(), words: new Set(task.input.split(' ')) });
  const { task: sent, at, words } = structuredClone(await heard);
  port1.close();
  return answered(await failover(sent, context), [at, words.size, sent !== task]);
};`,
  },
  {
    uses: 'crypto: ids, random bytes, hashes and keys',
    text: `
import { createHash, randomBytes, randomInt, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
export default async (task, context) => {
  // Bits of ids and keys, of which the whole would be taken for secrets.
  const bits = (bytes) => [...bytes].map((byte) => byte % 2).join('');
  const id = crypto.randomUUID();
  const web = crypto.getRandomValues(new Uint8Array(24));
  const later = await promisify(randomBytes)(24);
  const key = await promisify(scrypt)(task.id, id, 24, { N: 16 });
  const hash = await crypto.subtle.digest('SHA-256', createHash('sha256').update(later).digest());
  return answered(await failover(task, context), [id.length, randomInt(1000), ...[web, later, key, new Uint8Array(hash)].map(bits)]);
};`,
  },
  {
    uses: 'dates in words: Intl, toLocaleString, Date() and a format of no date in particular',
    text: `
const berlin = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', dateStyle: 'full', timeStyle: 'long' });
const tokyo = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', timeStyle: 'medium' });
export default async (task, context) => {
  const answer = await failover(task, context);
  const since = new Intl.RelativeTimeFormat('en').format(Math.round((Date.parse('2026-01-08') - Date.now()) / 86_400_000), 'day');
  return answered(answer, [
    berlin.format(), tokyo.formatToParts().map(({ value }) => value), new Date().toLocaleString('de', { timeZone: 'UTC' }),
    new Date(new Date()).toJSON(), Date(), since,
  ]);
};`,
  },
  {
    uses: 'streams and zlib',
    text: `
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createGzip, deflate, inflate } from 'node:zlib';
const squeezed = async (text) => (await promisify(inflate)(await promisify(deflate)(text))).toString();
export default async (task, { roles }) => {
  const reply = await call(roles.primary, task).catch(() => call(roles.backup, task));
  const parts = [];
  const collect = async (source) => { for await (const part of source) parts.push(part); };
  const count = new Transform({ transform(part, _, done) { this.bytes = (this.bytes ?? 0) + part.length; done(null, part); } });
  await pipeline(Readable.fromWeb(reply.body), count, createGzip(), new PassThrough(), createGunzip(), collect);
  const words = JSON.parse(Buffer.concat(parts)).choices[0].message.content;
  const again = await Readable.from(words.split(' ')).map(squeezed, { concurrency: 2 }).toArray();
  return answered(again.join(' '), count.bytes);
};`,
  },
  {
    uses: 'node:timers/promises, and the order of microtasks, ticks and immediates',
    text: `
import { scheduler, setImmediate as turn, setInterval as every, setTimeout as sleep } from 'node:timers/promises';
export default async (task, context) => {
  const order = [];
  const say = (what) => () => order.push(what);
  setTimeout(say('timeout'), 0);
  setImmediate(say('immediate'));
  process.nextTick(say('tick'));
  queueMicrotask(say('microtask'));
  Promise.resolve().then(say('then'));
  await sleep(5);
  let ticks = 0;
  for await (const _ of every(100)) if (++ticks === 3) break;
  await scheduler.wait(50);
  await scheduler.yield();
  await turn();
  const given = await sleep(1000, 'late', { signal: AbortSignal.timeout(20) }).catch(({ name }) => name);
  return answered(await failover(task, context), [order, ticks, given, performance.now()]);
};`,
  },
  {
    uses: 'createRequire of a CommonJS sibling, and import()',
    beside: {
      'words.cjs':
        'let used = 0;\nmodule.exports = { tidy: (text) => text.trim(), used: () => ++used, at: Date.now() };',
      'lib/late.mjs': "import words from '../words.cjs';\nexport const { used } = words;\nexport default Date.now();",
    },
    text: `
import { createRequire } from 'node:module';
const { at, tidy, used } = createRequire(import.meta.url)('./words.cjs');
export default async (task, context) => {
  const late = await import(new URL('./lib/late.mjs', import.meta.url));
  return answered(tidy(await failover(task, context)), [used(), late.used(), late.default - at]);
};`,
  },
];

const aPackage = (name: string, text: string) => ({
  [`node_modules/${name}/package.json`]: '{ "exports": "./index.mjs" }',
  [`node_modules/${name}/index.mjs`]: text,
});

/** Modules that are found as Node finds them. */
const FOUND: [why: string, agent: Pick<Odd, 'text' | 'beside'>][] = [
  [
    'a name that only loader hooks know',
    {
      text: `
import { register } from 'node:module';
const hooks = \`
export const resolve = (name, context, next) => name.startsWith('prompt:') ? { url: name, shortCircuit: true } : next(name, context);
export const load = (url, context, next) =>
  url.startsWith('prompt:') ? { format: 'module', shortCircuit: true, source: 'export default 1' } : next(url, context);\`;
register('data:text/javascript,' + encodeURIComponent(hooks));
export default async (task, context) => {
  await import('prompt:' + task.workflow);
  return failover(task, context);
};`,
    },
  ],
  [
    'packages that wait at their top level, or that loader hooks change, and TypeScript beside them',
    {
      beside: {
        ...aPackage('waits', "import { beside } from 'beside';\nawait null;\nexport const waits = beside === 'there';"),
        ...aPackage('beside', "export const beside = 'there';"),
        ...aPackage('changed', "export const said = 'as it was';"),
        'typed.ts': 'export const typed: boolean = true;',
      },
      text: `
import { register } from 'node:module';
import { waits } from 'waits';
import { beside } from 'beside';
import { typed } from './typed';
if (!beside) throw new Error('it is not there yet');
const hooks = \`
export const load = (url, context, next) => url.endsWith('changed/index.mjs')
  ? { format: 'module', shortCircuit: true, source: 'export const said = "changed"' } : next(url, context);\`;
register('data:text/javascript,' + encodeURIComponent(hooks));
export default async (task, context) => {
  const { said } = await import('changed');
  if (!waits || !typed || said !== 'changed') throw new Error('it is ' + said);
  return failover(task, context);
};`,
    },
  ],
  [
    'a CommonJS sibling that createRequire and import share',
    {
      beside: { 'count.cjs': 'let count = 0;\nexports.next = () => ++count;' },
      text: `
import { createRequire } from 'node:module';
import imported from './count.cjs';
const required = createRequire(import.meta.url)('./count.cjs');
export default (task, context) => {
  if (required.next() + 1 !== imported.next()) throw new Error('there are two of it');
  return failover(task, context);
};`,
    },
  ],
];

// Tasks overlap, but no two begin at once: of two pieces of real work at one instant, real time decides which ends first.
const DRILL = `
drill: short
title: The primary is down, then well
hypothesis: Another role answers.
workflow: my-tasks
phases:
  - { name: outage, tasks: 2, load: { every_ms: 200 }, faults: [{ fault: server-error, role: primary }] }
  - { name: healed, after_ms: cooldown, tasks: 1 }
expect:
  fails-over: { role: backup }
`;

/** Runs the drill against modules as often as that, in the processes that a target of the user's own is played in. */
async function drilled(text: string, beside: Record<string, string>, times: number) {
  using project = new Project({ ...THREE_TASKS, ...beside, 'short.yaml': DRILL, 'agent.mjs': HEAD + text });
  const runs = [];
  for (let i = 0; i < times; i++) {
    const said: string[] = [];
    const run = await runDrill({
      cwd: project.cwd,
      names: ['./short.yaml'],
      target: './agent.mjs',
      tasks: './my-tasks',
      json: true,
      stderr: { write: (line) => void said.push(line) },
      stuckAfterMs: 20_000,
    });
    runs.push({ ...run, said: said.join('') });
  }
  return runs;
}

/** What a run says of the agent. */
function told({ report, code }: Ran) {
  const [drill] = report.drills;
  const tasks = drill?.tasks ?? [];
  const cells = [...(drill?.checks ?? []), ...tasks.flatMap((task) => task.checks)];
  return {
    code,
    verdict: drill?.verdict,
    reasons: drill?.reasons.map(({ reason }) => reason) ?? [],
    findings: cells.filter((cell) => cell.verdict === 'failed'),
    baseline: [...new Set(tasks.map((task) => task.baseline.verdict))],
    endings: tasks.map(({ outcome, served_by }) =>
      outcome.kind === 'hung' ? `hung at ${outcome.waiting_for}` : `${outcome.kind} by ${served_by}`,
    ),
  };
}

const SERVED = ['answered by backup', 'answered by backup', 'answered by primary'];
const PASSED = { code: 0, verdict: 'passed', reasons: [], findings: [], baseline: ['passed'], endings: SERVED };
const named = AGENTS.map((agent) => [agent.uses, agent] as const);
const INSIDE = named.filter(([, { outside }]) => outside === undefined);
const OUTSIDE = named.filter(([, { outside }]) => outside !== undefined);

/** Uses that rest on time, chance or real work: only those could come out otherwise. */
const COULD_DIFFER = /waitAsync|vm|crypto|timers/;

describe('an honest agent passes, with the same bytes each time', () => {
  it.each(INSIDE)('%s', async (uses, { text, beside = {}, prints = '' }) => {
    const [first, ...others] = await drilled(text, beside, COULD_DIFFER.test(uses) ? 2 : 1);
    if (first === undefined) throw new Error('it ran');
    expect(told(first)).toEqual(PASSED);
    for (const other of others) expect(other.text).toBe(first.text);
    // Whatever it prints, standard output is the one document that was asked for.
    expect(JSON.parse(first.screen)).toEqual(JSON.parse(first.files['run.json'] ?? ''));
    expect(first.said).toContain(prints);
  });

  it.each(FOUND)('%s', async (_, { text, beside = {} }) => {
    const [run] = await drilled(text, beside, 1);
    expect(run && told(run)).toEqual(PASSED);
  });
});

describe('an honest agent that waits for something real is inconclusive, never failed, and that is named', () => {
  it.each(OUTSIDE)('%s', async (_, { text, beside = {}, outside, neverComes }) => {
    for (const run of await drilled(text, beside, 1)) {
      const { reasons, endings, ...rest } = told(run);
      expect(rest).toEqual({ code: 3, verdict: 'inconclusive', findings: [], baseline: ['passed'] });
      expect(reasons[0]).toBe(`agent.mjs left the virtual world: ${outside}`);
      const hung = `hung at ${outside}, outside of the virtual world`;
      expect(endings).toEqual(neverComes ? [hung, hung, 'answered by primary'] : SERVED);
    }
  });
});

it('an agent that does not fail over is found out by the same drill', async () => {
  const [run] = await drilled('export default (task, { roles }) => ask(roles.primary, task);', {}, 1);
  const { code, verdict, findings } = told(run as Ran);
  expect([code, verdict]).toEqual([1, 'failed']);
  expect(findings.map(({ check }) => check)).toContain('fails-over');
});
