import { defineReporter } from '../core/plugin.ts';
import type { JudgedDrill } from '../core/report.ts';
import { count } from '../text/words.ts';
import { type FindingGroup, groupsOf, worstFirst } from './findings.ts';
import { code, safe } from './markup.ts';
import { cut, cutShort, noticesLine, scoreWords, tally, withUnread } from './words.ts';

/** GitHub takes 1 MiB of one step, others may write as well, and nobody reads more. */
const MOST_BYTES = 256 * 1024;
const MOST_GROUPS = 50;
const LONGEST = 400;

/** A short page for the summary of a CI step: what each drill came to, what failed, and how to see it again. */
export const stepSummary = defineReporter({
  name: 'step-summary',
  summary: 'A short page of the run: a line a drill, what failed worst first, and the lines that reproduce it.',
  example: 'drill run timeout_primary --ci',
  open(output) {
    const rows: string[] = [];
    const groups: FindingGroup[] = [];
    return {
      onDrill(drill) {
        rows.push(rowOf(drill));
        groups.push(...groupsOf(drill));
      },
      onEnd(run) {
        const title = `## Failover drills: ${safe(withUnread(run.verdict, run.unread))}`;
        const short = cutShort(run);
        const about = [
          short === undefined ? [] : safe(short),
          `target ${safe(run.target.name)}, seed ${run.seed}`,
          scoreWords(run) ?? [],
          safe(noticesLine(run)),
        ];
        const head = [title, '', about.flat().join(' · '), '', '| drill | verdict | tasks |', '| --- | --- | --- |'];
        const lines = [...head, ...within(rows, 'drill'), '', ...failedLines(groups)];
        output.write(`${lines.join('\n')}\n`);
      },
    };
  },
});

function rowOf(drill: JudgedDrill): string {
  const words = [withUnread(drill.verdict, drill.words.unread.length), scoreWords(drill) ?? []].flat().join(', ');
  const why =
    drill.verdict === 'inconclusive' || drill.verdict === 'not_applicable' ? drill.reasons[0]?.reason : undefined;
  return `| ${[drill.name, words, why ?? tally(drill)].map((text) => safe(cut(text, LONGEST))).join(' | ')} |`;
}

function failedLines(groups: readonly FindingGroup[]): string[] {
  if (groups.length === 0) return [];
  const sorted = worstFirst(groups);
  const shown = sorted.slice(0, MOST_GROUPS);
  const more = sorted.length - shown.length;
  const lines = shown.map(
    ({ drill, check, severity, cells, reason, reproduce }) =>
      `- **${safe(check)}** (${severity}, ${count(cells, 'finding')}) in ${safe(cut(drill, LONGEST))}: ${safe(cut(reason, LONGEST))}. ${code(cut(reproduce, LONGEST))}`,
  );
  const rest = more > 0 ? ['', `And ${count(more, 'more group')} of findings: they are in report.md.`] : [];
  return ['### What failed', '', ...lines, ...rest, ''];
}

/** As many rows as there is room for, and how many there are beside them. */
function within(rows: readonly string[], what: string): string[] {
  const shown: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += Buffer.byteLength(row) + 1;
    if (bytes > MOST_BYTES) break;
    shown.push(row);
  }
  const more = rows.length - shown.length;
  return more === 0 ? shown : [...shown, `| and ${count(more, `more ${what}`)} | | |`];
}
