import { stripVTControlCharacters } from 'node:util';
import { Chalk, type ChalkInstance } from 'chalk';
import { z } from 'zod';
import type { Look, OpenReporter, Output, Reporter } from '../core/plugin.ts';
import type { JudgedDrill, RunReport, TaskReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { VerdictWord } from '../core/verdict.ts';
import { count, seconds, usd } from '../text/words.ts';
import { digestOf, groupedBy, type PlacedCell } from './digest.ts';
import { Matrices, type MatrixRow } from './matrix.ts';
import { cutTo, widthOf } from './width.ts';
import {
  brokenIn,
  clean,
  cut,
  cutShort,
  eventLine,
  howTold,
  noticesLine,
  oneLine,
  scoreWords,
  secondsOr,
  tally,
  whatHappened,
  withUnread,
} from './words.ts';

/** Enough for any drill a person reads; a longer run shows later evidence by number only. */
const MAX_EVENTS_KEPT = 20_000;
/** So many are kept as they are: a line takes time to write, and an event more room. */
const MAX_EVENTS_PLAIN = 2_000;
const MAX_EVENTS_SHOWN = 12;
const MAX_REASONS_SHOWN = 5;
/** Letters of a text: what a target says of an error may fill more than a screen. All of it is in run.json. */
const LONGEST_TEXT = 1000;
/** A longer list of tasks is told in groups. */
const MOST_LINES = 50;
/** Columns that hold no table of tasks, nor two things side by side. */
const NARROW = 60;
const GLYPHS: Record<VerdictWord, string> = { passed: '✓', failed: '✗', inconclusive: '?', not_applicable: '-' };

/** The summary a person reads when a run is over. */
export const terminal: Reporter = {
  name: 'terminal',
  summary: 'A line a task, then what failed with its events and the line that reproduces it.',
  params: z.strictObject({}),
  example: 'drill run timeout_primary',
  open: openTerminal,
};

/** Events, or their lines, by number. */
type EventsKept = Map<number, TraceEvent | string>;

function openTerminal(output: Output, look: Look): OpenReporter {
  const paint = new Chalk({ level: look.color ? 1 : 0 });
  let about: string | undefined;
  let events: EventsKept = new Map();
  const endings: string[][] = [];
  let [drills, judged] = [0, 0];
  const told = new Set<string>();
  const progress = new Map<string, Progress>();
  const matrices = new Matrices(look.brief, (matrix) => {
    output.write('\n');
    endings.push([
      `${shout(matrix.verdict, paint, 0)} ${clean(matrix.name)}`,
      `${matrix.words}; one by itself: drill run ${clean(matrix.name)}/…`,
    ]);
  });
  const headOf = (drill: JudgedDrill, name: string) => [
    inLine([paint.bold(clean(name)), clean(drill.title)], look.columns),
    ...(about === undefined ? [] : [paint.dim(hang(about, 2, look.columns))]),
    ...noteLines(drill, told, look.columns),
  ];
  return {
    onEvent(event) {
      if (event.kind === 'run-header')
        about = `target ${clean(event.target.name)} · seed ${event.seed} · ${event.time} time`;
      noteProgress(progress, event);
      if (events.size < MAX_EVENTS_KEPT)
        events.set(event.seq, events.size < MAX_EVENTS_PLAIN ? event : eventLine(event));
    },
    onDrill(drill) {
      drills += 1;
      if (drill.verdict !== 'not_applicable') judged += 1;
      const of = matrices.take(drill);
      if (of !== undefined) {
        const head = of.begins ? headOf(drill, of.matrix.name) : noteLines(drill, told, look.columns);
        const row = of.matrix.add(drill);
        const lines = [...head, ...(row.again ? [] : matrixRow(row, look.columns, paint))];
        output.write(lines.map((line) => `${line}\n`).join(''));
        events = new Map();
        return;
      }
      const lines = [
        ...headOf(drill, drill.name),
        // What keeps it open counts before all that was seen, most often a task that fails without any fault.
        ...reasonLines(drill, look.columns, paint),
        ...(look.brief || drill.tasks.length > MOST_LINES || look.columns < NARROW
          ? groupLines(drill, look.columns, paint)
          : taskLines(drill, look.columns, paint)),
        ...refusalLines(drill, look.columns, paint),
        ...drillWideLines(drill, look.columns, paint),
        ...trustLines(drill, look.columns, paint),
        ...failureLines(drill, events, look.columns, paint),
      ];
      output.write(`${lines.join('\n')}\n\n`);
      const skipped = drill.verdict === 'not_applicable';
      const unread = drill.words.unread.length;
      const why = clean(drill.reasons[0]?.reason ?? '');
      // The screen of a single drill has just said it; of several, it is far above.
      const open = drill.verdict === 'inconclusive' && look.brief === true && why !== '' ? [why] : [];
      const figures = skipped ? [why] : [scoreWords(drill) ?? [], open, tally(drill)].flat();
      endings.push([`${shout(drill.verdict, paint, unread)} ${clean(drill.name)}`, ...figures]);
      events = new Map();
    },
    onEnd(run) {
      matrices.end();
      output.write(`${endingLines(run, endings, { drills, judged, progress }, look, paint).join('\n')}\n`);
    },
  };
}

// --- alternatives ------------------------------------------------------------------

/** Long enough for most names; a longer one pushes its own line. */
const ALTERNATIVE = 32;

function matrixRow({ alternative, verdict, why }: MatrixRow, columns: number, paint: ChalkInstance): string[] {
  const name = clean(alternative);
  if (columns < NARROW) return [`  ${glyph(verdict, paint)} ${name}`, `    ${hang(why, 4, columns)}`];
  const said = verdict === 'not_applicable' ? `${why} (told once)` : why;
  const gap = Math.max(ALTERNATIVE, widthOf(name));
  const text = verdict === 'passed' ? cutTo(said, columns - gap - 6) : hang(said, gap + 6, columns);
  return [`  ${glyph(verdict, paint)} ${column(name, gap, false)}  ${text}`];
}

// --- the tasks ----------------------------------------------------------------

function taskLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
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
function groupLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  const phases = new Map<string, Map<string, Alike>>(digestOf(drill).phases.map((name) => [name, new Map()]));
  for (const { phase, verdict, latency_ms, ...task } of drill.tasks) {
    const what = whatHappened({ phase, verdict, latency_ms, ...task }, drill);
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
  for (const { task } of rows) groups.set(howTold(task), (groups.get(howTold(task)) ?? 0) + 1);
  return [...groups].map(([text, n]) => {
    const whom = groups.size === 1 ? '' : `${count(n, 'task')}: `;
    return `    ${cutTo(`${whom}${text.startsWith('“') ? 'told ' : ''}${text}`, columns - 4)}`;
  });
}

// --- what went wrong ------------------------------------------------------------

/** What had nothing to judge is told only where the drill claims it. */
function drillWideLines({ checks, definition }: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  const claimed = Object.keys(Object(definition['expect']));
  const told = checks.filter(({ check, verdict }) => verdict !== 'not_applicable' || claimed.includes(check));
  if (told.length === 0) return [];
  const rows = told.map(({ verdict, check, reason }) => ({ verdict, check: clean(check), reason }));
  const width = Math.max(...rows.map(({ check }) => check.length));
  const lines = rows.map(({ verdict, check, reason }) => {
    const beside = `${check.padEnd(width)}  ${hang(reason, width + 6, columns)}`;
    return `  ${glyph(verdict, paint)} ${columns < NARROW ? `${check}\n    ${hang(reason, 4, columns)}` : beside}`;
  });
  return ['', paint.bold('the drill as a whole'), ...lines];
}

/** What a drop in quality is drilled for: how far the fallback may be trusted. */
function trustLines({ paths, definition }: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  if (paths === null || !paths.quality_fault) return [];
  const advice = `recommended for ${definition['workflow']}: ${paths.recommendation.replaceAll('_', ' ')}. ${paths.why}`;
  return [
    '',
    paint.bold('the fallback'),
    `  ${hang(clean(`${advice}; how each phase went is in report.md`), 2, columns)}`,
  ];
}

function failureLines(drill: JudgedDrill, events: EventsKept, columns: number, paint: ChalkInstance): string[] {
  const groups = digestOf(drill).failed;
  if (groups.size === 0) return [];
  const blocks = [...groups].flatMap(([check, cells]) => {
    const [{ cell, task }] = cells;
    const where = task === undefined ? 'the whole drill' : `${cells.length} of ${count(drill.tasks.length, 'task')}`;
    const reasons = [...groupedBy(cells, (placed) => placed.cell.reason).values()].map(sentence);
    const more = reasons.length - MAX_REASONS_SHOWN;
    return [
      `  ${paint.red(`✗ ${clean(check)}`)}  ${cell.severity}, ${where}`,
      ...reasons.slice(0, MAX_REASONS_SHOWN).map((reason) => `    ${hang(reason, 4, columns)}`),
      ...(more > 0 ? [`    and ${more} more in report.md`] : []),
      ...eventLines(cell.evidence, events, columns).map((line) => paint.dim(line)),
      ...adviceLines(drill, check, columns),
    ];
  });
  return ['', paint.bold('what failed'), ...blocks, reproduceLine(drill)];
}

const reproduceLine = ({ reproduce }: JudgedDrill): string => `  reproduce: ${oneLine(reproduce)}`;

/** One reason, with the task or the number of tasks it is given for. */
function sentence(placed: readonly [PlacedCell, ...PlacedCell[]]): string {
  const [first] = placed;
  if (first.task === undefined) return first.cell.reason;
  const whom = placed.length === 1 ? `${first.task.task} (${first.task.phase})` : count(placed.length, 'task');
  return `${whom}: ${first.cell.reason}`;
}

function eventLines(seqs: readonly number[], events: EventsKept, columns: number): string[] {
  const lineOf = (seq: number) => {
    const event = events.get(seq);
    return typeof event === 'object' ? eventLine(event) : (event ?? `#${seq}`);
  };
  const more = seqs.length - MAX_EVENTS_SHOWN;
  return [
    ...seqs.slice(0, MAX_EVENTS_SHOWN).map((seq) => `      ${cutTo(lineOf(seq), columns - 6)}`),
    ...(more > 0 ? [`      and ${count(more, 'more event')}`] : []),
  ];
}

function reasonLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  if (drill.reasons.length === 0) return [];
  const rows = drill.reasons.flatMap(({ reason, fix }) => [
    `  ${paint.yellow('?')} ${hang(reason, 4, columns)}`,
    `    ${hang(`fix: ${fix}`, 4, columns)}`,
  ]);
  if (drill.verdict !== 'inconclusive') return ['', paint.bold('what is open'), ...rows];
  // Where something failed as well, the line that reproduces it stands there.
  const reproduce = digestOf(drill).failed.size > 0 ? [] : [reproduceLine(drill)];
  return ['', paint.bold('why it is inconclusive'), ...rows, ...reproduce];
}

