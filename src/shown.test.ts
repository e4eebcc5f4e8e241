import { expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';
import { whatHappened } from './reporters/words.ts';

const ANSWER = 'You may bring a book back within 30 days of purchase, unread and with the receipt. [returns_v1]';
const FILES = {
  'my-tasks/returns.json': JSON.stringify({
    name: 'returns',
    input: 'Can I bring a book back?',
    fixtures: ['returns_v1'],
    must_include: ['30 days', 'receipt'],
    answer: ANSWER,
  }),
  'my-tasks/sources/returns_v1.md':
    'Books may be brought back within 30 days of purchase, unread and with the receipt.\n',
  'drills/breaks.yaml': `
drill: breaks
title: The stream of the primary breaks after some words
hypothesis: What users saw is one answer, or is owned up to.
workflow: my-tasks
phases: [{ name: broken, tasks: 1, faults: [{ fault: connection-reset, role: primary, after_frames: 3 }] }]
expect: { arrives-whole: {} }
`,
};

/** Streams from the primary to its user, who has `shown` on the screen; `rescue` is what it does when that breaks. */
const agent = (rescue: string) => `
const headers = { 'content-type': 'application/json' };
export default async (task, { roles: { primary, backup } }) => {
  const messages = [{ role: 'user', content: task.sources.map((s) => '[' + s.id + '] ' + s.text).join(' ') + task.input }];
  const whole = async () => {
    const body = JSON.stringify({ model: backup.model, max_tokens: 500, messages });
    const reply = await fetch(backup.base_url + '/v1/messages', { method: 'POST', headers: { ...headers, 'anthropic-version': '2023-06-01', 'x-api-key': backup.api_key }, body });
    return (await reply.json()).content[0].text;
  };
  let shown = '';
  try {
    const body = JSON.stringify({ model: primary.model, messages, stream: true });
    const reply = await fetch(primary.base_url + '/chat/completions', { method: 'POST', headers, body });
    let rest = '';
    for await (const bytes of reply.body) {
      const events = (rest + new TextDecoder().decode(bytes)).split('\\n\\n');
      rest = events.pop();
      for (const one of events) if (one.startsWith('data: {')) shown += JSON.parse(one.slice(6)).choices[0]?.delta.content ?? '';
    }
    return { kind: 'answered', shown };
  } catch (error) {
    ${rescue}
  }
};
`;

async function ran(rescue: string, drills = {}) {
  using project = new Project({ ...FILES, ...drills, 'agent.mjs': agent(rescue) });
  const request = { cwd: project.cwd, target: './agent.mjs', tasks: './my-tasks', names: ['./drills/breaks.yaml'] };
  const { report } = await runDrill(request);
  const [drill] = report.drills;
  const [task] = drill?.tasks ?? [];
  if (drill === undefined || task === undefined) return expect.fail('nothing was asked');
  const found = task.checks.filter((c) => c.verdict === 'failed').map((c) => `${c.check}: ${c.reason}`);
  return { baseline: task.baseline.verdict, found, what: whatHappened(task, drill) };
}
const baseline = 'passed';

it('what was left of the broken stream, and then the whole of the backup, is a splice', async () => {
  const spliced = 'shown += await whole(); return { kind: "answered", shown };';
  const found = [
    expect.stringMatching(/^arrives-whole: spliced: \d+ characters of primary stand before the whole reply of backup/),
  ];
  expect(await ran(spliced)).toEqual({ baseline, found, what: 'primary network → backup' });
  // Whatever the outcome is called, and whatever it hands out beside that.
  const answer = 'const answer = await whole(); shown += answer;';
  expect((await ran(`${answer} return { kind: "answered", answer, shown };`)).found).toEqual(found);
  expect((await ran(`${answer} return { kind: "partial", answer, shown };`)).found).toEqual(found);
});

it.each([
  ['takes it back', 'shown = await whole(); return { kind: "answered", shown };'],
  ['hands the whole out after it, in its place', 'return { kind: "answered", answer: await whole(), shown };'],
  [
    'says what came between',
    'shown += " [The line broke: once more.] " + await whole(); return { kind: "answered", shown };',
  ],
])('no splice has who %s', async (_, rescue) => {
  expect(await ran(rescue)).toEqual({ baseline, found: [], what: 'primary network → backup' });
});

it('a part that is called an answer is cut', async () => {
  const { found } = await ran('return { kind: "answered", shown };');
  expect(found).toContainEqual(expect.stringMatching(/^arrives-whole: truncated: \d+ of 95 characters$/));
  expect(found).toContainEqual(expect.stringMatching(/^includes-required: missing: .*receipt/));
});

it('an error after some words is told apart from one at once', async () => {
  const failing = 'return { kind: "failed", error: "the line broke", shown };';
  const { found, what } = await ran(failing);
  expect(what).toMatch(/^primary network, failed after \d+ words were shown \(the line broke\)$/);
  expect((await ran('throw new Error("the line broke");')).what).toBe(
    'primary network, failed (Error: the line broke)',
  );
  expect(found).toEqual((await ran('throw new Error("the line broke");')).found);
});
