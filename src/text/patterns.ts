import { RE2JS } from 're2js';
import { remembering } from '../core/once.ts';
import { mayHold } from './needed.ts';

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

export type Span = readonly [start: number, end: number];

const compiled = remembering((pattern) => RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE));

/** Steps of a pattern: matching takes time with them. Throws on a pattern that RE2 cannot read. */
export const sizeOf = (pattern: string): number => compiled(pattern).programSize();

/** One pattern, and where it was found in each text. */
const finder = remembering((pattern) => {
  const mayStand = mayHold(pattern);
  return remembering((text): Span[] => {
    if (!mayStand(text)) return [];
    const spans: Span[] = [];
    const matcher = compiled(pattern).matcher(text);
    while (matcher.find()) spans.push([matcher.start(), matcher.end()]);
    return spans;
  });
});

/** Where a linear-time pattern is found, whatever the case. Throws on a pattern that RE2 cannot read. */
export const spansOf = (pattern: string, text: string): Span[] => finder(pattern)(text);

/** Where a linear-time pattern matches in a text, as pairs of start and end. Throws where it is none. */
export function finderOf(pattern: string): (text: string) => Span[] {
  const compiled = RE2JS.compile(pattern);
  return (text) => {
    const spans: Span[] = [];
    const matcher = compiled.matcher(text);
    while (matcher.find()) spans.push([matcher.start(), matcher.end()]);
    return spans;
  };
}
