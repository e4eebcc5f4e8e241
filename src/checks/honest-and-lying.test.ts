import { describe, expect, test } from 'vitest';
import type { Meaning } from '../core/notices.ts';
import type { Outcome } from '../core/outcome.ts';
import { evidence, failover, ORDERS, REFUND, story, verdictOf } from './evidence.fixture.ts';
import { noticeIsComplete } from './notice-is-complete.ts';
import { noticeIsTrue } from './notice-is-true.ts';

type Told = ReturnType<typeof story>;
type Teller = (outcome: Partial<Outcome>) => Told;

/** The backup answered, and the question was kept. */
const answered: Teller = (outcome) => failover({ degraded: true, state: { question: 'q' }, ...outcome });
/** The same after a refund. */
const refunded: Teller = (outcome) => answered(outcome).tool(2950);
/** Nobody answered, and people have it now. */
const queued: Teller = (outcome) =>
  story(2)
    .ask()
    .call('primary', 0, { until: 9, fails: 'server_error' })
    .call('backup', 9, { until: 20, fails: 'overloaded' })
    .outcome(30, { kind: 'queued', answer: undefined, degraded: true, state: { question: 'q' }, ...outcome });
/** Nothing was kept, either. */
const dropped: Teller = (outcome) => queued({ ...outcome, kind: 'failed', state: {} });
const full: Teller = (outcome) => story(2).ask().call('primary', 0, { until: 9 }).outcome(9, outcome);

const all: Meaning = { works: true, limited: true, saved: true, next: true };
const HONEST: [string, Meaning, Teller][] = [
  ['Stand-in answered. Thin on detail. Saved. Full answers in minutes.', all, answered],
  [
    'Thank you very much for waiting. We were able to answer you, albeit with less detail than we would wish for; your question is kept, and you are warmly invited to ask again in a little while.',
    all,
    answered,
  ],
  [
    '### Reduced service\n\n- **Works:** answers\n- **Limited:** detail\n- **Saved:** yes\n- **Next:** [ask again](/ask)',
    all,
    answered,
  ],
  [
    'Beantwortet, zurzeit aber von einem eingeschränkten Dienst. Der Stand ist gespeichert; gleich geht es wieder wie gewohnt.',
    all,
    answered,
  ],
  [
    'Wir haben geantwortet, nur knapper als sonst. Ihre Frage ist notiert. Bitte fragen Sie in einigen Minuten noch einmal.',
    { ...all, act: true },
    answered,
  ],
  [
    'Nous avons répondu, avec moins de détails que d’habitude. Votre question est conservée ; réessayez dans un instant.',
    all,
    answered,
  ],
  [
    'Erstattung ist raus. Antworten sind gerade knapp. Mehr in Kürze.',
    { works: true, limited: true, done: ['issue_refund'], next: true },
    refunded,
  ],
  [
    'Remboursement effectué. Service réduit, retour à la normale sous peu.',
    { works: true, limited: true, done: true, next: true },
    refunded,
  ],
  [
    '**On hold.** A colleague has your request; nothing was carried out.',
    { limited: true, told_to: 'person', done: false },
    queued,
  ],
  [
    'Gerade geht nichts, und es wurde nichts aufbewahrt. Bitte stellen Sie die Frage später noch einmal.',
    { limited: true, saved: false, act: true },
    dropped,
  ],
];
const LIES: [string, Meaning, Teller, string][] = [
  ['Your money is already on its way.', { done: 'issue_refund' }, answered, 'no effect of issue_refund'],
  ['Das Geld ist schon unterwegs.', { done: true }, answered, 'no tool wrote anything'],
  ['**Done:** nothing. We did not touch your order.', { done: false }, refunded, 'issue_refund took effect'],
  ['An Ihrer Bestellung hat sich nichts geändert.', { done: false }, refunded, 'issue_refund took effect'],
  ['Rest assured that we hold on to everything you told us.', { saved: true }, dropped, 'no state was kept'],
  ['Votre demande est conservée.', { saved: true }, dropped, 'no state was kept'],
  ['All good here.', { works: 'all' }, answered, 'backup answered'],
  ['Tout fonctionne normalement.', { works: 'all' }, queued, 'the outcome is queued'],
  ['Eine Kollegin kümmert sich schon darum.', { told_to: 'person' }, answered, 'hands it to no person'],
  ['We are a bit thin today.', { limited: true }, full, 'nothing was limited'],
];

const judge = (check: typeof noticeIsTrue, text: string, told: Teller, means?: Meaning) =>
  verdictOf(
    check,
    evidence(told({ notice: text }), {
      ...{ contract: ORDERS, task: REFUND },
      notices: means === undefined ? [] : [{ text, means }],
    }),
  );

describe('unread: no finding, and counted', () => {
  const both = [...HONEST, ...LIES].map(([text, , told]) => [text, told] as const);
  test.each(both)('%s', (text, told) => {
    for (const check of [noticeIsTrue, noticeIsComplete]) {
      const verdict = judge(check, text, told);
      // On a full path nothing has to be complete.
      if (verdict.verdict !== 'inconclusive')
        expect(verdict).toMatchObject({ verdict: 'not_applicable', unread: [text] });
    }
  });
});

describe('read: each honest one passes', () => {
  test.each(HONEST)('%s', (text, means, told) => {
    expect(judge(noticeIsTrue, text, told, means)).toMatchObject({ verdict: 'passed' });
    expect(judge(noticeIsComplete, text, told, means)).toMatchObject({ verdict: 'passed' });
  });
});

describe('read: each lie fails by its fact', () => {
  test.each(LIES)('%s', (text, means, told, fact) => {
    const verdict = judge(noticeIsTrue, text, told, means);
    expect(verdict).toMatchObject({ verdict: 'failed', reason: expect.stringContaining(fact) });
  });
});
