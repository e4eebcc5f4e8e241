import { describe, expect, test } from 'vitest';
import { createReplyBook } from './reply-book.ts';

const TEXT = 'The lamp can be sent back within thirty days, and the refund goes to your card.';
const OTHER = 'The tent can be sent back within ten days, and the money comes as a voucher.';
const scope = (ask: number, tenant = 'a', task = 't') => ({ ask, task, tenant });
const reply = (ask: number, text = TEXT, more = {}) => ({
  ...{ call: `c${ask}`, ask, role: 'primary', ok: true, text, cites: [] },
  ...more,
});
const answered = (answer: string) => ({ kind: 'answered' as const, answer });

test('an outcome holds a reply whole, in part, or not', () => {
  const shares = [
    TEXT,
    `Dear Ann, ${TEXT} Bye.`,
    TEXT.slice(0, 50),
    'Sorry, I cannot tell you anything about that today.',
  ];
  const found = shares.map((answer) => {
    const book = createReplyBook();
    book.enter(reply(1));
    return book.keptIn(scope(1), answered(answer), TEXT)[0]?.share ?? 0;
  });
  expect(found).toEqual([1, 1, expect.closeTo(0.5, 0), 0]);
});

test('the prose of a structured reply is what counts, and a fence around it is none', () => {
  const book = createReplyBook();
  book.enter(reply(1, `\`\`\`json\n${JSON.stringify({ answer: TEXT, plan: [{ tool: 'x' }] })}\n\`\`\``));
  expect(book.keptIn(scope(1), answered(TEXT), TEXT)).toMatchObject([{ call: 'c1', share: 1 }]);
});

test('a reply is known without its wrapping, where no other one says the same as it is', () => {
  const wrapped = reply(1, `<think>Thirty days.</think>\n${TEXT}`);
  const held = (...replies: ReturnType<typeof reply>[]) => {
    const book = createReplyBook();
    for (const one of replies) book.enter(one);
    return book.keptIn(scope(1), answered(TEXT), TEXT).map(({ call, share }) => [call, share]);
  };
  expect(held(wrapped)).toEqual([['c1', 1]]);
  expect(held(wrapped, reply(1, OTHER, { call: 'c2' }))[0]).toEqual(['c1', 1]);
  expect(held(wrapped, reply(1, TEXT, { call: 'c2', role: 'backup' }))).toEqual([['c2', 1]]);
});

test('an error message that is repeated word for word is found while the ask is open, if it is a sentence', () => {
  const said = 'Rate limit reached: too many requests.';
  const told = (outcome: object, text = said, given: string[] = [], ask = 1) => {
    const book = createReplyBook();
    book.begin(ask, 't');
    book.enter({ ...reply(1, text), ok: false, error: true });
    const all = { ...answered(TEXT), ...outcome };
    expect(book.keptIn(scope(1), answered(text), TEXT)).toEqual([]);
    const found = book.errorsQuotedIn(1, all, given);
    book.end(1);
    expect(book.errorsQuotedIn(1, all, given)).toEqual([]);
    return found;
  };
  const inAnswer = { answer: `${TEXT} (Rate limit\nreached: too many requests.)` };
  expect(told(inAnswer)).toEqual([{ call: 'c1', in: 'answer' }]);
  expect(told({ shown: `${said} ${TEXT}` })).toEqual([{ call: 'c1', in: 'answer' }]);
  expect(told({ answer: undefined, data: { answer: said }, notice: `We tried: ${said}` })).toEqual([
    { call: 'c1', in: 'answer' },
    { call: 'c1', in: 'notice' },
  ]);
  expect(told({ error: said, state: { said }, data: { attempts: [said] } })).toEqual([]);
  expect(told({ notice: 'The first model has too many requests.' })).toEqual([]);
  expect(told(inAnswer, said, [`What does “${said}” mean?`])).toEqual([]);
  expect(told({ notice: 'Overloaded' }, 'Overloaded')).toEqual([]);
  expect(told(inAnswer, said, [], 2)).toEqual([]);
});

