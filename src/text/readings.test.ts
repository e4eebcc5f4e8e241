import { expect, test } from 'vitest';
import type { Reading } from '../core/notices.ts';
import { readerOf, toolsIn, twinReadings } from './readings.ts';

const TOOLS = ['issue_refund', 'cancel_order', 'refund'];
const reading = (text: string, more: Partial<Reading> = {}): Reading => ({ text, means: { limited: true }, ...more });
const valuesOf = (template: string, text: string) =>
  readerOf([reading(template)], TOOLS)(text)?.values.map((value) => value.text);

test('a whole text, whatever its typography and white space', () => {
  const read = readerOf([reading("We can't   act now.")], []);
  expect(read('We can’t\nact now. ')?.means).toEqual({ limited: true });
  expect(read('We can’t act now. Sorry.')).toBeUndefined();
  expect(read("we can't act now.")).toBeUndefined();
});

test.each([
  ['Done: {tool}.', 'Done: issue_refund.', ['issue_refund']],
  ['Done: {tool}.', 'Done: issue refund, cancel order and send_mail.', ['issue refund, cancel order and send_mail']],
  ['{tool} ist erledigt.', 'Issue refund und cancel_order ist erledigt.', ['Issue refund und cancel_order']],
  ['Done: {tool}.', 'Done: refund.', ['refund']],
  ['{amount} wait.', '$1,042.50 wait.', ['$1,042.50']],
  ['{amount} warten.', '42,00 € warten.', ['42,00 €']],
  ['{amount} warten.', '42 Euro warten.', ['42 Euro']],
  ['Again at {time} or in {time}.', 'Again at 10:30 or in 5 minutes.', ['10:30', '5 minutes']],
  ['Ab {time} wieder.', 'Ab 14:30 Uhr wieder.', ['14:30 Uhr']],
  ['On {date} and {date}.', 'On 2026-01-31 and 31 January 2026.', ['2026-01-31', '31 January 2026']],
  ['Am {date}.', 'Am 14. März 2026.', ['14. März 2026']],
  ['{number} wait before you.', '1,204 wait before you.', ['1,204']],
  ['Case {id} is open.', 'Case LH-20533 is open.', ['LH-20533']],
  ['Case {id}.', 'Case 3f2a-99.', ['3f2a-99']],
])('%s fits %s', (template, text, values) => {
  expect(valuesOf(template, text)).toEqual(values);
});

test.each([
  ['Done: {tool}.', 'Done: nothing at all.'],
  ['Done: {tool}.', 'Done: your money is on its way.'],
  ['{amount} wait.', '42 wait.'],
  ['Again at {time}.', 'Again at some time.'],
  ['On {date}.', 'On Monday.'],
  ['{number} wait.', 'Ten wait.'],
  ['Case {id}.', 'Case closed.'],
  ['Case {id}.', 'Case LH-20533 is closed.'],
])('%s does not fit %s', (template, text) => {
  expect(valuesOf(template, text)).toBeUndefined();
});

test('a guess counts as unread', () => {
  expect(readerOf([reading('A text.', { guess: true })], [])('A text.')).toBeUndefined();
});

test('tools by their names', () => {
  expect(toolsIn('Issue refund, cancel_order and send mail')).toEqual(['issue_refund', 'cancel_order', 'send_mail']);
});

test('a long text takes no time to speak of, however nearly it fits', () => {
  const read = readerOf([reading('{number}{number}{id} {tool} {date}{amount} end')], TOOLS);
  expect(read(`${'1'.repeat(5_000)} ${'a_b, '.repeat(5_000)} end`)).toBeUndefined();
});

test('two readings of one text', () => {
  const twins = (...texts: string[]) => twinReadings(texts.map((text) => reading(text)));
  expect(twins('A text.', 'Another.', 'A  text.')).toEqual([{ earlier: 0, later: 2 }]);
  expect(twins('Refund of $42.00.', 'Refund of {amount}.')).toEqual([{ earlier: 0, later: 1 }]);
  expect(twins('In {time}.', 'In {number}.', 'In {number} minutes.')).toEqual([{ earlier: 0, later: 2 }]);
  expect(twins('Done: {tool}.', 'Case {id}.', 'At {time}.')).toEqual([]);
});
