import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GoldenTask, type Source } from '../core/golden-task.ts';
import type { Outcome } from '../core/outcome.ts';
import { claimsOnlyWhatSourcesSay as check } from './claims-only-what-sources-say.ts';
import { evidence, story, verdictOf, worded } from './evidence.fixture.ts';

const TEXT = `Order LH-20533, bought on 14 September 2026 for €1,249.50, shipping €18.00. Returned within 30 days of the
purchase date, refunds take 5 to 7 business days, less a 10 percent fee. The plan runs for 24 months. Renewal: 17 October
2026. Member since 3 May 2024; moved in October 2025.`;
const sources: Source[] = [{ id: 'policy_v3', tenant: 'acme', text: TEXT }];
const task = {
  input: 'I paid order 991 with $40 on 2 June; it is day 31 now.',
  turns: [{ tool: 'lookup', args: { order: 'A-7781' }, returns: { total: 63.25, refund_cents: 1250, days_left: 9 } }],
};

const judge = (outcome: Partial<Outcome>) =>
  verdictOf(
    check,
    evidence(
      story(2)
        .ask()
        .outcome(5, { answer: undefined, ...outcome }),
      { sources, task },
    ),
  );
const said = (answer: string) => judge({ answer });

describe.each([
  [
    '€1,249.50',
    '1.249,50 EUR',
    '1249.50 euros',
    'EUR 1249.5',
    '€ 18',
    'eighteen euros',
    '$40.00',
    'USD 40',
    '€63.25',
    '$12.50',
  ],
  [
    '14 September 2026',
    'September 14, 2026',
    '2026-09-14',
    'Sept. 14th',
    '14.09.2026',
    '09/14/2026',
    '2 June 2026',
    'October 2025',
  ],
  [
    '30 days',
    '30-day',
    'thirty days',
    '5 to 7 business days',
    '5–7 working days',
    'two years',
    '24-month',
    '7 days',
    '9 days',
  ],
  [
    '10%',
    '10 per cent',
    'ten percent',
    'LH-20533',
    'order LH-20533',
    'order number 991',
    'policy_v3',
    'A-7781',
    'day 31',
  ],
])('in other spellings', (...claims) => {
  test.each(claims)('%s', (claim) => {
    const { verdict, reason } = said(`We say ${claim}, as it stands.`);
    expect(verdict).toBe('passed');
    expect(reason).toMatch(/^[12] claims? found in the sources$/);
  });
});

test.each([
  ...['$1,249.50', '€99', 'EUR 12.49', '1249 dollars', 'forty euros', '£40', '€18 million'],
  ...['15 September 2026', 'September 14, 2025', '2026-09-24', '1 January', 'November 2025', '2 June 2031'],
  ...[
    '45 days',
    'a 60-day',
    'thirty-one days',
    '10 business days',
    '30 business days',
    'three years',
    '30 months',
    '48 hours',
  ],
  ...['15%', '20 percent', 'LH-20534', 'order 992', 'policy_v4', 'policy_refunds_v3', '#99123', 'RMA-11873'],
])('no source says %s', (claim) => {
  expect(said(`For order 991 we say ${claim}, as it stands.`)).toMatchObject({ verdict: 'failed' });
});

test.each([
  ['day 32', 'a day that was counted'],
  ['14 October 2026', '30 days after the purchase'],
  ['€1,231.50', 'a difference'],
  ['€1,124.55', 'less 10 percent'],
  ['33 days', 'between two dates'],
  ['90%', 'the rest'],
  ['COVID-19', 'perhaps a name'],
])('%s is not judged: %s', (claim) => {
  const reason = `1 claim found in the sources; not judged: ${claim}`;
  expect(said(`For order 991 we say ${claim}, as it stands.`)).toMatchObject({ verdict: 'passed', reason });
  expect(worded(said(`We say ${claim}, as it stands.`))).toBe(
    `inconclusive: the answer makes no claim that can be judged; not judged: ${claim}`,
  );
});

