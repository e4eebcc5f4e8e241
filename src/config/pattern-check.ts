import { RE2JS } from 're2js';
import type { Place, Problem } from '../core/errors.ts';
import { messageOf } from '../core/errors.ts';

/** Matching takes time with the size of a pattern: `a{1000}` is a thousand steps a letter. */
const MAX_SIZE = 2_000;
/** Of all patterns of one file or folder. */
const MAX_TOTAL = 50_000;

const compiledSize = (pattern: string): number => RE2JS.compile(pattern).programSize();

/** Says what is wrong with patterns of one file or folder, one by one. `sizeOf` throws where there is no reading one. */
export function createPatternCheck(
  sizeOf = compiledSize,
  most = MAX_TOTAL,
): (pattern: string, place: Place) => Problem[] {
  let total = 0;
  return (pattern, place) => {
    const bad = (why: string, fix: string): Problem[] => [{ message: `bad pattern: ${why}`, place, fix }];
    if (total > most) return bad('with those before it, it is too large', 'use fewer and shorter patterns');
    try {
      const size = sizeOf(pattern);
      total += size;
      return size > MAX_SIZE ? bad('it repeats too much', 'write smaller counts') : [];
    } catch (error) {
      const why = messageOf(error);
      return bad(why, 'write an RE2 pattern (no look-around, no back-references)');
    }
  };
}
