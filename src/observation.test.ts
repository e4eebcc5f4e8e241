import { expect, it } from 'vitest';
import { differsFrom } from './observation.ts';
import type { Exchange } from './stand/sockets/exchange.ts';

const whole: Exchange = {
  status: 200,
  headers: [['retry-after', '2']],
  body: Buffer.from('twelve bytes'),
  chunks: 1,
  ended: 'whole',
  ms: 800,
};

const PATIENCE = 4000;
const cut = { ...whole, ended: 'reset' as const };
const hung = { ...whole, ms: Number.POSITIVE_INFINITY, ended: 'left' as const };

it.each<[string, Exchange, Partial<Exchange>]>([
  ['the same, later', whole, { ms: 900 }],
  ['headers of the connection beside', whole, { headers: [...whole.headers, ['connection', 'close']] }],
  ['a timer that was a little early', whole, { ms: 799 }],
  ['less of what was cut', cut, { body: Buffer.from('twelve') }],
  ['no end of what has none', hung, { status: null, body: Buffer.from('') }],
  ['no end of what takes too long', { ...whole, ms: 9000 }, { ended: 'left' }],
])('a client that saw %s saw what was done', (_, expected, seen) => {
  expect(differsFrom(expected, { ...expected, ms: 4000, ...seen }, PATIENCE, 1)).toBeUndefined();
});

it.each<[string, Exchange, Partial<Exchange>, string]>([
  ['an end', hung, { ended: 'whole' }, 'over where no end was due'],
  ['another end', cut, { ended: 'closed' }, 'closed where reset was due'],
  ['it too soon', whole, { ms: 700 }, 'it was over after 700 ms, and takes 800 ms'],
  ['another status', whole, { status: 500 }, 'HTTP 500 where HTTP 200 was sent'],
  ['no header', whole, { headers: [] }, 'the header retry-after: 2 did not arrive'],
  ['less', whole, { body: Buffer.from('twelve') }, '6 bytes that are not the 12 that were sent'],
  ['other bytes', cut, { body: Buffer.from('eleven') }, '6 bytes that are not the 12 that were sent'],
])('a client that saw %s saw something else', (_, expected, seen, why) => {
  expect(differsFrom(expected, { ...expected, ms: 4000, ...seen }, PATIENCE, 1)).toBe(why);
});
