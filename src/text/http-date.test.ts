import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatHttpDate, formatRfc3339, parseHttpDate } from './http-date.ts';

const seconds = fc.integer({ min: -2_000_000_000, max: 10_000_000_000 });

it('writes and reads dates as the machine itself would', () => {
  fc.assert(
    fc.property(seconds, fc.integer({ min: 0, max: 999 }), (s, ms) => {
      const date = new Date(s * 1000 + ms);
      fc.pre(date.getUTCFullYear() < 10_000);
      expect(formatHttpDate(s * 1000 + ms)).toBe(date.toUTCString());
      expect(formatRfc3339(s * 1000)).toBe(date.toISOString().replace(/\.\d+/, ''));
      expect(parseHttpDate(date.toUTCString())).toBe(s * 1000);
    }),
    { numRuns: 1000 },
  );
});

it('reads nothing into what is no date', () => {
  for (const text of ['', '12', 'tomorrow', 'Sun, 06 Foo 1994 08:49:37 GMT'])
    expect(parseHttpDate(text)).toBeUndefined();
});
