import { expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';

/** An agent that streams from the primary; `clock` says how long it waits, and for what. */
const streaming = (clock: string) => `
export const declares = { features: ['fallback', 'deadline'], chain: ['primary', 'backup'], deadline_ms: 60000 };
const post = async (url, headers, body, signal) => {
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body), signal });
  if (!reply.ok) throw new Error(reply.status);
  return reply;
};
async function streamed({ base_url, model }, messages) {
  const stop = new AbortController();
  let timer;
  const left = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), ms);
  };
  const [whole, piece] = ${clock};
  left(whole);
  try {
    const reply = await post(base_url + '/chat/completions', {}, { model, messages, stream: true }, stop.signal);
    let text = '';
    for await (const bytes of reply.body) {
      if (piece) left(piece);
      text += new TextDecoder().decode(bytes);
    }
    const events = text.split('\\n\\n').map((one) => one.replace('data: ', '')).filter((one) => one.startsWith('{'));
    return events.map((one) => JSON.parse(one).choices[0].delta.content ?? '').join('');
  } finally {
    clearTimeout(timer);
  }
}
export default async (task, { roles: { primary, backup } }) => {
  const messages = [{ role: 'user', content: task.sources.map((s) => '[' + s.id + '] ' + s.text).join(' ') + task.input }];
  try {
    return await streamed(primary, messages);
  } catch {
    const headers = { 'anthropic-version': '2023-06-01', 'x-api-key': backup.api_key };
    const reply = await post(backup.base_url + '/v1/messages', headers, { model: backup.model, max_tokens: 500, messages });
    return (await reply.json()).content[0].text;
  }
};
`;

/** The verdicts of the check on three asks of a long answer, with a second before every piece or with the given fault. */
async function verdicts(clock: string, fault = 'slow-stream@primary,gap_ms=1000') {
  using project = new Project({ ...THREE_TASKS, 'agent.mjs': streaming(clock) });
  const request = { cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', task: ['returns'] };
  const { report } = await runDrill({ ...request, fault: [fault] });
  const phase = report.drills.flatMap((d) => d.tasks.filter((t) => t.phase === 'still_out'));
  return phase.map((t) => t.checks.find((c) => c.check === 'lets-streams-flow')?.verdict);
}

it('one clock over the whole stream throws away what flows; one over every piece does not', async () => {
  expect(await verdicts('[3000, undefined]')).toEqual(Array(6).fill('failed'));
  expect(await verdicts('[3000, 3000]')).toEqual(Array(6).fill('passed'));
});

it('who leaves a stream that stands still, or before it began, leaves nothing that flows', async () => {
  expect(await verdicts('[3000, 700]')).toEqual(Array(6).fill('not_applicable'));
  expect(await verdicts('[3000, undefined]', 'hang@primary')).toEqual(Array(6).fill('not_applicable'));
});

it('who has no time for the rest, or has waited for most of it, may leave', async () => {
  expect(await verdicts('[3000, undefined]', 'slow-stream@primary,gap_ms=30000')).toEqual(
    Array(6).fill('not_applicable'),
  );
  expect(await verdicts('[31000, undefined]', 'slow-stream@primary,gap_ms=8000')).toEqual(
    Array(6).fill('not_applicable'),
  );
});
