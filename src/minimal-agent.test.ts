import { expect, it } from 'vitest';
import { DRILLS, runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

/** Answers in text, falls back, and says nothing of itself. */
const agent = (patience: string) => `
export default async ({ input, sources }, { roles: { primary, backup } }) => {
  const messages = [{ role: 'user', content: [...sources.map((s) => '[' + s.id + '] ' + s.text), input].join('\\n') }];
  const ask = async (url, headers, body, pick) => {
    const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body)${patience} });
    if (!reply.ok) throw new Error('HTTP ' + reply.status);
    return pick(await reply.json());
  };
  try {
    return await ask(primary.base_url + '/chat/completions', { authorization: 'Bearer ' + primary.api_key }, { model: primary.model, messages }, (r) => r.choices[0].message.content);
  } catch {
    const headers = { 'x-api-key': backup.api_key, 'anthropic-version': '2023-06-01' };
    return await ask(backup.base_url + '/v1/messages', headers, { model: backup.model, max_tokens: 500, messages }, (r) => r.content[0].text);
  }
};
`;

async function verdicts(patience: string) {
  using project = new Project({ 'agent.mjs': agent(patience), ...THREE_TASKS });
  const { report, code } = await runDrill({
    cwd: project.cwd,
    target: './agent.mjs',
    tasks: './my-tasks',
    names: DRILLS,
  });
  const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
  const named = (verdict: string) =>
    [...new Set(cells.filter((c) => c.verdict === verdict).map((c) => c.check))].sort();
  return {
    code,
    drills: report.drills.map((d) => [d.name, d.verdict]),
    failed: named('failed'),
    passed: named('passed'),
  };
}

const SKIPPED = [
  'all_models_down',
  'citation_quality_drop',
  'invalid_schema_backup',
  'no_tool_support',
  'rate_limit_burst',
];

it('an agent that only waits too long hears that, and nothing else', async () => {
  const { code, drills, failed } = await verdicts('');
  expect(code).toBe(1);
  expect(drills).toEqual([
    ...SKIPPED.map((name) => [name, 'not_applicable']),
    ['timeout_primary', 'failed'],
    ['tool_reply_lost', 'not_applicable'],
    ['user_leaves', 'not_applicable'],
  ]);
  expect(failed).toEqual(['ends-inside-deadline', 'fails-over']);
});

it('with a timeout it passes, on what it can be judged by', async () => {
  const { code, failed, passed } = await verdicts(', signal: AbortSignal.timeout(3000)');
  expect(failed).toEqual([]);
  expect(code).toBe(0);
  expect(passed).toEqual(
    expect.arrayContaining(['ends-inside-deadline', 'fails-over', 'includes-required', 'cites-sources']),
  );
});
