import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReplacer, needlesOf } from './redacted.ts';

const KEY = 'ababac/+d';

/** A text cut into chunks at these places. */
function chunksOf(text: string, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, i) => Buffer.from(text.slice(at[i], end)));
}

describe('a key in a stream', () => {
  // Much of what is nearly the key.
  const texts = fc
    .array(fc.constantFrom(KEY, 'ab', 'aba', 'ababac', 'ababac\\/+d', encodeURIComponent(KEY), '/+d', 'x'), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''));

  it('is replaced wherever chunks begin, in each of its spellings, and nothing else is', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const replacer = createReplacer(needlesOf(KEY));
        const out: Uint8Array[] = [];
        let given = 0;
        let got = 0;
        for (const chunk of chunksOf(text, cuts)) {
          given += chunk.length;
          for (const piece of replacer.push(chunk)) {
            out.push(piece);
            got += piece.length;
          }
          expect(given - got).toBeLessThan(Math.max(...needlesOf(KEY).map(({ length }) => length)));
        }
        out.push(...replacer.end());
        const wanted = needlesOf(KEY).reduce(
          (left, needle) =>
            left.replaceAll(needle.toString(), '[key removed]'.padEnd(needle.length, '*').slice(0, needle.length)),
          text,
        );
        expect(Buffer.concat(out).toString()).toBe(wanted);
        expect(replacer.found).toBe(wanted !== text);
      }),
      { numRuns: 500 },
    );
  });

  it('lets a chunk without any of it through as it is, at once', () => {
    const replacer = createReplacer(needlesOf(KEY));
    const chunk = Buffer.from('data: {"text":"hello"}\n\n');
    expect(replacer.push(chunk)[0]).toBe(chunk);
    expect(replacer.midway).toBe(false);
  });

  it('is none where it is a word that local servers are given', () => {
    expect(needlesOf('none')).toEqual([]);
    expect(needlesOf(undefined)).toEqual([]);
  });
});
