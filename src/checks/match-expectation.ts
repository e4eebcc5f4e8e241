import { RE2JS } from 're2js';
import type { Expectation } from '../core/golden-task.ts';

/** What texts of a drill come to, found once each: checks meet the same few again and again. */
function remembering<V>(find: (text: string) => V): (text: string) => V {
  const found = new Map<string, V>();
  return (text) => {
    const known = found.get(text);
    if (known !== undefined) return known;
    const value = find(text);
    if (found.size >= MOST_REMEMBERED) found.clear();
    if (text.length <= LONGEST_REMEMBERED) found.set(text, value);
    return value;
  };
}
const MOST_REMEMBERED = 500;
const LONGEST_REMEMBERED = 10_000;

/** One spelling for quotes, dashes' look-alikes and blanks, so that typography never decides. */
export const normalise = remembering((text) =>
  text
    .normalize('NFC')
    .replace(/[\u2018\u2019\u201a\u201b\u2032]/g, "'")
    .replace(/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"')
    .replace(/[\u2010\u2011]/g, '-')
    .replace(/\s+/g, ' ')
    .trim(),
);

/** One pattern, compiled once, and what it said of each text. */
const finder = remembering((pattern) => {
  const compiled = RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  return remembering((text) => compiled.matcher(text).find());
});

/** Whether a text says what is expected. Case never matters. Throws on a pattern that RE2 cannot read. */
export function matches(text: string, expectation: Expectation): boolean {
  if (typeof expectation === 'string') return holdsPhrase(text, expectation);
  if ('any_of' in expectation) return expectation.any_of.some((phrase) => holdsPhrase(text, phrase));
  return finder(expectation.pattern)(normalise(text));
}

export function describeExpectation(expectation: Expectation): string {
  if (typeof expectation === 'string') return `"${expectation}"`;
  if ('any_of' in expectation) return `any of ${expectation.any_of.map((p) => `"${p}"`).join(', ')}`;
  return `/${expectation.pattern}/`;
}

/** A phrase that begins or ends with a word character does so on a word's boundary: "fund" is not in "refund". */
export function holdsPhrase(text: string, phrase: string): boolean {
  const hay = normalise(text).toLowerCase();
  const needle = normalise(phrase).toLowerCase();
  for (let i = hay.indexOf(needle); i !== -1 && needle !== ''; i = hay.indexOf(needle, i + 1)) {
    const end = i + needle.length;
    // Two UTF-16 units hold any one character.
    const before = hay.slice(Math.max(0, i - 2), i);
    const after = hay.slice(end, end + 2);
    const begins = !(startsWithWord(needle) && endsWithWord(before));
    const ends = !(endsWithWord(needle) && startsWithWord(after));
    if (begins && ends) return true;
  }
  return false;
}

const startsWithWord = (text: string) => /^[\p{L}\p{M}\p{N}_]/u.test(text);
const endsWithWord = (text: string) => /[\p{L}\p{M}\p{N}_]$/u.test(text);
