import { expect, test } from 'vitest';
import type { EventOf } from '../core/trace.ts';
import { evidence, GIVEN, held, story, verdictOf, worded } from './evidence.fixture.ts';
import { keepsKeys as check } from './keeps-keys.ts';

const log = (keys?: string[]): EventOf<'log'> => ({
  ...{ kind: 'log', seq: 7, at: 3000, drill: 'd', phase: 'outage', ask: 2, task: 't' },
  ...{ records: [], held: { ...held(), ...(keys && { keys }) }, held_input: false },
});
const judge = (call: object = {}, outcome: string[] | undefined = undefined, logged?: string[]) => {
  const told = story(2)
    .ask()
    .call('backup', 0, { until: 9, ...call })
    .outcome(9, {}, { ...held(), ...(outcome && { keys: outcome }) });
  return worded(verdictOf(check, evidence(told), {}, log(logged)));
};

test('each key with its own provider, and nowhere else', () => {
  expect(judge()).toBe('passed: 1 call, each with no key but its own');
});

test('a key that goes to another provider, into a prompt, the log or the outcome', () => {
  expect(judge({ put: { foreign_keys: ['primary'] } })).toBe('failed: the key of primary was sent to backup');
  expect(judge({ held: { ...GIVEN, keys: ['backup'] } })).toBe('failed: a prompt to backup holds the key of backup');
  expect(judge({}, ['primary'])).toBe('failed: the outcome holds the key of primary');
  expect(judge({}, undefined, ['primary', 'backup'])).toBe('failed: the log holds the key of primary, backup');
});

test('nothing to judge where no model was called', () => {
  expect(verdictOf(check, evidence(story(2).ask().outcome(9)), {}, log()).verdict).toBe('inconclusive');
});
