import type { Concepts } from '../core/concept.ts';
import type { Expectation } from '../core/golden-task.ts';
import { says } from './concept.ts';
import { normalise, spansOf } from './patterns.ts';

export { normalise } from './patterns.ts';

/** Whether a text says what is expected. Case never matters. Throws on a pattern that RE2 cannot read, or an unknown concept. */
export function matches(text: string, expectation: Expectation, concepts: Concepts = {}): boolean {
  if (typeof expectation === 'string') return holdsPhrase(text, expectation);
  if ('any_of' in expectation) return expectation.any_of.some((phrase) => holdsPhrase(text, phrase));
  if ('pattern' in expectation) return spansOf(expectation.pattern, normalise(text)).length > 0;
  const concept = concepts[expectation.concept];
  if (concept === undefined) throw new Error(`the workflow has no concept ${expectation.concept}`);
  return says(text, concept);
}

export function describeExpectation(expectation: Expectation): string {
  if (typeof expectation === 'string') return `"${expectation}"`;
  if ('any_of' in expectation) return `any of ${expectation.any_of.map((p) => `"${p}"`).join(', ')}`;
  return 'pattern' in expectation ? `/${expectation.pattern}/` : expectation.concept.replaceAll('_', ' ');
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
