import { describe, expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

/** The primary is down, and the reserve has a rule of its own: who forwards what the primary was sent breaks it. */
const agent = (rules: string, adapts: boolean) => `
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 30000 };
const own = { provider: 'openai', protocol: 'openai-chat' };
export const roles = {
  primary: { ...own, base_url: 'https://api.openai.com/v1', model: 'gpt-5-mini', key_env: 'OPENAI_API_KEY' },
  backup: { ...own, provider: 'groq', base_url: 'https://api.groq.com/v1', model: 'llama-4', key_env: 'GROQ_API_KEY', rules: ${rules} },
};
const merged = (messages) => [{ role: 'user', content: messages.map((m) => m.content).join('\\n') }];
function bodyFor(role, task) {
  const messages = [
    { role: 'system', content: 'Answer briefly and cite what you use, in square brackets, please.' },
    { role: 'user', content: JSON.stringify(task.sources) },
    { role: 'user', content: task.input },
  ];
  const body = { model: role.model, max_tokens: 900, temperature: 0.2, messages };
  if (role.rules === undefined || !${adapts}) return body;
  const { max_output_tokens: most = body.max_tokens, unsupported = [], turns } = role.rules;
  const kept = Object.entries(body).filter(([name]) => !unsupported.includes(name));
  return { ...Object.fromEntries(kept), max_tokens: Math.min(body.max_tokens, most), messages: turns ? merged(messages) : messages };
}
async function ask(role, task) {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + role.api_key };
  const body = JSON.stringify(bodyFor(role, task));
  const reply = await fetch(role.base_url + '/chat/completions', { method: 'POST', headers, body, signal: AbortSignal.timeout(5000) });
  if (!reply.ok) throw new Error('HTTP ' + reply.status);
  return (await reply.json()).choices[0].message.content;
}
export default async (task, { roles }) => {
  for (const role of [roles.primary, roles.backup]) try { return await ask(role, task); } catch {}
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};`;

async function played(rules: string, adapts: boolean) {
  using project = new Project({ ...THREE_TASKS, 'agent.mjs': agent(rules, adapts) });
  const { report, code } = await runDrill({
    ...{ cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', fault: ['server-error@primary'] },
  });
  const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
  const found = cells.filter(
    (c) => c.verdict === 'failed' && c.severity === 'critical' && c.check === 'adapts-payload',
  );
  return { code, found: [...new Set(found.map(({ reason }) => reason))] };
}

describe.each([
  ['an output limit', '{ max_output_tokens: 500 }', /^backup was turned away: max_tokens is too large: 900/],
  ['a parameter it does not take', "{ unsupported: ['temperature'] }", /^backup was turned away: .*'temperature'/],
  ['turns that alternate', "{ turns: 'alternate' }", /^backup was turned away: .*must alternate/],
])('a reserve with %s', (_, rules, says) => {
  it('is turned away by its provider where the request is forwarded as it was, which is a finding', async () => {
    const { code, found } = await played(rules, false);
    expect([code, found]).toEqual([1, [expect.stringMatching(says)]]);
  });

  it('serves a target that adapts the request', async () => {
    expect(await played(rules, true)).toEqual({ code: 0, found: [] });
  });
});
