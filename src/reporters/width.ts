import { eastAsianWidth } from 'get-east-asian-width';

/** Of most texts every letter is one column wide, which is seen faster than it is measured. */
const SIMPLE = /^[\x20-\x7e–—‘-”…→✓✗·]*$/;

/** `string-width` measures the same, but what it loads at its start takes longer than most commands. */
let letters: RegExp | undefined;
/** Older compilers know no `v`, which pictures of several signs need. */
const FLAGS = 'gsv';

/** What is seen as one letter: a picture, or a sign with the marks on it. */
function lettersOf(text: string): string[] {
  letters ??= new RegExp('\\p{RGI_Emoji}|\\P{M}[\\p{M}\\p{Cf}]*|\\p{M}+', FLAGS);
  return text.match(letters) ?? [];
}

function widthOfLetter(letter: string): number {
  if (/^[\p{M}\p{Cf}\p{Cc}]/u.test(letter)) return 0;
  return /^\p{Emoji_Presentation}|\ufe0f/u.test(letter) ? 2 : eastAsianWidth(letter.codePointAt(0) ?? 0);
}

/** How many columns a text takes: letters of some scripts and pictures are two wide, marks have no width. */
export const widthOf = (text: string): number =>
  SIMPLE.test(text) ? text.length : lettersOf(text).reduce((sum, letter) => sum + widthOfLetter(letter), 0);

/** The text, or as much of it as fits into so many columns, with `…` at its end. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (SIMPLE.test(text)) return `${text.slice(0, Math.max(0, columns - 1))}…`;
  let [kept, used] = ['', 1];
  for (const letter of lettersOf(text)) {
    used += widthOfLetter(letter);
    if (used > columns) break;
    kept += letter;
  }
  return `${kept}…`;
}
