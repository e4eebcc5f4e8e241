import { countUp } from '../core/once.ts';
import { defineReporter } from '../core/plugin.ts';
import type { JudgedDrill } from '../core/report.ts';
import { count } from '../text/words.ts';
import { type FindingGroup, groupsOf, worstFirst } from './findings.ts';
import { code, quiet } from './markup.ts';
import { cut, cutShort, noticesLine, scoreWords, withUnread } from './words.ts';

/** A comment holds 65,536 characters, and nobody reads as many. */
const MOST = 10;
const LONGEST = 300;

/** summary.md: what a pull request has to be told of a run. What passed is counted. */
export const pullRequest = defineReporter({
  name: 'pull-request',
  summary: 'A comment for a pull request: the verdict, what failed worst first, and the line that reproduces it.',
  file: 'summary.md',
  optional: true,
  open(output) {
    const counts = new Map<string, number>();
    const open: string[] = [];
    const groups: FindingGroup[] = [];
    return {
      onDrill(drill) {
        countUp(counts, drill.verdict);
        if (drill.verdict === 'inconclusive') open.push(openLine(drill));
        groups.push(...groupsOf(drill));
      },
      onEnd(run) {
        const words = [...counts].map(([verdict, n]) => `${n} ${verdict.replace('_', ' ')}`).join(', ') || 'none';
        const short = cutShort(run);
        const lines = [
          // For whoever renews a comment instead of writing another.
          '<!-- failover-drill -->',
          `## Failover drills: ${[withUnread(run.verdict, run.unread), scoreWords(run) ?? []].flat().join(', ')}`,
          '',
          ...(short === undefined ? [] : [text(short), '']),
          `Target ${code(cut(run.target.name, LONGEST))}, seed ${run.seed}; drills: ${words}; ${noticesLine(run)}.`,
          '',
          ...list('What failed', worstFirst(groups), findingLine),
          ...list('Not decided', [...open, ...run.unfinished.map(unfinishedLine)], (line) => line),
          `Again: ${code(cut(run.reproduce, LONGEST))}`,
        ];
        output.write(`${lines.join('\n')}\n`);
      },
    };
  },
});

function list<T>(title: string, all: readonly T[], words: (one: T) => string): string[] {
  if (all.length === 0) return [];
  const more = all.length > MOST ? [`- and ${all.length - MOST} more: they are in report.md`] : [];
  return [`### ${title}`, '', ...all.slice(0, MOST).map((one) => `- ${words(one)}`), ...more, ''];
}

const findingLine = ({ drill, check, severity, cells, reason }: FindingGroup): string =>
  `**${code(cut(check, LONGEST))}** (${severity}, ${count(cells, 'finding')}) in ${code(cut(drill, LONGEST))}: ${text(reason)}`;

const openLine = ({ name, reasons }: JudgedDrill): string =>
  `${code(cut(name, LONGEST))}: ${text(reasons[0]?.reason ?? 'nothing of it was decided')}`;

const unfinishedLine = (name: string): string => `${code(cut(name, LONGEST))}: it did not come to its end`;

const text = (given: string): string => quiet(cut(given, LONGEST));
