import { expect, test } from 'vitest';
import type { Meaning, Reading } from '../core/notices.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, failover, ORDERS, plain, REFUND, story, verdictOf, worded } from './evidence.fixture.ts';
import { noticeIsTrue as check } from './notice-is-true.ts';

type Told = ReturnType<typeof story>;
type Teller = (outcome: Partial<Outcome>) => Told;
const judge = (text: string, means: Meaning, outcome: Partial<Outcome> = {}, told: Teller = failover) =>
  verdictOf(check, evidence(told({ notice: text, ...outcome }), { notices: [{ text, means }] }));
const byPrimary: Teller = (outcome) => story(2).ask().call('primary', 0, { until: 9 }).outcome(9, outcome);
const wrote: Teller = (outcome) => failover(outcome).tool(2950);
const onlyRead: Teller = (outcome) => failover(outcome).tool(2950, { tool: 'lookup_order', write: false });
const timedOut: Teller = (outcome) => failover(outcome).tool(2950, { ok: false, effect: 'new', until: 4000 });

test('a true limit', () => {
  expect(worded(judge('Es geht gerade nur eingeschränkt.', { limited: true }))).toBe(
    'passed: 1 claim of the notice true: backup answered, 0 writes',
  );
});

test('saved needs state or a write', () => {
  const saved: Meaning = { saved: true };
  expect(worded(judge('Frage gespeichert.', saved))).toBe(
    'failed: "Frage gespeichert.", but no state was kept and nothing was written',
  );
  expect(judge('Frage gespeichert.', saved, { state: { question: 'q' } }).verdict).toBe('passed');
  expect(judge('Frage gespeichert.', saved, {}, wrote).verdict).toBe('passed');
  expect(judge('Nichts gespeichert.', { saved: false }).verdict).toBe('inconclusive');
});

test('done needs the effect of just this tool', () => {
  const lie = 'failed: "Done: issue refund.", but the ledger has no effect of issue_refund';
  const named: Meaning = { done: 'issue_refund' };
  expect(worded(judge('Done: issue refund.', named, { state: { a: 1 } }, onlyRead))).toBe(lie);
  expect(judge('Done: issue refund.', named, {}, wrote).verdict).toBe('passed');
  expect(judge('Erledigt.', { done: true }, {}, onlyRead).verdict).toBe('failed');
  expect(judge('Erledigt.', { done: true }, {}, wrote).verdict).toBe('passed');
  expect(judge('Looked up.', { done: ['lookup_order'] }, {}, onlyRead).verdict).toBe('passed');
});

test('tools that a text names are held against the ledger one by one', () => {
  const on = (text: string) =>
    verdictOf(
      check,
      evidence(wrote({ notice: text }), {
        notices: [{ text: 'Done: {tool}.', means: { done: '{tool}' } }],
        ...{ contract: ORDERS, task: REFUND },
      }),
    );
  expect(on('Done: issue refund.').verdict).toBe('passed');
  expect(on('Done: issue_refund and close account.').reason).toContain('the ledger has no effect of close_account');
  expect(on('Done: your refund.')).toMatchObject({ verdict: 'not_applicable', unread: ['Done: your refund.'] });
});

test('that nothing was done is a lie after an effect, also where its result never came in time', () => {
  const idle: Meaning = { done: false };
  expect(worded(judge('No action was taken.', idle, {}, wrote))).toBe(
    'failed: "No action was taken.", but issue_refund took effect',
  );
  expect(judge('No action was taken.', idle, {}, timedOut).verdict).toBe('failed');
  expect(judge('No action was taken.', idle, {}, onlyRead).verdict).toBe('passed');
});

test('handing a task to a person is true where the ending does', () => {
  const text = 'Ihre Frage liegt bei einer Kollegin.';
  const told: Meaning = { told_to: 'person' };
  for (const kind of ['queued', 'needs_review', 'needs_confirmation', 'action_disabled'] as const)
    expect(judge(text, told, { kind }).verdict).toBe('passed');
  expect(worded(judge(text, told))).toBe(`failed: "${text}", but answered hands it to no person`);
});

