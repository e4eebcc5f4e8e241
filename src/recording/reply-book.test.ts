import { expect, test } from 'vitest';
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
