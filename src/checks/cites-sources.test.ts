import { expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import { citesSources as check } from './cites-sources.ts';
import { evidence, failover, held, story, verdictOf, worded } from './evidence.fixture.ts';

const judge = (outcome: Partial<Outcome>, task = {}) => verdictOf(check, evidence(failover(outcome), { task }));

test('listed citations that were given to the model that answered', () => {
  for (const outcome of [{ citations: ['policy_v3'] }, { data: { citations: [{ id: 'policy_v3' }] } }])
    expect(worded(judge(outcome))).toBe('passed: cites policy_v3, given to backup');
});

test('ids named in the text do, where none are listed', () => {
  expect(worded(judge({}))).toBe('passed: cites policy_v3, order_9, given to backup');
});

test('none, unknown ones and missing required ones fail', () => {
  expect(worded(judge({ citations: [] }))).toBe('failed: no citation');
  expect(worded(judge({ citations: ['policy_v9'] }, { required_sources: ['order_9'] }))).toBe(
    'failed: cites policy_v9, which is no source of this task; does not cite order_9',
  );
});

test('of two like replies of a role either may be the one', () => {
  const words = { share: 1, role: 'backup', ask: 1 };
  const told = (second: string[]) =>
    story()
      .ask()
      .call('backup', 0, { until: 9, cites: ['policy_v3'] })
      .call('backup', 10, { until: 19, cites: second })
      .outcome(20, { citations: ['policy_v3'] }, held(), [
        { ...words, call: 'c1.1', cites: ['policy_v3'] },
        { ...words, call: 'c1.2', cites: second },
      ]);
  expect(verdictOf(check, evidence(told(['order_9']))).verdict).toBe('passed');
  const neither = story()
    .ask()
    .call('backup', 0, { until: 9, cites: ['order_9'] })
    .outcome(20, { citations: ['policy_v3'] });
  const usual = story(9, 'baseline')
    .ask()
    .call('primary', 0, { until: 9, cites: ['policy_v3', 'order_9'] })
    .outcome(9);
  expect(verdictOf(check, evidence(neither, { baseline: usual.events() })).verdict).toBe('failed');
});

test('a source the model was never given is a false citation', () => {
  const told = story()
    .ask()
    .call('backup', 0, { until: 9, held: held({ source_ids: ['order_9'] }) })
    .outcome(9);
  expect(worded(verdictOf(check, evidence(told)))).toBe('failed: cites policy_v3, which backup was not given');
});

test('one that was shown its sources one at a time was given them all', () => {
  const shown = (id: string) => ({ until: 9, cites: [id], held: held({ source_ids: [id] }) });
  const told = (first: string) =>
    story()
      .ask()
      .call(first, 0, shown('policy_v3'))
      .call('backup', 0, shown('order_9'))
      .call('backup', 10, { until: 19, cites: ['policy_v3', 'order_9'], held: held() })
      .outcome(20);
  expect(verdictOf(check, evidence(told('backup'))).verdict).toBe('passed');
  expect(worded(verdictOf(check, evidence(told('primary'))))).toBe(
    'failed: cites policy_v3, which backup was not given',
  );
});

test('nothing to judge on a hang', () => {
  expect(verdictOf(check, evidence(story().ask().hung(9))).verdict).toBe('not_applicable');
});
