import { describe, expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

const claims =
  "export const declares = { features: ['fallback', 'deadline', 'retries'], chain: ['primary', 'backup'], retries: 2, deadline_ms: 30000 };";
const prompt = "task.input + '\\\\n' + JSON.stringify(task.sources)";

/** Ordinary agents, each on another client. */
const ANTHROPIC = `import Anthropic from '@anthropic-ai/sdk';
${claims}
const role = { provider: 'anthropic', protocol: 'anthropic-messages', base_url: 'https://api.anthropic.com', key_env: 'ANTHROPIC_API_KEY' };
export const roles = { primary: { ...role, model: 'claude-sonnet-4-5' }, backup: { ...role, model: 'claude-haiku-4-5' } };
const client = new Anthropic({ timeout: 2000, maxRetries: 1 });
async function ask(model, task, stream) {
  const body = { model, max_tokens: 500, messages: [{ role: 'user', content: ${prompt} }] };
  const reply = stream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
  return reply.content[0].text;
}
export default async (task) => {
  try { return await ask('claude-sonnet-4-5', task, false); } catch { return await ask('claude-haiku-4-5', task, true); }
};`;

const AI_SDK = `import { generateText, streamText } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
${claims}
const role = { provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', key_env: 'OPENAI_API_KEY' };
export const roles = { primary: { ...role, model: 'gpt-5-mini' }, backup: { ...role, model: 'gpt-5-nano' } };
const openai = createOpenAI({});
export default async (task) => {
  const prompt = ${prompt};
  try {
    return (await generateText({ model: openai.chat('gpt-5-mini'), prompt, abortSignal: AbortSignal.timeout(5000) })).text;
  } catch {
    return await streamText({ model: openai.chat('gpt-5-nano'), prompt }).text;
  }
};`;

/** Its default way to speak to OpenAI is Responses. */
const AI_SDK_DEFAULT = AI_SDK.replaceAll('openai.chat(', 'openai(').replace("'openai-chat'", "'openai-responses'");

describe.each([
  ['@anthropic-ai/sdk', ANTHROPIC],
  ['the Vercel AI SDK', AI_SDK],
  ['the Vercel AI SDK with its defaults', AI_SDK_DEFAULT],
])('an agent on %s', (_, agent) => {
  it.each([
    'hang@primary',
    'server-error@primary',
    'rate-limited@primary',
    'connection-reset@primary',
    'overloaded@primary',
  ])('stands %s in virtual time, the same twice', async (fault) => {
    using project = new Project({ ...THREE_TASKS, 'agent.mjs': agent });
    const request = { cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', fault: [fault] };
    const [a, b] = [await runDrill(request), await runDrill(request)];
    const reasons = a.report.drills.flatMap((d) => d.reasons.map((r) => r.reason));
    expect(reasons).toEqual([]);
    expect(a.report.drills[0]?.tasks.map((t) => t.outcome.kind)).toEqual(Array(22).fill('answered'));
    expect(a.report.drills[0]?.tasks.filter((t) => t.failover?.to === 'backup')).toHaveLength(19);
    expect(a.text).toBe(b.text);
  });
});

/** Clients that go past fetch cannot be drilled in process; the run says so and names them. */
const PAST_FETCH: [client: string, line: string, named: RegExp][] = [
  [
    'axios',
    "import axios from 'axios'; const go = (url) => axios.post(url, {}, { adapter: 'http' });",
    /axios|follow-redirects/,
  ],
  [
    'undici.request',
    "import { request } from 'undici'; const go = (url) => request(url, { method: 'POST' });",
    /undici/,
  ],
  [
    'http.request',
    "import http from 'node:http'; const go = (url) => new Promise((ok, no) => http.request(url, ok).on('error', no).end());",
    /agent\.mjs/,
  ],
];

it.each(PAST_FETCH)('%s is inconclusive, with the module named', async (_, line, named) => {
  const agent = `${line}\nexport default async () => { try { await go('http://127.0.0.1:9/v1'); } catch {} return 'Open from 10 am, parking behind the shop, 30 days.'; };`;
  using project = new Project({ ...THREE_TASKS, 'agent.mjs': agent });
  const run = await runDrill({ cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks' });
  expect(run.code).toBe(3);
  const reasons = run.report.drills.flatMap((d) => d.reasons.map((r) => r.reason)).join('\n');
  expect(reasons).toMatch(/left the virtual world: .*127\.0\.0\.1:9/);
  expect(reasons).toMatch(named);
});

it.each([
  ['in this process', undefined],
  ['in a process of its own', 20_000],
])('a real key that only the module names never reaches it, played %s', async (_, stuckAfterMs) => {
  const agent = `const atLoad = process.env.MY_GW_KEY;
const own = { provider: 'gw', protocol: 'openai-chat', base_url: 'https://gw.example/v1', model: 'm', key_env: 'MY_GW_KEY' };
export const roles = { primary: own };
const isDummy = (key) => String(key).startsWith('drill-mock-');
export default async (_task, { roles }) => [atLoad, process.env.MY_GW_KEY, roles.primary.api_key].map(isDummy).join(' ');`;
  using project = new Project({ ...THREE_TASKS, 'agent.mjs': agent });
  process.env['MY_GW_KEY'] = 'gw-real-key-of-somebody';
  try {
    const asked = { cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', ...(stuckAfterMs && { stuckAfterMs }) };
    const { trace } = await runDrill(asked);
    const answers = trace.flatMap((e) => (e.kind === 'outcome' ? [e.outcome.answer] : []));
    expect(new Set(answers)).toEqual(new Set(['true true true']));
    expect(process.env['MY_GW_KEY']).toBe('gw-real-key-of-somebody');
  } finally {
    delete process.env['MY_GW_KEY'];
  }
});
