import type { Source } from '../core/golden-task.ts';
import { once, remembering } from '../core/once.ts';
import { normalise } from './patterns.ts';
import { unique } from './words.ts';

/** A shorter sentence may be anybody's. */
const FEWEST_WORDS = 4;

/** Whole sentences of the sources, the longest first. */
const sentencesOf = once((sources: readonly Source[]) =>
  unique(
    sources
      .flatMap(({ text }) => text.split('\n'))
      .flatMap((line) =>
        normalise(line)
          .toLowerCase()
          .split(/(?<=[.!?])\s+/),
      )
      .map((sentence) => sentence.replace(/^[-*#>\s]+/, ''))
      .filter((sentence) => sentence.split(' ').length >= FEWEST_WORDS),
  ).toSorted((a, b) => b.length - a.length),
);

/** A text without the sentences that stand in a source word for word: what the source says, the text only shows. */
export const withoutQuotes = (text: string, sources: readonly Source[]): string => cutter(sources)(text);

/** The same answers come again and again. */
const cutter = once((sources: readonly Source[]) =>
  remembering((text) =>
    text
      .split('\n')
      .map((line) => sentencesOf(sources).reduce(withoutSentence, normalise(line)))
      .join('\n'),
  ),
);

function withoutSentence(line: string, sentence: string): string {
  let rest = line;
  for (let at = rest.toLowerCase().indexOf(sentence); at >= 0; at = rest.toLowerCase().indexOf(sentence, at + 1)) {
    const end = at + sentence.length;
    const whole = !/[\p{L}\p{N}]$/u.test(rest.slice(0, at)) && !/^[\p{L}\p{N}]/u.test(rest.slice(end));
    if (whole) rest = `${rest.slice(0, at)} … ${rest.slice(end)}`;
  }
  return rest;
}
