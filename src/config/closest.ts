import { DrillError } from '../core/errors.ts';

/** Longer words, and more of them, are compared and shown in part: nobody reads further, and it takes too long. */
const MAX_LETTERS = 40;
const MAX_WORDS = 300;
const MAX_SHOWN = 40;

/** The known word nearest to a mistyped one; undefined where none is near enough to be meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const wanted = word.slice(0, MAX_LETTERS).toLowerCase();
  const near = known
    .slice(0, MAX_WORDS)
    .map((name) => ({ name, far: distance(wanted, name.slice(0, MAX_LETTERS).toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3)))
    .sort((a, b) => a.far - b.far);
  // A long name is often typed only in part.
  return near[0]?.name ?? known.find((name) => wanted.length >= 3 && name.toLowerCase().startsWith(wanted));
}

/** The second half of an error: what was probably meant, and everything it could be. */
export function suggest(word: string, known: readonly string[], what: string): string {
  const best = closest(word, known);
  const more = known.length > MAX_SHOWN ? `, and ${known.length - MAX_SHOWN} more` : '';
  const all = known.length === 0 ? `there are no ${what}` : `${what}: ${known.slice(0, MAX_SHOWN).join(', ')}${more}`;
  return best === undefined ? all : `did you mean "${best}"? (${all})`;
}

/** Somebody named what there is not, in `file` or by that flag. */
export const unknown = (message: string, file: string, ...words: Parameters<typeof suggest>): DrillError =>
  new DrillError({ message, place: { file }, fix: suggest(...words) });

/** Edits from one word to another: insert, delete, replace, swap two neighbours. */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(last, j) + 1,
          at(row, j - 1) + 1,
          at(last, j - 1) + (same ? 0 : 1),
          swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
