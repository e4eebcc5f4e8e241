import { describe, expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import { Declaration } from '../core/declaration.ts';
import { LogRecord, noticeText, Outcome, type Task } from '../core/outcome.ts';
import { createRandom } from '../core/random.ts';
import type { Transport } from '../core/wire.ts';
import { anthropicMessages, openaiChat } from '../protocols/index.ts';
import { HandClock } from './hand-clock.fixture.ts';
import { provider, says } from './provider.fixture.ts';
import supportAgent, { declares, start } from './reference.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    answer: { type: 'string' },
    confidence: { type: 'string', enum: ['low', 'medium', 'high'] },
    citations: { type: 'array', items: { type: 'string' } },
    missing_information: { type: 'array', items: { type: 'string' } },
    safe_to_send: { type: 'boolean' },
    policy_version: { type: 'string' },
  },
  required: ['answer', 'confidence', 'citations', 'missing_information', 'safe_to_send', 'policy_version'],
  additionalProperties: false,
};
const GOOD = {
  answer: 'The window of 30 days is over.',
  confidence: 'high',
  citations: ['policy_refunds_v3'],
  missing_information: [],
  safe_to_send: true,
  policy_version: 'v3',
};
const TASK: Task = {
  id: 'refund#1',
  workflow: 'support-answer',
  tenant: 'northwind',
  priority: 'high',
  input: 'Can I get a refund after 31 days?',
  sources: [
    { id: 'policy_refunds_v3', text: 'Refunds: 30 days from\n"purchase".' },
    { id: 'order_991', text: 'Order 991 of 1 March.' },
  ],
  response_schema: SCHEMA,
  deadline_ms: 12_000,
};
const ROLES = {
  primary: {
    protocol: 'openai-chat',
    base_url: 'https://api.openai.com/v1',
    model: 'gpt-5-mini',
    region: 'eu',
    api_key: 'k1',
  },
  backup: {
    protocol: 'anthropic-messages',
    base_url: 'https://api.anthropic.com',
    model: 'claude-haiku-4-5',
    api_key: 'k2',
  },
};
type Replies = Parameters<typeof provider>[2];

function stage(primaryReplies: Replies, backupReplies: Replies) {
  const clock = new HandClock();
  const primary = provider(openaiChat, clock, primaryReplies);
  const backup = provider(anthropicMessages, clock, backupReplies);
  const transport: Transport = (request, signal) =>
    (request.url.startsWith(ROLES.primary.base_url) ? primary : backup).transport(request, signal);
  const around = { roles: ROLES, transport, clock, random: createRandom(7) };
  const never = new AbortController().signal;
  const running = start(around);
  const ask = async (task: Partial<Task> = {}) => clock.drive((await running).ask({ ...TASK, ...task }, never));
  return { clock, primary, backup, around, ask };
}
const good: Replies = () => says(JSON.stringify(GOOD));
const answering =
  (change: object): Replies =>
  () =>
    says(JSON.stringify({ ...GOOD, ...change }));

test('without any of its roles it does not start', async () => {
  const { around } = stage(good, good);
  await expect(start({ ...around, roles: {} })).rejects.toThrow('a role to ask');
});

test('declares what it does', () => {
  expect(Declaration.parse(declares)).toEqual(declares);
  expect(declares.fails_over_on).not.toContain('safety_block');
});

test('on the primary: the contract’s fields, nothing degraded, nothing told', async () => {
  const outcome = await stage(good, good).ask();
  expect(Outcome.parse(outcome)).toEqual(outcome);
  expect(outcome).toMatchObject({
    ...GOOD,
    kind: 'answered',
    data: GOOD,
    degraded: false,
    tool_mode: 'none',
    notice: null,
    model: 'gpt-5-mini',
    cost_usd: 0.00045,
  });
});

test('on the backup: an adapted payload, a degraded answer, an honest notice', async () => {
  const { primary, backup, ask } = stage(() => 'hang', good);
  const outcome = await ask();
  expect(outcome).toMatchObject({
    kind: 'answered',
    degraded: true,
    model: 'claude-haiku-4-5',
    state: { retry_count: 1 },
  });
  expect(noticeText(outcome.notice)).toMatch(/limited/);
  expect(primary.calls).toHaveLength(2);
  const got = backup.calls[0]?.body;
  expect(got?.model).toBe('claude-haiku-4-5');
  expect(got?.responseSchema?.schema).toEqual(SCHEMA);
  // One protocol has a list of system messages, the other one system text: the words are the same.
  const words = (messages: { content: string }[] = []) => messages.map((m) => m.content).join('\n\n');
  expect(words(got?.messages)).toBe(words(primary.calls[0]?.body.messages));
  for (const { text } of TASK.sources) expect(got?.messages.at(-1)?.content).toContain(text);
  expect(JSON.stringify(backup.calls[0])).not.toContain('gpt-5-mini');
});

test('its log is whole and holds neither question nor tenant nor answer', async () => {
  const outcome = await stage(() => 'hang', good).ask();
  const [record] = outcome.log ?? [];
  expect(LogRecord.parse(record)).toMatchObject({
    task_id: 'refund#1',
    primary_model: 'gpt-5-mini',
    failure_mode: 'timeout',
    fallback_model: 'claude-haiku-4-5',
    schema_status: 'valid',
    quality_gate: 'passed',
    degraded: true,
    source_ids: ['policy_refunds_v3', 'order_991'],
  });
  expect(JSON.stringify(record)).not.toMatch(/refund after|northwind|30 days/);
});

