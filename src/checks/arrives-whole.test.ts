import { describe, expect, test } from 'vitest';
import type { Outcome } from '../core/outcome.ts';
import { arrivesWhole as check } from './arrives-whole.ts';
import { ANSWER, evidence, failover, plain, quotingError, story, verdictOf, worded } from './evidence.fixture.ts';

const half = ANSWER.slice(0, 45);
const judge = (outcome: Partial<Outcome>, strict: boolean, over = {}) =>
  verdictOf(check, evidence(failover(outcome), over), { strict });

describe('with a canonical answer', () => {
  test('whitespace does not matter, nor where the answer is', () => {
    expect(worded(judge({ answer: ` ${ANSWER.replaceAll(' ', '\n ')} ` }, true))).toBe(
      `passed: all ${ANSWER.length} characters arrived`,
    );
    expect(judge({ answer: undefined, data: { answer: ANSWER } }, true).verdict).toBe('passed');
  });

  test.each([
    [half, `truncated: 45 of ${ANSWER.length} characters`],
    [half + ANSWER, `spliced: the whole answer, and 45 of ${ANSWER.length} characters a second time`],
    [`${half} … ${ANSWER}`, `spliced: the whole answer, and 45 of ${ANSWER.length} characters a second time`],
    [ANSWER + ANSWER, `spliced: the whole answer, and ${ANSWER.length} of ${ANSWER.length} characters a second time`],
    [`${ANSWER} You get $500.00 on top.`, 'adds $500.00, which no source says'],
    ['You will get it all back.', 'swapped: another answer'],
    [ANSWER.replace('30', '90'), `swapped: another answer after the first 21 of ${ANSWER.length} characters`],
  ])('%s', (answer, reason) => {
    expect(judge({ answer }, true)).toMatchObject({ verdict: 'failed', reason });
  });

  test("a provider's error message may not stand in it, also where the target words answers itself", () => {
    const judged = (place: 'answer' | 'notice', answer = ANSWER) => {
      const baseline = story(1, 'baseline', 1).ask().call('primary', 0, { until: 9 }).outcome(10, { answer }).events();
      const on = evidence(quotingError(failover({ answer }), place), { baseline });
      return worded(verdictOf(check, on, { strict: true }));
    };
    const failed = 'failed: the answer repeats the error message of primary';
    expect(judged('answer')).toBe(failed);
    expect(judged('answer', 'It is too late for that.')).toBe(failed);
    expect(judged('notice')).toMatch(/^passed/);
  });

  test('a greeting and a label may stand around it', () => {
    expect(judge({ answer: `Dear Ann,\n${ANSWER}\nKind regards` }, true).verdict).toBe('passed');
  });

  test('an answer that has changed on its way is none, though the data beside it is whole; nor the other way round', () => {
    const usual = { answer: ANSWER, data: { answer: ANSWER } };
    const baseline = story(1, 'baseline', 1).ask().call('primary', 0, { until: 9 }).outcome(10, usual).events();
    const on = (outcome: Partial<Outcome>) => worded(judge(outcome, true, { baseline }));
    const changed = ANSWER.replace('30', '90');
    const swapped = `swapped: another answer after the first 21 of ${ANSWER.length} characters`;
    expect(on({ ...usual, answer: changed })).toBe(`failed: answer is ${swapped}`);
    expect(on({ ...usual, data: { answer: changed } })).toBe(`failed: data is ${swapped}`);
    expect(on({ ...usual, answer: '' })).toBe('failed: answer is empty: no answer text');
    expect(on({ ...usual, answer: half })).toBe(`failed: answer is truncated: 45 of ${ANSWER.length} characters`);
    // A disclosure before it, ids put in between, a part, and the answer for what was not done.
    expect(on({ ...usual, answer: `A reserve wrote this. ${ANSWER}` })).toMatch(/^passed/);
    expect(on({ ...usual, answer: ANSWER.replace('. ', '. [policy_v3] ') })).toMatch(/^passed/);
    expect(on({ ...usual, kind: 'partial', answer: half })).not.toMatch(/^failed/);
    const other = ANSWER.replace('closed', 'not closed');
    const told = judge({ ...usual, answer: other }, true, { baseline, task: { answer_if_not_done: other } });
    expect(told.verdict).toBe('passed');
    // Words of its own beside the data, and a text that is so without faults.
    expect(on({ ...usual, answer: 'A short form of it; see the details.' })).toMatch(/^passed/);
    expect(worded(judge({ ...usual, answer: changed }, true))).toMatch(/^passed/);
  });

  test('signs that are no words are no second beginning', () => {
    const lines = `${'—'.repeat(14)} yes, you may`;
    const over = { task: { answer: { answer: lines } }, baseline: failover({ answer: lines }).events() };
    expect(worded(judge({ answer: `Here is what we found: ${lines}` }, true, over))).toMatch(/^passed/);
  });

  test('one without prose is left to keeps-values', () => {
    const task = { answer: { total: 3, unit: 'EUR' } };
    expect(judge({ data: { unit: 'EUR', total: 4 } }, true, { task }).verdict).toBe('not_applicable');
  });
});