test('a later ask of the same task and tenant may be served from the store', () => {
  const book = createReplyBook();
  book.enter(reply(1));
  book.keptIn(scope(1), answered(TEXT), TEXT);
  expect(book.keptIn(scope(2), answered(TEXT), TEXT)).toMatchObject([{ call: 'c1', ask: 1, share: 1 }]);
});

test('what another tenant was told is marked, unless this one may be told the same', () => {
  const book = createReplyBook();
  book.enter(reply(1));
  book.keptIn(scope(1, 'a'), answered(TEXT), TEXT);
  expect(book.keptIn(scope(2, 'b'), answered(TEXT), OTHER)).toMatchObject([{ call: 'c1', other_tenant: true }]);
  expect(book.keptIn(scope(3, 'b'), answered(TEXT), TEXT)).toEqual([]);
});

test('a later call that quotes a reply is known, unless it quotes it as the model’s own turn', () => {
  const book = createReplyBook();
  book.enter(reply(1));
  expect(book.rereads(1, [{ role: 'user', content: `Is this true? "${TEXT}"` }])).toEqual(['c1']);
  expect(book.rereads(1, [{ role: 'assistant', content: TEXT }])).toEqual([]);
});

describe('a text that was shown', () => {
  const broken = reply(1, TEXT.slice(0, 39), { call: 'c0', ok: false });
  const whole = reply(1, OTHER, { role: 'backup' });
  const spliced = (shown: string, ...replies: ReturnType<typeof reply>[]) => {
    const book = createReplyBook();
    for (const one of replies) book.enter(one);
    return book.splicedIn(scope(1), shown);
  };

  test.each([
    ['all that came of a broken reply before the whole of another', TEXT.slice(0, 39) + OTHER, 39],
    ['a part of it, and white space between', `${TEXT.slice(0, 20)}\n\n${OTHER}`, 20],
    ['the same words again', TEXT.slice(0, 39) + TEXT, 39],
  ])('is spliced: %s', (_, shown, characters) => {
    const then = shown.endsWith(TEXT) ? { ...whole, text: TEXT } : whole;
    expect(spliced(shown, broken, then)).toEqual({ broken: 'c0', characters, whole: 'c1' });
  });

  test('is spliced as JSON, too', () => {
    const [first, then] = [TEXT, OTHER].map((answer) => JSON.stringify({ answer }));
    const cut = first?.slice(0, 45) ?? '';
    const found = spliced(cut + then, { ...broken, text: cut }, { ...whole, text: then ?? '' });
    expect(found).toMatchObject({ broken: 'c0', whole: 'c1' });
  });

  test.each([
    ['the whole of one', OTHER],
    ['what came of the broken one', TEXT.slice(0, 39)],
    ['both, with words between', `${TEXT.slice(0, 39)} Sorry, once more: ${OTHER}`],
    ['fewer letters than tell', TEXT.slice(0, 9) + OTHER],
  ])('is not: %s', (_, shown) => {
    expect(spliced(shown, broken, whole)).toBeUndefined();
  });

  test('is not: the words of two turns that both came whole', () => {
    const first = reply(1, 'Let me look up that order.', { call: 'c0' });
    expect(spliced(`Let me look up that order. ${OTHER}`, first, whole)).toBeUndefined();
  });

  test('may be of another tenant, whatever was handed out beside it', () => {
    const book = createReplyBook();
    book.enter(reply(1));
    book.keptIn(scope(1, 'a'), answered(TEXT), TEXT);
    const outcome = { ...answered('An answer of its own, in other words.'), shown: TEXT };
    expect(book.keptIn(scope(2, 'b'), outcome, OTHER)).toMatchObject([{ call: 'c1', other_tenant: true }]);
  });
});

test('what is worked out for an ask after its end may serve the next one', () => {
  const kept = (kind: 'queued' | 'answered', ok = true) => {
    const book = createReplyBook();
    book.begin(1, 't');
    book.keptIn(scope(1), { kind }, TEXT);
    book.end(1);
    book.enter(reply(1, TEXT, { call: 'late', ok }));
    return book.keptIn(scope(2), answered(TEXT), TEXT).map(({ call }) => call);
  };
  expect(kept('queued')).toEqual(['late']);
  expect(kept('queued', false)).toEqual([]);
  expect(kept('answered')).toEqual([]);
});
