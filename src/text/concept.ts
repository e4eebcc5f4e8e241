import type { Concept } from '../core/concept.ts';
import { once, remembering } from '../core/once.ts';
import { normalise, type Span, spansOf } from './patterns.ts';

/**
 * Whether a text says something as its own statement, in any of its sentences: not denied, asked, made to depend on
 * anything, or only told of somebody else. Unsure readings are left out. Throws on a pattern that RE2 cannot read.
 */
export const says = (text: string, concept: Concept): boolean => saidIn(concept)(text);

const saidIn = once(({ says: patterns, unless }: Concept) =>
  remembering((text) =>
    statementsIn(text).some(
      (one) =>
        patterns.some((pattern) => spansOf(pattern, one).some((span) => isOwn(one, span, pattern))) &&
        !unless.some((pattern) => spansOf(pattern, one).length > 0),
    ),
  ),
);

/** What a text states, without what it asks or makes depend on anything. */
const statementsIn = remembering((text) =>
  sentencesOf(text)
    .flatMap(statementsOf)
    .filter((one) => !/\?["')\]]*$/.test(one) && !CONDITION.test(one)),
);

/** A point after one of these ends no sentence; nor does one after an initial, or after `no` before a number. */
const SHORT =
  /(?:^|[\s("'])(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|cf|approx|incl|excl|inc|ltd|co|jr|sr|dept|tel|max|min|fig|art|sec|para|a\.m|p\.m|u\.s|[a-z])\.$/i;

/** Sentences of a text, quotes of others taken out. */
export function sentencesOf(text: string): string[] {
  return text
    .replace(/\u2018([^\u2018]*?)\u2019(?!\p{L})/gu, '"$1"')
    .split(/\n+/)
    .flatMap((line) => cut(withoutQuotes(normalise(line))));
}

function cut(line: string): string[] {
  const sentences: string[] = [];
  let from = 0;
  for (const end of line.matchAll(/[.!?\u2026]+["')\]]*(?=\s|$)/g)) {
    const next = end.index + end[0].length;
    const soFar = line.slice(from, next);
    const goesOn = SHORT.test(soFar) || (/\bno\.$/i.test(soFar) && /^\s*\d/.test(line.slice(next, next + 3)));
    if (goesOn && next < line.length) continue;
    sentences.push(soFar.trim());
    from = next;
  }
  return [...sentences, line.slice(from).trim()].filter((sentence) => sentence !== '');
}

const OTHERS =
  "(?:customer|client|buyer|shopper|caller|user|he|she|they|you|who|someone|person|friend|policy|rules?|terms|page|site|faq|message|mail|e-mail|letter|note|record|colleague|review)(?:'s)?";
const TELL =
  '(?:ask|want|request|demand|say|claim|write|think|expect|hope|believe|insist|state|read|promise|mention|complain|suggest|require|allow|permit|wish|assume|fear|worry)';
const TOLD = `(?:${TELL}(?:s|es|ed|d)?|said|wrote|thought|read|told|asking|wanting|writing|saying|hoping)`;
const ATTRIBUTED = new RegExp(`\\b${OTHERS}(?: [\\w-]+){0,3} ${TOLD}\\b`, 'i');
const SPEAKS = new RegExp(`\\b${OTHERS}(?: [\\w,-]+){0,4} ${TOLD}\\b[^".!?]{0,40}$`, 'i');

/** What somebody else is quoted with is not said here; marks around anything else are only marks. */
function withoutQuotes(line: string): string {
  return line.replace(/"([^"]*)"/g, (_, inner: string, at: number) =>
    SPEAKS.test(line.slice(Math.max(0, at - 120), at)) ? '" "' : inner,
  );
}

const BUT = /;\s|:\s|\s[-\u2013\u2014]+\s|\u2014|,?\s(?:but|however|whereas|although|though|yet|nevertheless)\b,?/i;
/** Parts of a sentence that stand for themselves; a question mark belongs to the last. */
const statementsOf = (sentence: string): string[] => sentence.split(BUT).map((part) => part.trim());

const SUBJECT =
  "(?:i|we|you|he|she|it|they|this|that|these|the|a|an|your|my|our|their|his|her|here|there|please)(?:'[a-z]+)?\\b";
const CLAUSE = new RegExp(`(?:,|,?\\s(?:and|or|so|because|since|as))\\s(?=${SUBJECT})`, 'gi');

/** What stands before a place in the same clause; further back nothing speaks of it any more. */
function clauseBefore(statement: string, at: number): string {
  const from = Math.max(0, at - FURTHEST);
  // What is found may begin with the clause's own subject.
  const near = statement.slice(from, at + 12);
  const starts = [...near.matchAll(CLAUSE)].map((found) => found.index + found[0].length);
  return near.slice(starts.findLast((start) => start <= at - from) ?? 0, at - from);
}
const FURTHEST = 300;

/** These deny nothing. */
const HARMLESS =
  /\b(?:not (?:only|just|merely)|as (?:you )?(?:asked|requested|wanted|wished)|no (?:doubt|problem|worries|matter|later than|less than)|without (?:delay|further|question|any|charge|cost)|nothing to worry about|cannot (?:wait|but)|can't wait)\b/gi;
const NEGATED =
  /\b(?:not|no|never|nothing|none|neither|nor|nobody|cannot|without|unable|refus(?:e|es|ed|ing)|declin(?:e|es|ed|ing)|den(?:y|ies|ied)|impossible|instead of|rather than|hardly|avoid)\b|n't\b/i;
const CONDITION = new RegExp(
  `\\b(?:if|unless|whether|when|whenever|provided|assuming|in case|as soon as|subject to|depending|otherwise|until|only after)\\b|\\bonce (?=${SUBJECT}|\\w+ed\\b)|^should\\b`,
  'i',
);
const MODAL = /\b(?:would|could|might|may|should|must|can|to)(?: [\w'-]+){0,2} ?$/i;

/** Whether what a pattern found in a statement is neither denied, only possible, nor somebody else's. */
function isOwn(statement: string, [start, end]: Span, pattern: string): boolean {
  const before = clauseBefore(statement, start).replace(HARMLESS, ' ');
  // A pattern that holds a "not" means it.
  const inside = NEGATED.test(pattern) ? '' : statement.slice(start, end).replace(HARMLESS, ' ');
  return !NEGATED.test(before) && !NEGATED.test(inside) && !ATTRIBUTED.test(before) && !MODAL.test(before);
}
