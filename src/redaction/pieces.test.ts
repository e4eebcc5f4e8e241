import fc from 'fast-check';
import { expect, it } from 'vitest';
import { changedPieces, redactPieces } from './pieces.ts';
import { createRedaction } from './redact.ts';

const redaction = createRedaction({ literals: ['correct horse battery'] });
const SECRET = 'jane@shop.example';

it.each([
  [
    ['write to ja', 'ne@shop.example', ' now'],
    ['write to [redacted xx]', '', ' now'],
  ],
  [
    ['a', 'b ', SECRET, ` ${SECRET}`, ''],
    ['a', 'b ', '[redacted xx]', ' [redacted xx]', ''],
  ],
  [
    ['correct ', 'horse ', 'battery!'],
    ['[redacted xx]', '', '!'],
  ],
  [
    ['nothing', ' here'],
    ['nothing', ' here'],
  ],
  [
    ['[redacted 3f] and ', SECRET],
    ['[redacted 3f] and ', '[redacted xx]'],
  ],
])('%j', (pieces, expected) => {
  const seen = redactPieces(pieces, redaction).map((one) => one.replaceAll(redaction.text(SECRET), '[redacted xx]'));
  expect(seen.map((one) => one.replaceAll(redaction.text('correct horse battery'), '[redacted xx]'))).toEqual(expected);
});

it('wherever it is cut, it says what the whole says once it is redacted', () => {
  const word = fc.constantFrom(SECRET, 'correct horse battery', ' and ', 'x', '', '"', '\n', '[redacted 3f]');
  fc.assert(
    fc.property(fc.array(word), fc.array(fc.nat(12)), (words, sizes) => {
      const pieces: string[] = [];
      let rest = words.join('');
      for (const size of sizes) {
        pieces.push(rest.slice(0, size));
        rest = rest.slice(size);
      }
      pieces.push(rest);
      const clean = redactPieces(pieces, redaction);
      expect(clean).toHaveLength(pieces.length);
      expect(clean.join('')).toBe(redaction.text(words.join('')));
    }),
    { examples: [[['correct horse battery', '[redacted 3f]', SECRET, 'correct horse battery', '[redacted 3f]'], []]] },
  );
});

it('changes stand in the piece in which they begin', () => {
  expect(
    changedPieces(
      ['abc', 'def', 'ghi'],
      [
        { from: 1, to: 2, by: 'XX' },
        { from: 2, to: 7, by: '-' },
      ],
    ),
  ).toEqual(['aXX-', '', 'hi']);
});
