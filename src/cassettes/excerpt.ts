const BEFORE = 16;
const SHOWN = 48;

/** A short piece of a text around one of its places, in one line. */
export function cutAt(text: string, at: number): string {
  const from = Math.max(0, at - BEFORE);
  const piece = text.slice(from, from + SHOWN).replace(/\s+/g, ' ');
  return `${from > 0 ? '…' : ''}${piece}${from + SHOWN < text.length ? '…' : ''}`;
}

/** Where two texts part, and which share of the longer one is not common to their beginnings and ends, from 0 to 1. */
export function firstDifference(a: string, b: string): { at: number; unlike: number } {
  const shorter = Math.min(a.length, b.length);
  const longer = Math.max(a.length, b.length);
  let at = 0;
  while (at < shorter && a[at] === b[at]) at++;
  let end = 0;
  while (end < shorter - at && a.at(-1 - end) === b.at(-1 - end)) end++;
  return { at, unlike: longer === 0 ? 0 : (longer - at - end) / longer };
}
