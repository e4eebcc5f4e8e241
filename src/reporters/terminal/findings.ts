import type { ChalkInstance } from 'chalk';
import type { JudgedDrill } from '../../core/report.ts';
import type { TraceEvent } from '../../core/trace.ts';
import { count } from '../../text/words.ts';
import { digestOf, groupedBy, type PlacedCell } from '../digest.ts';
import { cutTo } from '../width.ts';
import { clean, eventLine, oneLine } from '../words.ts';
import { glyph, hang, NARROW } from './letters.ts';

/** Events, or their lines, by number. */
export type EventsKept = Map<number, TraceEvent | string>;
const MAX_EVENTS_SHOWN = 12;
const MAX_REASONS_SHOWN = 5;

/** What had nothing to judge is told only where the drill claims it. */
export function drillWideLines({ checks, definition }: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
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
export function trustLines({ paths, definition }: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
  if (paths === null || !paths.quality_fault) return [];
  const advice = `recommended for ${definition['workflow']}: ${paths.recommendation.replaceAll('_', ' ')}. ${paths.why}`;
  return [
    '',
    paint.bold('the fallback'),
    `  ${hang(clean(`${advice}; how each phase went is in report.md`), 2, columns)}`,
  ];
}

export function failureLines(drill: JudgedDrill, events: EventsKept, columns: number, paint: ChalkInstance): string[] {
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

export function reasonLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
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
export function noteLines({ notes }: JudgedDrill, told: Set<string>, columns: number): string[] {
  const fresh = notes.filter((note) => !told.has(note));
  for (const note of fresh) told.add(note);
  return fresh.map((note) => `  ${hang(`note: ${note}`, 4, columns)}`);
}

export function refusalLines(drill: JudgedDrill, columns: number, paint: ChalkInstance): string[] {
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
