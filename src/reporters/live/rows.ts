import type { VerdictWord } from '../../core/verdict.ts';
import { count, seconds, usd } from '../../text/words.ts';
import { clean, cut, oneLine } from '../words.ts';
import type { Failure, Store, Tick, Went } from './store.ts';

/** A piece of a row, and how it looks. */
export interface Piece {
  text: string;
  color?: 'green' | 'yellow' | 'red' | 'cyan' | undefined;
  bold?: boolean;
  dim?: boolean;
}
export type Row = Piece[];

/** What somebody who watches has chosen, and what there is to draw on. */
export interface View {
  columns: number;
  /** Lines of the terminal. */
  lines: number;
  unfolded: boolean;
  onlyFailures: boolean;
  /** Keys are read. */
  keys: boolean;
  /** Real milliseconds since the run began. */
  elapsedMs: number;
}

/** Lines that stay free, for what is written above and for the prompt. */
const FREE = 4;
const MOST_ROWS = 12;
/** A text is cut by its letters before it is cut by their width, which takes longer. */
const LONGEST = 500;
/** Of the columns, what a drill's name may take. */
const NAME = 0.5;
/** Before so much is done, nobody can say how long the rest takes. */
const LEAST_SHARE = 0.02;

/** How many rows may be drawn on a terminal of so many lines; 0 where it is too low for any. */
export const roomOn = (lines: number): number => Math.max(0, Math.min(lines - FREE, MOST_ROWS));

/** Of rows with their ranks, the foremost for which there is room, as they stand. */
export function fitting(ranked: readonly [rank: number, Row][], room: number): Row[] {
  const foremost = new Set(ranked.toSorted(([a], [b]) => a - b).slice(0, room));
  return ranked.filter((one) => foremost.has(one)).map(([, row]) => row);
}

const LOOKS: Record<Went, { glyph: string; color?: Piece['color'] }> = {
  running: { glyph: '·' },
  passed: { glyph: '✓', color: 'green' },
  'failed over': { glyph: '→', color: 'cyan' },
  degraded: { glyph: '~', color: 'yellow' },
  failed: { glyph: '✗', color: 'red' },
  inconclusive: { glyph: '?', color: 'yellow' },
};

/** What is drawn: the drill under way, what failed so far, the run as a whole. Where there is no room, the least is left out. */
export function rowsOf(store: Store, view: View): Row[] {
  const room = roomOn(view.lines);
  const always: [rank: number, Row][] = [
    [0, drillRow(store, view)],
    [4, phaseRow(store)],
    ...restRows(store).map((row): [number, Row] => [5, row]),
    [1, totalsRow(store)],
    [3, timeRow(store, view)],
    ...(view.keys ? [[2, keysRow(view)] satisfies [number, Row]] : []),
  ];
  const kept = fitting(always, room);
  const failures = failureRows(store.failures, view).slice(0, room - kept.length);
  const [head, tail] = [always.slice(0, 2 + restRows(store).length), always.slice(2 + restRows(store).length)];
  const rows = (part: typeof always) => part.map(([, row]) => row).filter((row) => kept.includes(row));
  return [...rows(head), ...failures, ...rows(tail)];
}

function drillRow(store: Store, { columns }: View): Row {
  const name = cut(clean(store.drill), Math.floor(columns * NAME));
  const of = store.ahead.find((one) => one.name === store.drill)?.asks ?? 0;
  const figure = of === 0 ? '' : ` ${store.ended}/${of}`;
  const room = Math.max(0, columns - 4 - [...name].length - figure.length);
  const ticks = [...store.ticks.values()].slice(-room);
  return [
    { text: '▸ ', color: 'cyan' },
    { text: name, bold: true },
    { text: ' ' },
    ...merged(ticks.map(pieceOf)),
    { text: figure },
  ];
}

function pieceOf({ went, judged }: Tick): Piece {
  const { glyph, color } = LOOKS[went];
  return judged ? { text: glyph, color } : { text: glyph, dim: true };
}

/** Neighbours that look alike become one: each piece costs time whenever it is drawn. */
function merged(pieces: readonly Piece[]): Row {
  const row: Row = [];
  for (const piece of pieces) {
    const last = row.at(-1);
    if (last?.color === piece.color && last?.dim === piece.dim && last !== undefined) last.text += piece.text;
    else row.push({ ...piece });
  }
  return row;
}

const phaseRow = ({ phase, faults }: Store): Row => [
  { text: `  ${clean(phase)}: ${faults.length === 0 ? 'no fault' : clean(faults.join(', '))}`, dim: true },
];

const restRows = (store: Store): Row[] =>
  store.resting.roles.map(({ role, since, tasks }) => [
    { text: `  ${clean(role)} rested for ${seconds(store.restedMs(since))}`, color: 'cyan' },
    { text: `: ${count(tasks, 'task')} passed it by since it failed`, dim: true },
  ]);

function failureRows(failures: readonly Failure[], { unfolded, keys }: View): Row[] {
  if (failures.length === 0) return [];
  const latest = failures.toReversed();
  const line = (text: string) => cut(oneLine(text), LONGEST);
  if (!unfolded) {
    const hint = keys ? ', u unfolds' : '';
    return [[{ text: `  ✗ ${failures.length} failed${hint}: `, color: 'red' }, { text: line(latest[0]?.what ?? '') }]];
  }
  return latest.flatMap(({ what, evidence }) => [
    [{ text: '  ✗ ', color: 'red' }, { text: line(what) }],
    ...evidence.map((text): Row => [{ text: `      ${line(text)}`, dim: true }]),
  ]) satisfies Row[];
}

function totalsRow({ ahead, verdicts }: Store): Row {
  const words: [VerdictWord, Piece['color']][] = [
    ['passed', 'green'],
    ['failed', 'red'],
    ['inconclusive', 'yellow'],
    ['not_applicable', undefined],
  ];
  const over = words.reduce((sum, [word]) => sum + verdicts[word], 0);
  const told = words
    .filter(([word]) => verdicts[word] > 0)
    .flatMap(
      ([word, color], i): Row => [
        { text: i === 0 ? ': ' : ', ' },
        { text: `${verdicts[word]} ${word.replaceAll('_', ' ')}`, color },
      ],
    );
  return [{ text: `${over} of ${count(ahead.length, 'drill')}`, bold: true }, ...told];
}

/** Real time, what is left of it, virtual time where that is another, and money where it is real. */
function timeRow(store: Store, { elapsedMs }: View): Row {
  const { share, time, virtualMs, live, spent } = store;
  const left = (ms: number) => (share < LEAST_SHARE ? '' : `, about ${figure((ms * (1 - share)) / share)} left`);
  const parts = [`${figure(elapsedMs)}${left(elapsedMs)}`];
  if (time === 'virtual') parts.push(`virtual ${figure(virtualMs)}${left(virtualMs)}`);
  if (live)
    parts.push(
      `${usd(spent.usd)} spent${spent.unpriced === 0 ? '' : `, ${count(spent.unpriced, 'call')} without a price`}`,
    );
  return [{ text: parts.join('; '), dim: true }];
}

const MINUTE = 60_000;
/** Time as it is told while it passes: more than a glance takes nobody reads. */
function figure(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 2 * MINUTE) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / MINUTE)} min`;
}

const keysRow = ({ unfolded, onlyFailures }: View): Row => [
  {
    text: `q quit  u ${unfolded ? 'fold' : 'unfold'} failures  f ${onlyFailures ? 'all drills' : 'failures only'}`,
    dim: true,
  },
];
