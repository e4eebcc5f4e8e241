import type { ChalkInstance } from 'chalk';
import { countUp } from '../../core/once.ts';
import type { JudgedDrill, TaskReport } from '../../core/report.ts';
import type { VerdictWord } from '../../core/verdict.ts';
import { count, seconds, usd } from '../../text/words.ts';
import { digestOf, groupedBy } from '../digest.ts';
import type { MatrixRow } from '../matrix.ts';
import { cutTo, widthOf } from '../width.ts';
import { brokenIn, clean, howTold, secondsOr, whatHappened } from '../words.ts';
import { column, glyph, hang, NARROW } from './letters.ts';

/** Long enough for most names; a longer one pushes its own line. */
const ALTERNATIVE = 32;

export function matrixRow({ alternative, verdict, why }: MatrixRow, columns: number, paint: ChalkInstance): string[] {
  const name = clean(alternative);
  if (columns < NARROW) return [`  ${glyph(verdict, paint)} ${name}`, `    ${hang(why, 4, columns)}`];
  const said = verdict === 'not_applicable' ? `${why} (told once)` : why;
  const gap = Math.max(ALTERNATIVE, widthOf(name));
  const text = verdict === 'passed' ? cutTo(said, columns - gap - 6) : hang(said, gap + 6, columns);
  return [`  ${glyph(verdict, paint)} ${column(name, gap, false)}  ${text}`];
}

export function taskLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  const rows = Array.from(drill.tasks, (task) => ({ task, cells: cellsOfTask(task, drill) }));
  const widest = [0, 1, 2, 3, 4].map((i) => Math.max(0, ...rows.map(({ cells }) => widthOf(cells[i] ?? ''))));
  const [name = 0, what = 0, ...figures] = widest;
  // On a narrow screen the names give way first, then what happened; the figures never do.
  const left = columns - 4 - 4 - figures.reduce((sum, width) => sum + width + 2, 0);
  const whatWidth = Math.min(what, Math.max(24, left - Math.min(name, 24)));
  const widths = [Math.min(name, Math.max(12, left - whatWidth)), whatWidth, ...figures];
  const used = 4 + widths.reduce((sum, width) => sum + width + 2, 0);
  // A notice that fits on its task's line stands there; else a phase's notices follow below its tasks, each once.
  const room = Math.min(52, columns - used);
  const beside = room >= 24;
  return [...groupedBy(rows, ({ task }) => task.phase)].flatMap(([phase, rows]) => [
    '',
    `${paint.bold(clean(phase))}: ${clean(brokenIn(phase, drill))}`,
    ...rows.map(({ task, cells }) => {
      const text = cells.map((cell, i) => column(cell, widths[i] ?? 0, i >= 2)).join('  ');
      const line = `${text}${beside ? `  ${cutTo(howTold(task), room)}` : ''}`.trimEnd();
      const bad = task.outcome.kind === 'hung' || task.outcome.kind === 'failed';
      return `  ${glyph(task.verdict, paint)} ${bad ? paint.red(line) : line}`;
    }),
    ...(beside ? [] : noticeLines(rows, columns).map((line) => paint.dim(line))),
  ]);
}

/** A line for all tasks of a phase that went the same way. */
export function groupLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  const phases = new Map<string, Map<string, Alike>>(digestOf(drill).phases.map((name) => [name, new Map()]));
  for (const task of drill.tasks) {
    const { phase, verdict, latency_ms } = task;
    const what = whatHappened(task, drill);
    const groups = phases.get(phase);
    const { times, span } = groups?.get(`${verdict}: ${what}`) ?? { times: 0, span: undefined };
    groups?.set(`${verdict}: ${what}`, { verdict, what, times: times + 1, span: widened(span, latency_ms) });
  }
  return [...phases].flatMap(([phase, groups]) => {
    const lines = [...groups.values()].map(({ verdict, what, times, span }) => {
      const text = `${count(times, 'task').padStart(9)}  ${what}, ${span === undefined ? 'never' : spanOf(...span)}`;
      return `  ${glyph(verdict, paint)} ${columns < NARROW ? hang(text, 4, columns) : cutTo(text, columns - 4)}`;
    });
    return ['', groupHead({ name: phase, broken: brokenIn(phase, drill) }, columns, paint), ...lines];
  });
}

/** Tasks that went the same way, and after how many milliseconds the first and the last of them was answered. */
interface Alike {
  verdict: VerdictWord;
  what: string;
  times: number;
  span: [least: number, most: number] | undefined;
}

function widened(span: Alike['span'], ms: number | null): Alike['span'] {
  if (ms === null) return span;
  return span === undefined ? [ms, ms] : [Math.min(span[0], ms), Math.max(span[1], ms)];
}

function groupHead({ name, broken }: { name: string; broken: string }, columns: number, paint: ChalkInstance): string {
  const bold = clean(name);
  const text = cutTo(`${bold}: ${clean(broken)}`, columns);
  return paint.bold(text.slice(0, bold.length)) + text.slice(bold.length);
}

const spanOf = (from: number, to: number) =>
  seconds(from) === seconds(to) ? seconds(from) : `${seconds(from)} to ${seconds(to)}`;

/** Name, what happened, when it was answered, retries, cost. */
function cellsOfTask(task: TaskReport, drill: JudgedDrill): string[] {
  return [
    clean(task.task),
    whatHappened(task, drill),
    task.latency_ms === null ? 'never' : secondsOr(task.latency_ms),
    task.retries === 0 ? 'no retry' : count(task.retries, 'retry', 'retries'),
    usd(task.cost_usd),
  ];
}

function noticeLines(rows: readonly { task: TaskReport }[], columns: number): string[] {
  const groups = new Map<string, number>();
  for (const { task } of rows) countUp(groups, howTold(task));
  return [...groups].map(([text, n]) => {
    const whom = groups.size === 1 ? '' : `${count(n, 'task')}: `;
    return `    ${cutTo(`${whom}${text.startsWith('“') ? 'told ' : ''}${text}`, columns - 4)}`;
  });
}
