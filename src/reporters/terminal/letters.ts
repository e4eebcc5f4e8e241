import { stripVTControlCharacters } from 'node:util';
import type { ChalkInstance } from 'chalk';
import type { VerdictWord } from '../../core/verdict.ts';
import { cutTo, widthOf } from '../width.ts';
import { clean, cut, withUnread } from '../words.ts';

/** Columns that hold no table of tasks, nor two things side by side. */
export const NARROW = 60;
/** Letters of a text: what a target says of an error may fill more than a screen. All of it is in run.json. */
const LONGEST_TEXT = 1000;
const GLYPHS: Record<VerdictWord, string> = { passed: '✓', failed: '✗', inconclusive: '?', not_applicable: '-' };

/** Parts side by side; one that does not fit begins a line of its own, and goes on below where it is longer than that. */
export function inLine(parts: readonly string[], columns: number): string {
  let text = '';
  let used = 0;
  for (const part of parts) {
    const width = widthOf(stripVTControlCharacters(part));
    const breaks = used > 0 && used + 2 + width > columns;
    text += used === 0 ? part : breaks ? `\n  ${wrap(part, 2, columns)}` : `  ${part}`;
    used = breaks || used === 0 ? width + (breaks ? 2 : 0) : used + 2 + width;
  }
  return text;
}

function colorOf(verdict: VerdictWord, paint: ChalkInstance): ChalkInstance {
  if (verdict === 'passed') return paint.green;
  return verdict === 'failed' ? paint.red : verdict === 'inconclusive' ? paint.yellow : paint.dim;
}

export const glyph = (verdict: VerdictWord, paint: ChalkInstance): string => colorOf(verdict, paint)(GLYPHS[verdict]);

/** `PASSED`, or `PASSED, 3 texts unread:` before the name of what passed. */
export function shout(verdict: VerdictWord, paint: ChalkInstance, unread: number): string {
  const word = colorOf(verdict, paint).bold(verdict.replaceAll('_', ' ').toUpperCase());
  return unread === 0 ? word : `${withUnread(word, unread)}:`;
}

export function column(text: string, width: number, right: boolean): string {
  const short = cutTo(text, width);
  const gap = ' '.repeat(Math.max(0, width - widthOf(short)));
  return right ? gap + short : short + gap;
}

export const hang = (text: string, indent: number, columns: number): string =>
  wrap(cut(clean(text), LONGEST_TEXT), indent, columns);

/** Every line after the first is indented. */
function wrap(text: string, indent: number, columns: number): string {
  const width = Math.max(20, columns - indent);
  const lines: string[] = [];
  let [line, used] = ['', 0];
  for (const word of text.split(' ')) {
    const wide = widthOf(stripVTControlCharacters(word));
    if (line !== '' && used + 1 + wide > width) {
      lines.push(line);
      [line, used] = [word, wide];
    } else [line, used] = line === '' ? [word, wide] : [`${line} ${word}`, used + 1 + wide];
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}
