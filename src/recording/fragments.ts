/** Says of a text's letters whether they hold a fragment of another text. */
export type FragmentSearch = (letters: string) => boolean;

/** A text without anything but its letters and digits: how words are parted, and their case, says nothing of where they are from. */
export const lettersOf = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/** Whether a text shares as much as a fragment needs with any of these. */
export function anyOf(texts: readonly string[]): FragmentSearch {
  const all = texts.map(lettersOf);
  // Most logs hold digests and a few short words: what could be in longer ones is listed when the first one comes.
  const ofDigits = new Set(all.flatMap((letters) => letters.match(DIGITS_IN) ?? []).flatMap(gramsIn));
  let known: ReadonlySet<string> | undefined;
  return (letters) => {
    if (letters.length < GRAM) return false;
    if (DIGITS.test(letters)) return sharesGram(letters, ofDigits);
    known ??= new Set(all.flatMap(gramsIn));
    return sharesGram(letters, known);
  };
}

/** No fragment is shorter, so what shares not even this much with a text holds nothing of it. */
const GRAM = 8;
/** So many words in a row are from this text and from no other; fewer where the text itself has few. */
const WORDS = 5;
/** Fewer letters than these are said by chance. */
const FEWEST_LETTERS = 10;
/** So many letters in a row are as much as five words. */
const MANY_LETTERS = 26;
const HALF_LETTERS = 18;
/** Of the words of a longer question, in their order. */
const MOST_OF_IT = 0.6;
/** Where more are to be compared, the first ones tell. */
const LONGEST = 1000;

/** Finds a text, five words of it in a row, or half of it; of a text of a few words only the whole. */
export const fragmentsOf = (text: string): FragmentSearch => searchFor(() => runsOf(text));

/** Finds most of a name without words, such as a canary. */
export function partsOf(name: string): FragmentSearch {
  const all = lettersOf(name);
  const length = Math.max(GRAM, Math.ceil(all.length * MOST_OF_IT));
  return searchFor(() =>
    Array.from({ length: Math.max(0, all.length - length + 1) }, (_, i) => all.slice(i, i + length)),
  );
}

/** Most texts are never looked for: their runs are made when the first one is. */
function searchFor(runsFor: () => readonly string[]): FragmentSearch {
  let made: { runs: readonly string[]; known: Set<string> } | undefined;
  return (letters) => {
    if (made === undefined) {
      const runs = runsFor();
      made = { runs, known: new Set(runs.flatMap(gramsIn)) };
    }
    const { runs, known } = made;
    return sharesGram(letters, known) && runs.some((run) => letters.includes(run));
  };
}

const gramsIn = (text: string) =>
  Array.from({ length: Math.max(0, text.length - GRAM + 1) }, (_, i) => text.slice(i, i + GRAM));

function sharesGram(letters: string, known: ReadonlySet<string>): boolean {
  // Few are found sooner than all pieces are cut.
  if (known.size <= FEW) return [...known].some((gram) => letters.includes(gram));
  for (let at = 0; at + GRAM <= letters.length; at++) if (known.has(letters.slice(at, at + GRAM))) return true;
  return false;
}

const FEW = 64;

/** Hexadecimal digits and nothing else: the letters of no words. */
const DIGITS = /^[0-9a-f]+$/;
const DIGITS_IN = new RegExp(`[0-9a-f]{${GRAM},}`, 'g');

/** What stands between blanks is one word, an address or a number with its marks as well; a script without blanks has a word a sign. */
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[^\s\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]+/gu;

const wordsOf = (text: string) => (text.match(WORD) ?? []).map(lettersOf).filter((word) => word !== '');

/** From each word on, the shortest run that is a fragment. */
function runsOf(text: string): string[] {
  const words = wordsOf(text);
  const letters = words.join('').length;
  const enough = words.length < WORDS ? words.length : Math.min(WORDS, Math.ceil(words.length * MOST_OF_IT));
  const isFragment = (count: number, { length }: string) =>
    (count >= enough && length >= FEWEST_LETTERS) ||
    (count >= 3 && (length >= MANY_LETTERS || (length >= HALF_LETTERS && length * 2 >= letters)));
  return words.flatMap((_, from) => {
    let run = '';
    for (let to = from; to < words.length; to++) {
      run += words[to];
      if (isFragment(to - from + 1, run)) return [run];
    }
    return [];
  });
}

/** Whether a text has words enough to hold most of another's. */
export const hasManyWords = (text: string): boolean => (text.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) >= WORDS;

/** Whether most words of a text stand in another in their order, with others or with gaps between them. */
export function holdsMostWords(of: string, text: string): boolean {
  const words = wordsOf(of).slice(0, LONGEST);
  const there = (text.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, LONGEST).map(lettersOf);
  const enough = Math.max(WORDS, Math.ceil(words.length * MOST_OF_IT));
  return there.length >= enough && commonInOrder(words, there) >= enough;
}

/** The length of the longest list of words that stands in both in the same order. */
function commonInOrder(some: readonly string[], others: readonly string[]): number {
  let row = new Array<number>(others.length + 1).fill(0);
  for (const word of some) {
    const next = [0];
    for (const [i, other] of others.entries())
      next.push(word === other ? (row[i] ?? 0) + 1 : Math.max(row[i + 1] ?? 0, next[i] ?? 0));
    row = next;
  }
  return row.at(-1) ?? 0;
}
