import { expect, test } from 'vitest';
import { Contract } from '../core/contract.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, facts, failover, ORDERS, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { stopsCleanly as check } from './stops-cleanly.ts';

const down = (told = story(2).ask()) =>
  told.call('primary', 20, { until: 30, fails: 'left' }).call('backup', 30, { until: 40, fails: 'server_error' });
const judge = (told: ReturnType<typeof story>, outcome: Partial<Outcome> = { kind: 'queued' }, over = {}) =>
  verdictOf(check, evidence(told.outcome(50, outcome), over));

test('an honest end', () => {
  expect(worded(judge(down()))).toBe(
    'passed: primary, backup gave no good reply; the outcome is queued, and nothing came after',
  );
  expect(judge(story(2).ask(), { kind: 'rules_based' }).verdict).toBe('passed');
});

const rich = story(1, 'baseline')
  .ask()
  .call('primary', 0, { until: 9 })
  .outcome(9, { citations: ['order_9'] })
  .events();

test('an answer out of nothing', () => {
  const pretence = 'failed: the outcome is answered, though no role gave a good reply';
  const answer = 'You may return it.';
  expect(worded(judge(down(), { answer }, { baseline: rich }))).toBe(pretence);
  expect(worded(judge(down(), { answer, citations: ['order_9'] }))).toBe(pretence);
  expect(judge(down(), { kind: 'extracted', data: { a: 1 } }).verdict).toBe('failed');
  const held = (share: number) => {
    const events = down().outcome(50, { answer }).events();
    const kept = [{ call: 'c1.1', ask: 1, role: 'primary', share, cites: [] }];
    return events.map((e) => (e.kind === 'outcome' ? { ...e, kept } : e));
  };
  expect(verdictOf(check, evidence({ events: () => held(1) }, { baseline: rich })).verdict).toBe('passed');
  expect(verdictOf(check, evidence({ events: () => held(0.4) }, { baseline: rich })).verdict).toBe('failed');
});

test('an apology is a text that somebody has to read, where the target marks it or gives only texts', () => {
  const answer = 'Leider geht es gerade nicht.';
  const counted = { verdict: 'not_applicable', unread: [answer] };
  expect(judge(down(), { answer })).toMatchObject(counted);
  expect(judge(down(), { answer, degraded: true }, { baseline: rich })).toMatchObject(counted);
  const read = (means: object) => judge(down(), { answer }, { baseline: rich, notices: [{ text: answer, means }] });
  expect(read({ limited: true }).verdict).toBe('passed');
  expect(read({ works: true }).verdict).toBe('failed');
});

test('what goes on behind the user’s back', () => {
  const told = () => down().tool(45).call('primary', 60, { until: 70 });
  expect(worded(judge(told(), { kind: 'failed' }))).toBe(
    'failed: 1 call after the outcome; issue_refund was run after the last role had failed',
  );
  // A queue is worked off later, and only asks: it may not write.
  expect(judge(down().call('primary', 60, { until: 70 })).verdict).toBe('passed');
  expect(judge(told()).verdict).toBe('failed');
});

test('all of them gone after a write', () => {
  const wrote = () =>
    story(2)
      .ask()
      .call('primary', 0, { until: 9, asks: ['issue_refund'] })
      .tool(10);
  expect(judge(down(wrote())).verdict).toBe('passed');
  expect(judge(down(wrote()), { answer: 'The order was closed.' }, { baseline: rich }).verdict).toBe('failed');
  expect(judge(wrote()).verdict).toBe('inconclusive');
});

test('what the contract promises whoever is told', () => {
  const contract = Contract.parse({ workflow: 'w', experience: { when_all_fail: 'save_and_offer_next_step' } });
  const notice = { contract, declares: { ...facts().declares, features: ['notice' as const] } };
  const silent = { kind: 'failed' as const, answer: undefined };
  expect(worded(judge(down(), silent, notice))).toBe('failed: no state was kept; no next step is offered');
  const kept = { ...silent, state: { retry_count: 1 } };
  const again = 'Bitte später noch einmal versuchen.';
  const told = (over: object) => judge(down(), { ...kept, notice: again }, { ...notice, ...over });
  expect(told({ notices: [{ text: again, means: { act: true } }] })).toMatchObject({ verdict: 'passed' });
  expect(told({ notices: [{ text: again, means: { limited: true } }] }).verdict).toBe('failed');
  expect(told({})).toMatchObject({ verdict: 'passed', unread: [again] });
  expect(judge(down(), { ...kept, notice: 'n/a' }, notice).verdict).toBe('failed');
  const parts = { works: 'a', limited: 'b', action: 'c', saved: 'd' };
  expect(judge(down(), { ...kept, notice: { ...parts, next: 'We write to you.' } }, notice).verdict).toBe('passed');
  expect(judge(down(), { ...kept, notice: { ...parts, next: ' ' } }, notice).verdict).toBe('failed');
  expect(judge(down(), { kind: 'failed' }, { contract }).verdict).toBe('passed');
});

test('nothing to judge where somebody answered or nobody was needed; a hang is no stop', () => {
  expect(verdictOf(check, evidence(failover())).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(plain())).verdict).toBe('inconclusive');
  const unneeded = story(2).ask().outcome(1).events();
  expect(verdictOf(check, evidence({ events: () => unneeded }, { baseline: unneeded })).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(down().hung(99))).verdict).toBe('not_applicable');
  const proposed = story(2)
    .ask()
    .call('backup', 0, { until: 9, asks: ['issue_refund'] });
  expect(judge(down(proposed), {}, { contract: ORDERS }).verdict).toBe('inconclusive');
});
