import { describe, expect, it } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

const prompt = "task.input + '\\n' + JSON.stringify(task.sources)";
const clients = `import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
const google = new GoogleGenAI({ httpOptions: { timeout: 3000 } });
const openai = new OpenAI({ timeout: 3000, maxRetries: 0 });
async function gemini(task) {
  const reply = await google.models.generateContent({ model: 'gemini-2.5-flash', contents: ${prompt} });
  return reply.text;
}
async function gpt(task) {
  const reply = await openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: ${prompt} }] });
  return reply.choices[0].message.content;
}
`;
/** Ordinary agents that say nothing of themselves, and have no configuration. */
const FIRST = `${clients}
export default async (task) => { try { return await gemini(task); } catch { return gpt(task); } };`;
const SECOND = `${clients}
export default async (task) => { try { return await gpt(task); } catch { return gemini(task); } };`;
const ALONE = `${clients}
export default (task) => gemini(task);`;
const AI_SDK = `import { generateText, streamText } from 'ai';
import { google } from '@ai-sdk/google';
import { openai } from '@ai-sdk/openai';
export default async (task) => {
  const prompt = ${prompt};
  try {
    return await streamText({ model: google('gemini-2.5-flash'), prompt, maxRetries: 0, abortSignal: AbortSignal.timeout(3000), onError() {} }).text;
  } catch {
    return (await generateText({ model: openai.chat('gpt-5-mini'), prompt })).text;
  }
};`;

async function drilled(agent: string, fault: string[], drill?: string) {
  using project = new Project({ ...THREE_TASKS, 'agent.mjs': agent, ...(drill && { 'drills/waits.yaml': drill }) });
  return await runDrill({
    cwd: project.cwd,
    target: './agent.mjs',
    tasks: 'my-tasks',
    names: [drill ? 'waits' : 'timeout_primary'],
    fault,
  });
}
type Run = Awaited<ReturnType<typeof drilled>>;
const notes = ({ report }: Run) => report.drills.flatMap((d) => d.notes).join('\n');
const reasons = ({ report }: Run) => report.drills.flatMap((d) => d.reasons.map((r) => r.reason));
const found = ({ report }: Run) =>
  report.drills.flatMap((d) => [
    ...d.checks.filter((c) => c.verdict === 'failed').map((c) => c.check),
    ...d.tasks.flatMap((t) => t.checks.filter((c) => c.verdict === 'failed').map((c) => c.check)),
  ]);
const passed = (run: Run, check: string) =>
  run.report.drills.flatMap((d) =>
    d.tasks.flatMap((t) => t.checks.filter((c) => c.check === check && c.verdict === 'passed')),
  );

describe.each<[string, string[]]>([
  ['as the drill does', []],
  ['by rate limits', ['rate-limited@primary,retry_after_ms=20000']],
])('broken %s', (_, fault) => {
  it.each([
    ['@google/genai', FIRST],
    ['the Vercel AI SDK', AI_SDK],
  ])('an agent on %s that nobody described is broken where it calls first', async (_client, agent) => {
    const run = await drilled(agent, fault);
    expect(reasons(run)).toEqual([]);
    expect(notes(run)).toContain('the target calls gemini (gemini-2.5-flash) first');
    const fired = eventsOf(run.trace, 'fault-fired');
    expect(fired[0]?.role).toBe('gemini');
    const over = run.report.drills.flatMap((d) => d.tasks.flatMap((t) => t.failover ?? []));
    expect(over.length).toBeGreaterThan(0);
    expect(over.every((f) => f.from === 'gemini' && f.to === 'primary')).toBe(true);
    expect(found(run)).toEqual([]);
    expect(passed(run, 'fails-over').length).toBeGreaterThan(0);
  });

  it('an agent that falls back to Gemini is rescued, although nobody assumed it', async () => {
    const run = await drilled(SECOND, fault);
    // What is to break both can break the one alone that is in the chain that was assumed: so much is told, and what to write.
    const missed = 'server-error on backup never fired in phase all_out: no call reached backup';
    expect(reasons(run)).toEqual(fault.length === 0 ? [missed] : []);
    expect(notes(run)).toContain("chain: ['primary', 'gemini']");
    const over = run.report.drills.flatMap((d) => d.tasks.flatMap((t) => t.failover ?? []));
    expect(over.length).toBeGreaterThan(0);
    expect(over.every((f) => f.from === 'primary' && f.to === 'gemini')).toBe(true);
    expect(found(run)).toEqual([]);
    for (const check of ['fails-over', 'adapts-payload']) expect(passed(run, check).length).toBeGreaterThan(0);
  });

  it('an agent that knows Gemini alone is found out', async () => {
    const run = await drilled(ALONE, fault);
    expect(run.code).toBe(1);
    expect(found(run)).toContain('fails-over');
  });
});

it('a wait that only the body of a 429 tells is a wait', async () => {
  const impatient = `${clients}
export const declares = { features: ['fallback', 'deadline', 'retries'], chain: ['gemini', 'primary'], retries: 1 };
export default async (task) => {
  for (let i = 0; i < 2; i++) { try { return await gemini(task); } catch { await new Promise((r) => setTimeout(r, 200)); } }
  return gpt(task);
};`;
  const patient = impatient.replace(
    'await gemini(task); } catch {',
    `await gemini(task); } catch (error) {
    const wait = JSON.parse(error.message).error.details?.find((d) => d.retryDelay)?.retryDelay;
    if (wait !== undefined) break;`,
  );
  const drill = `drill: waits
title: The provider says when to come back
hypothesis: It is not called before then.
workflow: support-answer
phases:
  - { name: limited, tasks: 3, faults: [{ fault: rate-limited, role: gemini, retry_after_ms: 5000 }] }
expect: { honours-retry-after: {} }
`;
  const hasty = await drilled(impatient, [], drill);
  expect(found(hasty)).toContain('honours-retry-after');
  const good = await drilled(patient, [], drill);
  expect(found(good)).not.toContain('honours-retry-after');
  expect(passed(good, 'honours-retry-after').length).toBeGreaterThan(0);
});
