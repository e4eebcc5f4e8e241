import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Outcome } from '../core/outcome.ts';
import { admitsDegradedMode as check } from './admits-degraded-mode.ts';
import { evidence, failover, story, verdictOf, worded } from './evidence.fixture.ts';

const notice = 'Live actions are limited.';
const judge = (outcome: Partial<Outcome>, over = {}) => verdictOf(check, evidence(failover(outcome), over));
const byPrimary = (outcome: Partial<Outcome>) =>
  verdictOf(check, evidence(story(2).ask().call('primary', 0, { until: 9 }).outcome(9, outcome)));
const contract = (experience: object) => ({ contract: Contract.parse({ workflow: 'w', experience }) });

test('a degraded answer that says so passes', () => {
  expect(worded(judge({ degraded: true, notice }))).toBe(
    'passed: backup answered; degraded is set and a notice was given',
  );
});

test('silence fails', () => {
  expect(worded(judge({ degraded: true, notice: '' }))).toBe('failed: backup answered, but no notice was given');
  expect(judge({})).toMatchObject({ reason: 'backup answered, but degraded is not set and no notice was given' });
});

test('so does an ending that the task does not have without faults', () => {
  expect(worded(byPrimary({ kind: 'needs_review' }))).toBe(
    'failed: the outcome is needs_review, but degraded is not set and no notice was given',
  );
  const review = story(1).ask().call('primary', 0, { until: 9 }).outcome(9, { kind: 'needs_review' }).events();
  expect(verdictOf(check, evidence({ events: () => review }, { baseline: review })).verdict).toBe('inconclusive');
});

test('an answer that no model gave is degraded', () => {
  const told = story(2).ask().call('primary', 0, { until: 9, fails: 'server_error' }).outcome(9);
  expect(verdictOf(check, evidence(told))).toMatchObject({ verdict: 'failed' });
});

test('where no model ever gave a good reply it may be called less; where none was asked that is a false alarm', () => {
  const stopped = (told: ReturnType<typeof story>) =>
    told.outcome(9, { kind: 'queued', degraded: true, notice }).events();
  const refused = stopped(story().ask().call('primary', 0, { until: 9, fails: 'unknown' }));
  const unasked = stopped(story().ask());
  expect(worded(verdictOf(check, evidence({ events: () => refused }, { baseline: refused })))).toBe(
    'inconclusive: no model gave a good reply, with faults or without',
  );
  expect(worded(verdictOf(check, evidence({ events: () => unasked }, { baseline: unasked })))).toBe(
    'failed: false alarm: no model was needed, yet degraded is set',
  );
});

test('a false alarm fails; what else the full path says, or does not, is nothing to judge', () => {
  expect(worded(byPrimary({ degraded: true, notice }))).toBe(
    'failed: false alarm: primary answered, yet degraded is set',
  );
  expect(byPrimary({ degraded: false, notice: 'Thank you for your patience.' }).verdict).toBe('inconclusive');
  expect(byPrimary({ degraded: false, notice: null }).verdict).toBe('inconclusive');
});

test('where the backup only helped on the way, either story is true', () => {
  const told = story(2).ask().call('backup', 0, { until: 9 }).call('primary', 9, { until: 20, turn: 2 });
  expect(verdictOf(check, evidence(told.outcome(20, { degraded: true, notice }))).verdict).toBe('inconclusive');
});

test('the contract decides which roles are degraded, and whether to speak', () => {
  expect(judge({}, contract({ degraded_on: ['backup-2'] })).verdict).toBe('inconclusive');
  expect(judge({}, contract({ when_degraded: 'silent' })).verdict).toBe('not_applicable');
  expect(verdictOf(check, evidence(story().ask().hung(9))).verdict).toBe('inconclusive');
});

test('what is held back, or ends by a person’s no, may be called less or not, without faults as well', () => {
  const held = () =>
    story().ask().call('primary', 0, { until: 9 }).outcome(10, { kind: 'needs_review', degraded: true });
  const refused = () =>
    story()
      .ask()
      .call('primary', 0, { until: 9 })
      .approval(20, 'denied')
      .outcome(30, { kind: 'partial', degraded: true });
  for (const told of [held(), refused()])
    expect(verdictOf(check, evidence(told, { baseline: told.events() })).verdict).toBe('inconclusive');
});
