import { describe, expect, it } from 'vitest';
import { cellsOf, runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

/** A primary at Azure, a reserve at Mistral: two dialects of one protocol. */
const ROLES = `roles:
  primary: { provider: azure, protocol: openai-chat, dialect: azure, base_url: 'https://r.openai.azure.com', model: gpt-5-mini, key_env: AZURE_OPENAI_API_KEY }
  backup: { provider: mistral, protocol: openai-chat, dialect: mistral, base_url: 'https://api.mistral.ai/v1', model: mistral-small-latest, key_env: MISTRAL_API_KEY }
`;

/** On the official SDK; `limit` is how it asks the reserve for no more than it needs. */
const agent = (limit: string) => `
import OpenAI, { AzureOpenAI } from 'openai';
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 30000 };
export default async (task, { roles: { primary, backup } }) => {
  const client = { timeout: 5000, maxRetries: 0 };
  const azure = new AzureOpenAI({ ...client, endpoint: primary.base_url, apiVersion: '2024-10-21' });
  const mistral = new OpenAI({ ...client, baseURL: backup.base_url, apiKey: process.env.MISTRAL_API_KEY });
  const messages = [{ role: 'user', content: JSON.stringify(task.sources) }, { role: 'user', content: task.input }];
  const asks = [
    () => azure.chat.completions.create({ model: primary.model, messages, max_completion_tokens: 900 }),
    () => mistral.chat.completions.create({ model: backup.model, messages, ${limit}: 900 }),
  ];
  for (const ask of asks) try { return (await ask()).choices[0].message.content; } catch {}
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};`;

async function played(files: Record<string, string>, target: string) {
  using project = new Project({ ...THREE_TASKS, 'drill.config.yaml': ROLES, ...files });
  const { report, code, trace, screen } = await runDrill({ cwd: project.cwd, target, tasks: 'my-tasks' });
  const cells = cellsOf(report);
  const found = cells.filter(({ verdict, severity }) => verdict === 'failed' && severity !== 'minor');
  const strange = trace.filter(({ kind }) => kind === 'unknown-call' || kind === 'unscripted-call');
  return { code, found, strange, screen };
}

describe('a target whose roles are dialects', () => {
  it.each(['reference', './agent.mjs'])('is played and judged as any other (%s)', async (target) => {
    expect(await played({ 'agent.mjs': agent('max_tokens') }, target)).toMatchObject({
      code: 0,
      found: [],
      strange: [],
    });
  });

  it('is found to forward what the server of its reserve does not bear', async () => {
    const { code, found, screen } = await played({ 'agent.mjs': agent('max_completion_tokens') }, './agent.mjs');
    expect(code).toBe(1);
    expect(found.map(({ check }) => check)).toContain('fails-over');
    expect(screen).toMatch(/calls to backup: max_completion_tokens: Extra inputs are not permitted/);
  });
});
