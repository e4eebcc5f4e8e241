/** What steers a screen or the direction of a text, and half a character: nobody who reads it would see it. */
const UNSEEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/gu;
/** Of the control characters Unicode has pictures. */
const PICTURES = 0x2400;

/** A text in which everything can be seen; lines and tabs stay. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (c) => {
    const code = c.codePointAt(0) ?? 0;
    if (c === '\n' || c === '\t') return c;
    if (code < 0x20) return String.fromCharCode(PICTURES + code);
    return `⟨${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