test('numbers of the data are judged where their unit stands beside them', () => {
  const args = (amount: number, days: number) =>
    judge({ data: { args: { amount, currency: 'EUR', days, points: 77 } } });
  expect(args(18, 30).verdict).toBe('passed');
  expect(worded(args(1800, 30))).toBe('failed: no source says 1800 EUR');
  expect(worded(args(18, 4))).toBe('failed: no source says 4 days');
});

test('notices and citations are left to checks of their own', () => {
  const told = { notice: 'You get $5 back.', data: { citations: ['policy_v9'] } };
  expect(judge({ answer: 'Order 991.', ...told }).verdict).toBe('passed');
});

test('a number of a record is an amount of the currency beside it, and of any where none is', () => {
  const of = (answer: string, returns: object, args: Record<string, unknown> = {}) =>
    verdictOf(
      check,
      evidence(story(2).ask().outcome(5, { answer }), {
        sources: [],
        task: { input: 'Hello', turns: [{ tool: 'lookup', args, returns }] },
      }),
    ).verdict;
  expect(of('€42 it is.', { amount: 42, currency: 'EUR' })).toBe('passed');
  expect(of('$42 it is.', { amount: 42, currency: 'EUR' })).toBe('failed');
  expect(of('$42 it is.', { refunded: 42 }, { amount: 40, currency: 'EUR' })).toBe('failed');
  expect(of('$42 it is.', { total_usd: 42 }, { amount: 40, currency: 'EUR' })).toBe('passed');
  expect(of('$42 it is.', { amount: 42 })).toBe('passed');
  expect(of('42 days it is.', { days: 42, currency: 'EUR' })).toBe('passed');
});

test('nothing to judge without a claim, an answer or a source', () => {
  expect(said('Two of 7 boxes, room 12, in May.')).toMatchObject({
    reason: 'the answer makes no claim that can be judged',
  });
  expect(judge({ kind: 'failed' }).verdict).toBe('not_applicable');
  const bare = evidence(story(2).ask().outcome(5, { answer: '$9' }), { sources: [] });
  expect(verdictOf(check, bare)).toMatchObject({ reason: 'the task has neither sources nor tool results' });
});

describe('every canonical answer of the shipped golden tasks', () => {
  const read = (path: string) => readFileSync(path, 'utf8');
  const shipped = readdirSync('fixtures/sources').flatMap((tenant) =>
    readdirSync(`fixtures/sources/${tenant}`)
      .filter((file) => file.endsWith('.md'))
      .map((file) => ({ id: file.slice(0, -3), tenant, text: read(`fixtures/sources/${tenant}/${file}`) })),
  );
  const tasks = readdirSync('fixtures/golden').flatMap((workflow) =>
    readdirSync(`fixtures/golden/${workflow}`)
      .filter((file) => file.endsWith('.json') && !/schema|tools/.test(file))
      .map((file) => GoldenTask.parse(JSON.parse(read(`fixtures/golden/${workflow}/${file}`)))),
  );
  test.each(tasks.map((t) => [t.name, t] as const))('%s', (_, golden) => {
    const own = shipped.filter((s) => golden.fixtures.includes(s.id));
    const on = (answer: string | Record<string, unknown>, more = '') => {
      const outcome = typeof answer === 'string' ? { answer: answer + more } : { answer: more, data: answer };
      return check.arm({})(evidence(story(2).ask().outcome(5, outcome), { task: golden, sources: own }));
    };
    for (const answer of [golden.answer, golden.answer_if_not_done].filter((a) => a !== undefined)) {
      const verdict = on(answer);
      expect(verdict, verdict.reason).toMatchObject({ verdict: 'passed' });
      for (const more of ['$731.29', '19 March 2031', '77 weeks', '43%', 'case 99731'])
        expect(on(answer, ` A credit of ${more} is set aside.`).verdict, more).toBe('failed');
    }
  });
});

test('the id of the ask itself may be told, and no other', () => {
  const told = (answer: string) =>
    verdictOf(check, evidence(story(2).ask(0, { task: 'B_GIFTS' }).outcome(5, { answer }), { sources, task }));
  expect(told('Refunds take 5 to 7 business days. Ticket: B_GIFTS-2').verdict).toBe('passed');
  expect(told('Refunds take 5 to 7 business days. Ticket: B_GIFTS-3').verdict).toBe('failed');
});
