import { expect, test } from 'vitest';
import { adaptsPayload as check } from './adapts-payload.ts';
import { evidence, GIVEN, held, plain, story, verdictOf, worded } from './evidence.fixture.ts';

const full = { ...GIVEN, schema_fields: ['answer', 'citations'], models: ['primary'] };
const sent = (backup: object, model?: string) =>
  story(2)
    .ask()
    .call('primary', 0, { until: 2000, fails: 'left', held: full })
    .call('backup', 2000, { until: 2900, held: { ...full, models: ['backup'], ...backup }, ...(model && { model }) })
    .outcome(3000);

test('the backup received all', () => {
  expect(worded(verdictOf(check, evidence(sent({}))))).toBe(
    'passed: backup received all that primary received (2 sources)',
  );
});

test('each thing lost is named', () => {
  const told = sent({ sources: ['order_9'], source_ids: [], schema_fields: ['answer'] });
  expect(worded(verdictOf(check, evidence(told)))).toBe(
    'failed: backup lost the text of policy_v3; backup lost the id policy_v3; backup lost the id order_9; backup was not asked for citations',
  );
});

test("the primary's model name is a leak, as the model asked for or anywhere in the request", () => {
  expect(worded(verdictOf(check, evidence(sent({ models: ['primary'] }, 'gpt-5-mini'))))).toBe(
    "failed: backup was asked for primary's model gpt-5-mini",
  );
  expect(worded(verdictOf(check, evidence(sent({ models: ['primary', 'backup'] }))))).toBe(
    "failed: backup received the name of primary's model gpt-5-mini",
  );
  const asked = { task: { input: 'What does gpt-5-mini cost?' } };
  expect(verdictOf(check, evidence(sent({ models: ['primary', 'backup'] }), asked)).verdict).toBe('passed');
});

test('a spared primary is compared from the baseline', () => {
  const told = story(2).ask().call('backup', 0, { until: 900, held: held() }).outcome(900);
  expect(verdictOf(check, evidence(told)).verdict).toBe('failed');
  const nothing = { baseline: story(1).ask().outcome(1).events() };
  expect(verdictOf(check, evidence(told, nothing)).verdict).toBe('inconclusive');
});

test('nothing to judge where only the primary was called', () => {
  expect(worded(verdictOf(check, evidence(plain())))).toBe('inconclusive: only primary was called');
});

test("another protocol than the role's own is named", () => {
  const told = evidence(sent({}));
  const events = told.events.map((e) =>
    e.kind === 'call' && e.role === 'backup' ? { ...e, protocol: 'openai-chat' } : e,
  );
  expect(worded(verdictOf(check, { ...told, events }))).toBe(
    'failed: backup speaks anthropic-messages and was called in openai-chat',
  );
});

test('what was said before goes along, unless the context is too small for it', () => {
  const told = (mode: 'server_error' | 'context_overflow', kept: string[]) =>
    story(2)
      .ask()
      .call('primary', 0, { until: 20, fails: mode, held: { ...full, history: ['t'] } })
      .call('backup', 30, { until: 90, held: { ...full, models: ['backup'], history: kept } })
      .outcome(99);
  const judge = (...args: Parameters<typeof told>) => verdictOf(check, evidence(told(...args)));
  expect(judge('server_error', ['t']).verdict).toBe('passed');
  expect(worded(judge('server_error', []))).toBe('failed: backup lost what was said before');
  expect(judge('context_overflow', []).verdict).toBe('passed');
});
