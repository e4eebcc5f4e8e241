import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import type { EventOf } from '../core/trace.ts';
import { evidence, failover, held, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { namesItsModel as check } from './names-its-model.ts';

const log = (model?: string): EventOf<'log'> => ({
  ...{ kind: 'log', seq: 7, at: 3000, drill: 'd', phase: 'outage', ask: 2, task: 't' },
  ...{ records: [], held: held(), held_input: false, ...(model !== undefined && { model }) },
});
const judge = (model?: string, outcome?: Partial<Outcome>) =>
  worded(verdictOf(check, evidence(failover(outcome)), {}, log(model)));

test('the model whose reply was handed out, with or without its provider and its date', () => {
  for (const model of ['claude-haiku-4-5', 'anthropic/claude-haiku-4-5', 'claude-haiku-4-5-20251001'])
    expect(judge(model)).toBe(`passed: the outcome says ${model}, and backup answered`);
  expect(worded(verdictOf(check, evidence(plain()), {}, log('gpt-5-mini')))).toMatch(/^passed/);
});

test.each(['gpt-5-mini', 'claude-haiku-4', 'claude-haiku-4-5-pro', 'backup', ''])('"%s" did not answer', (model) => {
  expect(judge(model)).toBe(`failed: the outcome says ${model} answered, on the wire claude-haiku-4-5 did`);
});

test('a role that was asked for by a name of its own may be called by that or by its model', () => {
  const told = (model: string) => story(2).ask().call('primary', 0, { until: 900, model }).outcome(900);
  const say = (model: string, asked: string) => verdictOf(check, evidence(told(asked)), {}, log(model)).verdict;
  for (const model of ['our-deployment', 'gpt-5-mini']) expect(say(model, 'our-deployment')).toBe('passed');
  expect(say('gpt-5-mini', 'gpt-5-mini-2026-08-07')).toBe('passed');
  // A name that everybody knows means that model.
  expect([say('gpt-5-nano', 'gpt-5-nano'), say('gpt-5-mini', 'gpt-5-nano')]).toEqual(['passed', 'failed']);
});

test('nothing is judged where no model is named, or none answered', () => {
  expect(judge()).toBe('inconclusive: the outcome names no model');
  for (const kind of ['queued', 'needs_review', 'failed', 'declined', 'rules_based'] as const)
    expect(judge('gpt-5-mini', { kind })).toBe('inconclusive: no answer of a model was handed out');
  const noReply = story(2).ask().call('primary', 0, { until: 900, fails: 'server_error' }).outcome(900);
  expect(verdictOf(check, evidence(noReply), {}, log('gpt-5-mini')).verdict).toBe('inconclusive');
});
