import type { Comparison } from '../../core/comparison.ts';
import { code, quiet } from '../../reporters/markup.ts';
import { cut } from '../../reporters/words.ts';
import { capital, differenceWords, kindWords, noiseWords, sectionsOf, sideWords, summaryWords } from './diff-words.ts';

/** A comment of a pull request holds 65,536 characters, and nobody reads as many. */
const MOST = 10;
const LONGEST = 300;

/** A comparison for a pull request. The mark on its first line is for whoever renews a comment instead of writing another. */
export function diffMarkdown(comparison: Comparison): string {
  const { before, now, differs } = comparison;
  const other = { title: 'not the same', lines: differs.map((one) => text(differenceWords(one))) };
  const sections = sectionsOf(comparison, { name, text, check: (one) => `**${name(one)}**` });
  const lines = [
    '<!-- failover-drill diff -->',
    `## Failover drills: ${summaryWords(comparison)}`,
    '',
    `${name(now.run)} (${now.status}, ${sideWords(now)}) after ${name(before.run)} (${before.status}, ${sideWords(before)}); target ${name(now.target)}, seed ${now.seed}.`,
    '',
    `${capital(kindWords(comparison))}. ${capital(noiseWords(comparison))}.`,
    '',
    ...[...(differs.length === 0 ? [] : [other]), ...sections].flatMap(({ title, lines: all }) => {
      const more = all.length > MOST ? [`- and ${all.length - MOST} more`] : [];
      return [`### ${capital(title)}`, '', ...all.slice(0, MOST).map((one) => `- ${one}`), ...more, ''];
    }),
    `Again: ${name(now.reproduce)}`,
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const name = (given: string): string => code(cut(given, LONGEST));
const text = (given: string): string => quiet(cut(given, LONGEST));
