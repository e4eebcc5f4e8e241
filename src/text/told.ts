import { remembering } from '../core/once.ts';

/** What a text tells, whatever it looks like: words and numbers, without marks, case, line breaks and JSON's escapes. */
export interface Told {
  /** In order. */
  words: readonly string[];
  all: ReadonlySet<string>;
  /** The words in a row, a blank around each: what is part of it is so at the borders of words. */
  line: string;
}

export const toldIn = remembering((text): Told => {
  const words = wordsIn(text);
  return { words, all: new Set(words), line: lineOf(words) };
});

const lineOf = (words: readonly string[]) => ` ${words.join(' ')} `;

/** A language without blanks between words has a word a character. Digits begin a number, letters take what follows them. */
const WORD = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|\d+(?:,\d{3})*(?:\.\d+)?|[\p{L}\p{N}\p{M}]+/gu;

/** Lower case; a number as JavaScript writes it: `1,200` and `1200.00` are one. */
function wordsIn(text: string): string[] {
  return (flatten(text).match(WORD) ?? []).map((word) => (/^\d/.test(word) ? numberOf(word) : word.toLowerCase()));
}

/** No number that JavaScript holds exactly is longer. */
const LONGEST_NUMBER = 15;

function numberOf(digits: string): string {
  const plain = digits.replaceAll(',', '');
  return plain.length > LONGEST_NUMBER ? plain : String(Number(plain));
}

/** What a value can be known by in a text that tells it in other words: its texts, and its numbers. */
export interface Tells {
  texts: readonly string[];
  numbers: readonly string[];
}

/** What is shorter, all of it together, stands in every text. */
const SHORTEST = 3;

/** Undefined where nothing is left: yes, no, nothing and zero can be said in many ways. */
export function tellsOf(value: unknown): Tells | undefined {
  const texts: string[] = [];
  const numbers: string[] = [];
  for (const leaf of leavesOf(value)) {
    if (typeof leaf === 'string') {
      const words = wordsIn(leaf);
      if (words.length > 0) texts.push(lineOf(words));
    } else if (leaf !== 0) numbers.push(numberOf(String(Math.abs(leaf))));
  }
  const all = [...texts.map((text) => text.trim()), ...numbers].join('');
  return all.length < SHORTEST ? undefined : { texts, numbers };
}

function leavesOf(value: unknown): (string | number)[] {
  if (typeof value === 'string' || typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

export const holds = ({ all, line }: Told, { texts, numbers }: Tells): boolean =>
  numbers.every((n) => all.has(n)) && texts.every((text) => line.includes(text));

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([bfnrt])|(["\\/]))/g;
/** All runs of whitespace but the single space, which is most of them and stays as it is. */
const BLANKS = /\s{2,}|[^\S ]/g;
/** A text may be JSON inside JSON, hardly more. */
const LAYERS = 4;

/** Undoes JSON's escapes, on both sides of a comparison, and what whitespace there is. */
export function flatten(text: string): string {
  let plain = text;
  for (let layer = 0; layer < LAYERS && plain.includes('\\'); layer++) plain = plain.replace(ESCAPE, unescapeOne);
  return plain.replace(BLANKS, ' ').trim();
}

function unescapeOne(
  _: string,
  code: string | undefined,
  control: string | undefined,
  mark: string | undefined,
): string {
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  return control === undefined ? (mark ?? '') : ' ';
}
