import type { Comparison } from '../../core/comparison.ts';
import { code, quiet } from '../../reporters/markup.ts';
import { cut } from '../../reporters/words.ts';
import {
  capital,
  changeWords,
  costWords,
  differenceWords,
  few,
  type Group,
  grouped,
  growth,
  isSame,
  kindWords,
  latencyWords,
  noiseWords,
  sideWords,
  summaryWords,
} from './diff-words.ts';

/** A comment of a pull request holds 65,536 characters, and nobody reads as many. */
const MOST = 10;
const LONGEST = 300;

/** A comparison for a pull request. The mark on its first line is for whoever renews a comment instead of writing another. */
export function diffMarkdown(comparison: Comparison): string {
  const { before, now, differs, drills, verdicts, broke, healed, unjudged, only_before, only_now } = comparison;
  const list = <T>(title: string, all: readonly T[], words: (one: T) => string): string[] => {
    if (all.length === 0) return [];
    const more = all.length > MOST ? [`- and ${all.length - MOST} more`] : [];
    return [`### ${title}`, '', ...all.slice(0, MOST).map((one) => `- ${words(one)}`), ...more, ''];
  };
  const findings = (title: string, all: Comparison['broke']) =>
    list(
      title,
      grouped(all, ({ check }) => check),
      (group) => {
        const { check, severity, reason } = group.first;
        return `**${name(check)}** (${severity}) in ${placeOf(group)}: ${growth(group)}. ${text(reason)}`;
      },
    );
  const figures = (title: string, all: Comparison['slower'], words: typeof latencyWords) =>
    list(
      title,
      all,
      (one) => `${[one.drill, one.phase ?? [], one.task ?? []].flat().map(name).join(', ')}: ${words(one)}`,
    );
  const lines = [
    '<!-- failover-drill diff -->',
    `## Failover drills: ${summaryWords(comparison)}`,
    '',
    `${name(now.run)} (${now.status}, ${sideWords(now)}) after ${name(before.run)} (${before.status}, ${sideWords(before)}); target ${name(now.target)}, seed ${now.seed}.`,
    '',
    `${capital(kindWords(comparison))}. ${capital(noiseWords(comparison))}.`,
    '',
    ...list('Not the same', differs, (one) => text(differenceWords(one))),
    ...findings('What broke', broke),
    ...findings('No longer judged, so not healed', unjudged),
    ...findings('Healed', healed),
    ...list('Verdicts', grouped(verdicts, changeWords), (group) => `${placeOf(group)}: ${changeWords(group.first)}`),
    ...list(
      'Drills',
      drills.filter((one) => !isSame(one)),
      (one) => `${name(one.drill)}: ${sideWords(one.before)} → ${sideWords(one.now)}`,
    ),
    ...figures('Slower', comparison.slower, latencyWords),
    ...figures('Dearer', comparison.dearer, costWords),
    ...figures('Faster', comparison.faster, latencyWords),
    ...figures('Cheaper', comparison.cheaper, costWords),
    ...list('Only in the earlier run', only_before, name),
    ...list('Only in the later run', only_now, name),
    `Again: ${name(now.reproduce)}`,
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

const name = (given: string): string => code(cut(given, LONGEST));
const text = (given: string): string => quiet(cut(given, LONGEST));

const placeOf = ({ first: { drill, phase }, tasks }: Group<{ drill: string; phase?: string | undefined }>): string =>
  [name(drill), phase === undefined ? [] : name(phase), tasks.length === 0 ? [] : name(few(tasks))].flat().join(', ');