describe('a part', () => {
  const part = (answer: string, over = {}) => judge({ kind: 'partial', answer }, true, over);

  test('that stops in the middle of a sentence is cut, where the whole reply was in hand', () => {
    expect(worded(part(half))).toBe(`failed: truncated: 45 of ${ANSWER.length} characters`);
  });

  test('may end with a sentence, be in words of its own, or be all that a broken reply gave', () => {
    expect(part(ANSWER.slice(0, ANSWER.indexOf('.') + 1)).verdict).toBe('not_applicable');
    expect(part('Thirty days').verdict).toBe('not_applicable');
    const broken = story(2).ask().call('primary', 0, { until: 900, fails: 'network' });
    const told = broken.outcome(999, { kind: 'partial', answer: half });
    expect(verdictOf(check, evidence(told), { strict: true }).verdict).toBe('not_applicable');
  });
});

describe('without one', () => {
  test('the expected text must be inside', () => {
    expect(judge({ answer: `Dear Ann, ${ANSWER} Bye.` }, false).verdict).toBe('passed');
    expect(worded(judge({ answer: `Dear Ann, ${half}… Bye.` }, false))).toBe(
      `failed: truncated: 45 of ${ANSWER.length} characters`,
    );
    expect(judge({ answer: half + ANSWER }, false).verdict).toBe('failed');
  });

  test('what is said in prose and data is no splice, nor what a target always says twice', () => {
    const twice = { answer: ANSWER, data: { answer: `${ANSWER} [1]` } };
    const baseline = story(1).ask().call('primary', 0, { until: 9 }).outcome(9, twice).events();
    expect(judge(twice, false, { baseline }).verdict).toBe('passed');
    expect(judge(twice, false).verdict).toBe('passed');
    const doubled = { answer: `${ANSWER} ${ANSWER}` };
    const usual = story(1).ask().call('primary', 0, { until: 9 }).outcome(9, doubled).events();
    expect(judge(doubled, false, { baseline: usual }).verdict).toBe('passed');
    expect(judge(doubled, false).verdict).toBe('failed');
  });

  test('a target that rewrites answers is not judged', () => {
    const baseline = plain().events().slice(0, -1);
    const rewrites = [...baseline, ...story(1).outcome(900, { answer: 'No refund.' }).events()];
    expect(judge({ answer: 'No.' }, false, { baseline: rewrites }).verdict).toBe('not_applicable');
  });
});

test('another ending is judged by what the task accepts', () => {
  expect(judge({ kind: 'needs_review' }, true).verdict).toBe('not_applicable');
  expect(worded(judge({ kind: 'partial' }, true, { task: { degraded_ok: false } }))).toBe(
    'failed: the outcome is partial, the task accepts only a whole answer',
  );
  expect(judge({ kind: 'failed' }, true, { task: { degraded_ok: false } }).verdict).toBe('not_applicable');
});

test('the date under which an answer was stored may stand beside it, another may not', () => {
  const dated = (day: string) =>
    verdictOf(
      check,
      evidence(
        story(2)
          .ask()
          .outcome(5, { answer: `(Stored on ${day}.) ${ANSWER}` }),
      ),
      { strict: true },
    );
  expect(dated('1 January 1970').verdict).toBe('passed');
  expect(dated('19 March 1999').verdict).toBe('failed');
});

describe('a good reply that is lost', () => {
  const odd = { fault: 'odd-stream', effect: 'odd' as const };
  const on = (call: Parameters<ReturnType<typeof story>['call']>[2], kind: 'failed' | 'needs_review' = 'failed') => {
    const told = story()
      .ask()
      .call('primary', 0, { until: 700, ...call });
    return worded(verdictOf(check, evidence(told.outcome(800, { kind, answer: undefined }))));
  };

  test('where nothing went wrong', () => {
    const lost = 'failed: primary gave a good reply, but the outcome is failed';
    expect(on({})).toBe(lost);
    expect(on({ ...odd, headers: {}, fails: 'left' })).toBe(lost);
  });

  test('not where anything did, where it was waited for, or where a person has it', () => {
    const nothing = on({}, 'needs_review');
    expect(nothing).toMatch(/^not_applicable/);
    expect(on({ fault: 'cost-spike', effect: 'cheapens' })).toBe(nothing.replace('needs_review', 'failed'));
    expect(on({ fails: 'left', headers: {} })).toBe(nothing.replace('needs_review', 'failed'));
    const slow = { flow: { pieces: 2, longest_gap_ms: 9, idle_ms: 500 } };
    expect(on({ ...odd, ...slow, headers: {}, fails: 'left' })).toBe(nothing.replace('needs_review', 'failed'));
  });
});
