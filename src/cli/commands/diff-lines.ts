import { Chalk } from 'chalk';
import type { ComparedRun, Comparison } from '../../core/comparison.ts';
import { clean, cut } from '../../reporters/words.ts';
import { count } from '../../text/words.ts';
import type { Terminal } from '../terminal.ts';
import { differenceWords, kindWords, noiseWords, sectionsOf, sideWords, summaryWords } from './diff-words.ts';

/** So many of a kind are shown. */
const MOST = 20;
const LONGEST = 300;

/** A comparison as people read it in a terminal. */
export function diffLines(comparison: Comparison, { color }: Pick<Terminal, 'color'>): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const same = (text: string) => text;
  const sections = sectionsOf(comparison, { name: same, text: same, check: same });
  const lines = [
    `before  ${runWords(comparison.before)}`,
    `now     ${runWords(comparison.now)}`,
    kindWords(comparison),
    ...comparison.differs.map((one) => `  ${line(differenceWords(one))}`),
    noiseWords(comparison),
    ...sections.flatMap(({ title, lines: all }) => {
      const more = all.length > MOST ? [`  and ${all.length - MOST} more: --json has them all`] : [];
      return ['', paint.bold(title), ...all.slice(0, MOST).map((one) => `  ${line(one)}`), ...more];
    }),
    '',
    paint.bold(summaryWords(comparison)),
  ];
  return `${lines.join('\n')}\n`;
}

const line = (text: string): string => cut(clean(text), LONGEST);

function runWords({ run, status, target, seed, unfinished, ...side }: ComparedRun): string {
  const rest = unfinished.length === 0 ? [] : [`${count(unfinished.length, 'drill')} unfinished`];
  const came = status === 'completed' ? [] : [`was ${status}`];
  return line([run, `target ${target}`, `seed ${seed}`, sideWords(side), ...came, ...rest].join(' · '));
}
