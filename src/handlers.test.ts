import { describe, expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

const claims =
  "export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 30000 };";
const role =
  "{ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', key_env: 'OPENAI_API_KEY' }";
const roles = `const own = ${role};
export const roles = { primary: { ...own, model: 'gpt-5-mini' }, backup: { ...own, model: 'gpt-5-nano' } };`;

/** A route as Next has it, behind a useChat hook: the Vercel AI SDK in both ends. */
const NEXT = `import { convertToModelMessages, streamText } from 'ai';
import { createOpenAI } from '@ai-sdk/openai';
${claims}
${roles}
export const as = 'ai-sdk-ui';
const openai = createOpenAI({});
async function open(model, messages, signal) {
  const result = streamText({ model: openai.chat(model), messages, maxRetries: 0, onError() {}, abortSignal: AbortSignal.any([signal, AbortSignal.timeout(9000)]) });
  const stream = result.toUIMessageStream({ onError: (error) => { throw error; } });
  const reader = stream.getReader();
  const first = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done || value.type === 'error') throw new Error('no answer');
    first.push(value);
    if (value.type === 'text-delta') return { first, reader };
  }
}
export async function POST(request) {
  const { messages } = await request.json();
  const said = await convertToModelMessages(messages);
  for (const model of ['gpt-5-mini', 'gpt-5-nano']) try {
    const { first, reader } = await open(model, said, request.signal);
    const body = new ReadableStream({
      async start(controller) {
        const write = (part) => controller.enqueue(new TextEncoder().encode('data: ' + JSON.stringify(part) + '\\n\\n'));
        first.forEach(write);
        for (let next = await reader.read(); !next.done; next = await reader.read()) write(next.value);
        controller.close();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream', 'x-vercel-ai-ui-message-stream': 'v1' } });
  } catch {}
  return Response.json({ error: 'I cannot answer right now. Please try again in a few minutes.' }, { status: 503 });
}`;

/** An app on Hono that speaks like OpenAI, whole or streamed. */
const HONO = `import { Hono } from 'hono';
import OpenAI from 'openai';
${claims}
${roles}
const client = new OpenAI({ maxRetries: 0, timeout: 9000 });
const app = new Hono();
app.post('*', async (c) => {
  const { messages } = await c.req.json();
  for (const model of ['gpt-5-mini', 'gpt-5-nano']) try { return c.json(await client.chat.completions.create({ model, messages })); } catch {}
  return c.json({ error: { message: 'I cannot answer right now. Please try again in a few minutes.' } }, 503);
});
export default app;`;

/** The same on fetch alone, in JSON and in plain text. */
const plain = (read: string, write: string, sorry: string) => `${claims}
${roles}
async function ask(model, text) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + process.env.OPENAI_API_KEY };
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: text }] });
  const reply = await fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', headers, body, signal: AbortSignal.timeout(9000) });
  if (!reply.ok) throw new Error('HTTP ' + reply.status);
  return (await reply.json()).choices[0].message.content;
}
export async function fetch_(request) {
  const text = ${read};
  for (const model of ['gpt-5-mini', 'gpt-5-nano']) try { const answer = await ask(model, text); return ${write}; } catch {}
  return ${sorry};
}
export { fetch_ as fetch };`;
const SORRY = "'I cannot answer right now. Please try again in a few minutes.'";
const JSON_APP = plain(
  'await request.json().then((task) => task.input + JSON.stringify(task.sources))',
  'Response.json({ answer })',
  `Response.json({ kind: 'failed', notice: ${SORRY} }, { status: 503 })`,
);
const TEXT_APP = plain('await request.text()', 'new Response(answer)', `new Response(${SORRY}, { status: 503 })`);

const run = async (agent: string, as: string | undefined, fault: string[]) => {
  const entry = `module: ./app.mjs${as === undefined ? '' : `, as: ${as}`}`;
  using project = new Project({
    ...THREE_TASKS,
    'app.mjs': agent,
    'drill.config.yaml': `targets: { app: { ${entry} } }\n`,
  });
  return await runDrill({ cwd: project.cwd, target: 'app', tasks: 'my-tasks', fault });
};

describe.each([
  ['a Next route on the Vercel AI SDK', NEXT, undefined],
  ['a Hono app like OpenAI', HONO, 'openai-chat'],
  ['a handler in JSON', JSON_APP, 'json'],
  ['a handler in plain text', TEXT_APP, 'text'],
])('%s', (_, agent, as) => {
  it('is asked as its clients ask it, and fails over', async () => {
    const { report, code } = await run(agent, as, ['server-error@primary']);
    const [drill] = report.drills;
    expect(drill?.reasons).toEqual([]);
    expect(new Set(drill?.tasks.map((t) => t.outcome.kind))).toEqual(new Set(['answered']));
    expect(drill?.tasks.some((t) => t.failover?.to === 'backup')).toBe(true);
    expect(code).toBe(0);
  });

  it('tells its user what it says where nothing answers', async () => {
    const { trace } = await run(agent, as, ['server-error@primary', 'server-error@backup']);
    const outcomes = trace.flatMap((e) => (e.kind === 'outcome' && e.phase !== 'baseline' ? [e.outcome] : []));
    expect(outcomes).toContainEqual(
      expect.objectContaining({ kind: 'failed', notice: expect.stringContaining('I cannot answer right now.') }),
    );
  });
});

it('an answer that breaks off midway fails its user', async () => {
  const { report, code } = await run(NEXT, undefined, ['connection-reset@primary,after_frames=5']);
  const found = report.drills.flatMap((d) => d.tasks.flatMap((t) => t.checks)).filter((c) => c.verdict === 'failed');
  expect(found.map(({ check }) => check)).toContain('fails-over');
  expect(code).toBe(1);
});

it.each([
  [undefined, /an HTTP handler, and nothing says how it is asked/],
  ["'grpc'", /there is no way "grpc" to ask an HTTP handler/],
])('a handler for which %s stands is an error with a fix', async (as, says) => {
  const agent = `${as === undefined ? '' : `export const as = ${as};`} export const POST = async () => new Response('');`;
  await expect(run(agent, undefined, [])).rejects.toThrow(says);
});