test('all fail: it stops cleanly, keeps state, offers a next step, in time', async () => {
  const { clock, ask } = stage(
    () => 'hang',
    () => 'refused',
  );
  const outcome = await ask();
  expect(outcome).toMatchObject({
    kind: 'queued',
    degraded: true,
    state: { task_id: 'refund#1', step: 'answer', retry_count: 2 },
  });
  expect(outcome).not.toHaveProperty('answer');
  expect(JSON.stringify(outcome.state)).not.toContain('refund after');
  expect(noticeText(outcome.notice)).toMatch(/is saved.*try again in a few minutes/);
  expect(clock.now()).toBeLessThan(12_000);
});

test('a refusal on the primary is the answer: nobody else is asked', async () => {
  const { backup, ask } = stage(
    () => [
      { type: 'refusal-delta', text: 'No.' },
      { type: 'end', reason: 'refusal' },
    ],
    good,
  );
  expect(await ask()).toMatchObject({
    kind: 'declined',
    degraded: true,
    log: [{ failure_mode: 'safety_block', fallback_model: null }],
  });
  expect(backup.calls).toHaveLength(0);
});

describe('an answer that breaks the contract is nobody’s', () => {
  test.each([
    ['a foreign citation', { citations: ['policy_of_another_tenant'] }, 'quality_regression'],
    ['no citation and nothing missing', { citations: [] }, 'quality_regression'],
    ['a field of another shape', { confidence: 0.9 }, 'schema_error'],
    ['a missing field', { safe_to_send: undefined }, 'schema_error'],
  ] as const)('%s', async (_, change, mode) => {
    const rescued = await stage(answering(change), good).ask();
    expect(rescued).toMatchObject({ kind: 'answered', degraded: true, log: [{ failure_mode: mode }] });
    const lost = await stage(answering(change), answering(change)).ask();
    expect(lost.kind).toBe('needs_review');
    expect(lost).not.toHaveProperty('answer');
    expect(lost).not.toHaveProperty('data');
  });
});

test('a context that is too small loses what was said before, never policy or evidence, on the same model', async () => {
  const history = [
    { role: 'user' as const, content: 'Are you there?' },
    { role: 'assistant' as const, content: 'I am.' },
  ];
  const full: Replies = ({ messages }) =>
    messages.length > 2
      ? [{ type: 'error', mode: 'context_overflow', message: 'too long' }]
      : says(JSON.stringify(GOOD));
  const { primary, backup, ask } = stage(full, good);
  const shortened = { kind: 'answered', degraded: false, log: [{ failure_mode: 'context_overflow' }] };
  expect(await ask({ history })).toMatchObject(shortened);
  const [first, second] = primary.calls.map(({ body }) => body.messages);
  expect(second).toEqual(first?.toSpliced(1, 2));
  expect(backup.calls).toHaveLength(0);
});

test('a tenant’s data goes to no role outside the regions that the contract names for it', async () => {
  const down: Replies = () => [{ type: 'error', mode: 'server_error', message: 'down' }];
  const { primary, backup, ask } = stage(down, good);
  const contract = Contract.parse({ workflow: 'support-answer', residency: { 'alder-outdoor': ['eu'] } });
  expect(await ask({ tenant: 'alder-outdoor', contract })).toMatchObject({ kind: 'queued' });
  expect([primary.calls.length, backup.calls.length]).toEqual([2, 0]);
  expect(await ask({ tenant: 'lumen-home', contract })).toMatchObject({ kind: 'answered' });
});

test('an answer that does not rest on the picture it was given goes to nobody', async () => {
  const photo = { id: 'photo_1', text: '', image: { media_type: 'image/png', data: 'iVBORw0KGgo=' } };
  const { primary, backup, ask } = stage(good, good);
  expect(await ask({ sources: [...TASK.sources, photo] })).toMatchObject({ kind: 'needs_review' });
  const shown = [...primary.calls, ...backup.calls].map(({ body }) => body.messages.at(-1)?.images);
  expect(shown).toEqual([[photo.image], [photo.image]]);
});

test('an answer that leans on nothing needs no citation', async () => {
  const asking = { answer: 'Which one is it?', citations: [], missing_information: ['order date'] };
  const outcome = await stage(answering(asking), good).ask();
  expect(outcome).toMatchObject({ kind: 'answered', degraded: false, missing_information: ['order date'] });
});

test('a task without a schema gets plain text and the sources it names', async () => {
  const plain: Replies = () => says('No, see policy_refunds_v3.');
  const outcome = await stage(plain, plain).ask({ response_schema: undefined });
  expect(outcome).toMatchObject({
    kind: 'answered',
    answer: 'No, see policy_refunds_v3.',
    citations: ['policy_refunds_v3'],
    log: [{ schema_status: 'not_checked' }],
  });
  expect(outcome).not.toHaveProperty('data');
});

test('breakers live from start to close; the default export asks once', async () => {
  const { clock, primary, around, ask } = stage(() => 'refused', good);
  for (let i = 0; i < 4; i++) await ask();
  expect(primary.calls).toHaveLength(5);
  await clock.drive(supportAgent(TASK, { ...around, signal: new AbortController().signal }));
  expect(primary.calls).toHaveLength(7);
});

test('the budget of a task is kept', async () => {
  const { primary, backup, ask } = stage(good, good);
  expect(await ask({ budget_usd: 0.000_001 })).toMatchObject({ kind: 'queued', cost_usd: 0 });
  expect(primary.calls.length + backup.calls.length).toBe(0);
});