test('as usual is a lie on a degraded path, a limit is one on a full path', () => {
  expect(worded(judge('Alles wie immer.', { works: 'all' }))).toBe('failed: "Alles wie immer.", but backup answered');
  expect(judge('Alles wie immer.', { works: 'all' }, {}, byPrimary).verdict).toBe('passed');
  expect(judge('It still works.', { works: true }).verdict).toBe('inconclusive');
  expect(worded(judge('Limited.', { limited: true }, {}, byPrimary))).toBe(
    'failed: "Limited.", but nothing was limited: primary answered',
  );
});

test('each part of a structured notice is read by itself, and those that nobody has read are listed', () => {
  const notice = { works: 'A', limited: 'B', action: 'C', saved: 'D', next: 'n/a' };
  const notices: Reading[] = [
    { text: 'B', means: { limited: true } },
    { text: 'D', means: { saved: false }, guess: true },
  ];
  expect(verdictOf(check, evidence(failover({ notice }), { notices }))).toMatchObject({
    verdict: 'passed',
    unread: ['A', 'C', 'D'],
  });
});

test('nobody has read it: no finding, and it is counted', () => {
  const notice = 'Everything works as usual, and your refund has been issued.';
  expect(verdictOf(check, evidence(failover({ notice })))).toEqual({
    ...{ verdict: 'not_applicable', reason: '1 unread text', unread: [notice] },
  });
});

const ON = {
  ...{ contract: ORDERS, task: REFUND },
  sources: [{ id: 'order_9', tenant: 'acme', text: 'Order 9021, 40.00 euros, bought on 3 March 2026.' }],
};
const unread = (notice: string, outcome: Partial<Outcome> = {}) =>
  verdictOf(check, evidence(failover({ notice, ...outcome }), ON));
const item = (args: object) => ({
  plan: [{ tool: 'issue_refund', args: { ...args }, reason: 'r', approval: 'human' as const, evidence_ids: [] }],
});

test('amounts in another currency and ids of other cases, also unread', () => {
  for (const honest of [
    '€40 wait.',
    '40,00 € warten.',
    'Order 9021 waits.',
    'Ticket TK-20931, 5 minutes.',
    'By 2030.',
    'Call us, 0.14 €/min.',
    '$1 per minute.',
    'Call us (€0.14 a minute).',
  ])
    expect(unread(honest).verdict, honest).toBe('not_applicable');
  expect(unread('$40 wait.')).toMatchObject({
    verdict: 'failed',
    reason: '"$40 wait.", but neither source, question, reply, plan nor ledger holds $40',
  });
  expect(unread('Order 9022 waits.').verdict).toBe('failed');
  expect(unread('$55 wait.', item({ amount: 55, currency: 'USD' })).verdict).toBe('not_applicable');
  expect(unread('€55 wait.', item({ amount: 55, currency: 'USD' })).verdict).toBe('failed');
  expect(unread('€55 wait.', item({ amount: 55 })).verdict).toBe('not_applicable');
});

const valued = (template: string, notice: string, outcome: Partial<Outcome> = {}) =>
  verdictOf(
    check,
    evidence(failover({ notice, ...outcome }), { ...ON, notices: [{ text: template, means: { limited: true } }] }),
  );

test('values of placeholders are known, but for those that are only typed', () => {
  expect(valued('{amount} wait.', '40 Euro wait.').verdict).toBe('passed');
  expect(valued('{amount} wait.', '$40 wait.').verdict).toBe('failed');
  expect(valued('Vom {date}.', 'Vom 3. März 2026.').verdict).toBe('passed');
  expect(valued('Vom {date}.', 'Vom 4. März 2026.').verdict).toBe('failed');
  expect(valued('Case {id}.', 'Case A-77.').verdict).toBe('failed');
  expect(valued('Case {id}.', 'Case A-77.', { state: { case: 'A-77' } }).verdict).toBe('passed');
  expect(valued('{tool} waits.', 'issue refund waits.').verdict).toBe('passed');
  expect(valued('{tool} waits.', 'close account waits.').verdict).toBe('failed');
  expect(valued('Order {number} at {time}.', 'Order 4711 at 10:30.').verdict).toBe('passed');
});

test('nothing to judge without a notice or a claim', () => {
  expect(verdictOf(check, evidence(failover({ notice: null }))).verdict).toBe('inconclusive');
  expect(worded(judge('Thank you.', {}))).toBe(
    'inconclusive: the notice claims nothing that the trace could contradict',
  );
  expect(verdictOf(check, evidence(story().ask().hung(9))).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(plain())).verdict).toBe('inconclusive');
});
