import { remembering } from '../core/once.ts';
import type { Outcome } from '../core/outcome.ts';
import { contentText } from './content.ts';
import { isRecord, parseJson } from './json.ts';

/** White space and code fences never decide whether two texts are the same. */
export const squash = remembering((text) => text.replace(/\s+/g, ' ').trim());

/** A reply's text without the code fence that models like to put around JSON. */
export function unfenced(text: string): string {
  return /^\s*```\w*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
}

/** Fewer words are no prose: a field of so few is a value. */
const PROSE_WORDS = 4;
const isProse = (value: unknown): value is string =>
  typeof value === 'string' && squash(value).split(' ').length >= PROSE_WORDS;

/** The fields of a structured reply; undefined where it is prose. */
export function fieldsOf(text: string): Record<string, unknown> | undefined {
  if (!/^\s*(?:\{|```)/.test(text)) return undefined;
  const value = parseJson(unfenced(text));
  return isRecord(value) ? value : undefined;
}

/** A reply's text without what models put around an answer: thoughts in tags before it, and a fence. */
const bare = (text: string): string => unfenced(text.replace(/^\s*<think(ing)?>[\s\S]*?<\/think(ing)?>/i, ''));

/** What a reply says in words: its `answer`, or every field of it that is a sentence; a text is all prose. */
export const proseOf = remembering((text): string[] => {
  const said = squash(bare(text));
  const fields = fieldsOf(said);
  if (fields !== undefined) return proseIn(fields);
  // Words may stand before the fields as well.
  const inside = proseIn(fieldsOf(said.slice(said.indexOf('{'))) ?? {});
  return inside.length > 0 || said === '' ? inside : [said];
});

function proseIn(fields: Record<string, unknown>): string[] {
  const { answer } = fields;
  if (typeof answer === 'string') return squash(answer) === '' ? [] : [squash(answer)];
  return Object.values(fields).filter(isProse).map(squash);
}

/** The fields that are no prose: values, lists, and what they nest. */
export function valuesOf(fields: Record<string, unknown>): [string, unknown][] {
  return Object.entries(fields).filter(([key, value]) => key !== 'answer' && !isProse(value));
}

/** Everything an outcome hands out in words, squashed. */
export const handedOut = (outcome: Pick<Outcome, 'answer' | 'data' | 'shown'>): string => squash(contentText(outcome));

/** Shorter prose may stand in another text by chance: it counts only where it is all there is. */
const SURELY = 20;
const RUN = 5;

/**
 * How much of a reply's prose a text holds, from 0 to 1: all of it, else the share of its runs of five words that stand
 * there, too.
 */
export function shareHeld(prose: readonly string[], text: string): number {
  const all = prose.join(' ');
  if (all === '') return 0;
  if (all.length < SURELY) return text === all ? 1 : 0;
  if (prose.every((piece) => text.includes(piece))) return 1;
  const runs = prose.flatMap(runsOf);
  const there = new Set(runsOf(text));
  const share = runs.filter((run) => there.has(run)).length / Math.max(1, runs.length);
  // All runs of it, and not the whole: something was put between.
  return Math.min(0.99, Math.round(share * 100) / 100);
}

const runsOf = remembering((text): string[] => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length < RUN) return words.length === 0 ? [] : [words.join(' ')];
  return words.slice(RUN - 1).map((_, i) => words.slice(i, i + RUN).join(' '));
});