/** What was taken for granted: what one drill has said, the next does not say again. */
function noteLines({ notes }: JudgedDrill, told: Set<string>, columns: number): string[] {
  const fresh = notes.filter((note) => !told.has(note));
  for (const note of fresh) told.add(note);
  return fresh.map((note) => `  ${hang(`note: ${note}`, 4, columns)}`);
}

function refusalLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  const all = digestOf(drill).refusals;
  if (all.length === 0) return [];
  const rows = all.map(({ role, times, why }) => `  ${hang(`${count(times, 'call')} to ${role}: ${why}`, 4, columns)}`);
  return ['', paint.bold('what a provider refused'), ...rows.slice(0, MAX_REASONS_SHOWN), ...moreThan(rows.length)];
}

const moreThan = (n: number): string[] =>
  n > MAX_REASONS_SHOWN ? [`  and ${n - MAX_REASONS_SHOWN} more in report.md`] : [];

function adviceLines({ advice }: JudgedDrill, check: string, columns: number): string[] {
  const text = advice?.[check];
  return text === undefined ? [] : [`    ${hang(`fix: ${text} More: drill explain ${check}`, 4, columns)}`];
}

function endingLines(
  run: Omit<RunReport, 'drills'>,
  endings: readonly string[][],
  { drills, judged, progress }: { drills: number; judged: number; progress: ReadonlyMap<string, Progress> },
  { columns, folder }: Look,
  paint: ChalkInstance,
): string[] {
  const short = cutShort(run);
  const status = short === undefined ? [] : [[paint.yellow(short)]];
  const open = run.unfinished.map((name) => [
    `${paint.yellow.bold('NOT FINISHED')} ${clean(name)}`,
    soFar(progress.get(name)),
  ]);
  const whole =
    drills === 1
      ? []
      : [
          [
            `${shout(run.verdict, paint, run.unread)} ${count(judged, 'drill')}`,
            ...(drills > judged ? [`${drills - judged} not applicable`] : []),
          ],
        ];
  const lines = [...status, ...endings, ...open, ...whole];
  lines
    .at(-1)
    ?.push(...(judged === 0 ? [] : [noticesLine(run)]), ...(folder === '' ? [] : [paint.dim(oneLine(folder))]));
  const read = run.unread > 0 && folder !== '' ? [`  read them: drill notices ${oneLine(folder)}`] : [];
  return [...lines.map((parts) => inLine(parts, columns)), ...read];
}

/** How far a drill came: its phase, the asks of that, and how those that ended did. */
interface Progress {
  phase: string;
  asked: number;
  ended: Map<string, number>;
}

function noteProgress(all: Map<string, Progress>, event: TraceEvent): void {
  if (event.kind === 'run-header') return;
  if (event.kind === 'phase' && event.state === 'began')
    all.set(event.drill, { phase: event.phase, asked: 0, ended: new Map() });
  const now = all.get(event.drill);
  if (now === undefined) return;
  const how = event.kind === 'outcome' ? event.outcome.kind : event.kind === 'hung' ? 'hung' : undefined;
  if (event.kind === 'ask') now.asked += 1;
  if (how !== undefined) now.ended.set(how, (now.ended.get(how) ?? 0) + 1);
}

function soFar(progress: Progress | undefined): string {
  if (progress === undefined) return 'not begun';
  const ended = [...progress.ended].map(([how, times]) => `${times} ${how.replaceAll('_', ' ')}`);
  const under = progress.asked - [...progress.ended.values()].reduce((sum, times) => sum + times, 0);
  const all = [...ended, ...(under > 0 ? [`${under} under way`] : [])];
  return `in phase ${clean(progress.phase)}: ${count(progress.asked, 'task')} asked${all.length > 0 ? `, ${all.join(', ')}` : ''}`;
}

/** Parts side by side; one that does not fit begins a line of its own, and goes on below where it is longer than that. */
function inLine(parts: readonly string[], columns: number): string {
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

// --- letters --------------------------------------------------------------------

function colorOf(verdict: VerdictWord, paint: ChalkInstance): ChalkInstance {
  if (verdict === 'passed') return paint.green;
  return verdict === 'failed' ? paint.red : verdict === 'inconclusive' ? paint.yellow : paint.dim;
}

const glyph = (verdict: VerdictWord, paint: ChalkInstance): string => colorOf(verdict, paint)(GLYPHS[verdict]);

/** `PASSED`, or `PASSED, 3 texts unread:` before the name of what passed. */
function shout(verdict: VerdictWord, paint: ChalkInstance, unread: number): string {
  const word = colorOf(verdict, paint).bold(verdict.replaceAll('_', ' ').toUpperCase());
  return unread === 0 ? word : `${withUnread(word, unread)}:`;
}

function column(text: string, width: number, right: boolean): string {
  const short = cutTo(text, width);
  const gap = ' '.repeat(Math.max(0, width - widthOf(short)));
  return right ? gap + short : short + gap;
}

const hang = (text: string, indent: number, columns: number): string =>
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
