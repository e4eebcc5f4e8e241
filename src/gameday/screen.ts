import type { Clock } from '../core/clock.ts';
import { DrillError } from '../core/errors.ts';
import type { Output } from '../core/plugin.ts';
import type { Screen } from '../core/screen.ts';
import { fitting, type Piece, type Row, roomOn } from '../reporters/live/rows.ts';
import { show } from '../reporters/live/show.ts';
import { clean } from '../reporters/words.ts';
import type { Faults } from '../stand/sockets/admin.ts';
import { count, seconds, when } from '../text/words.ts';
import { asOurs } from '../world/index.ts';
import type { Choice } from './choices.ts';
import type { Place, Store } from './store.ts';
import { faultWords } from './words.ts';

/** A role or a tool, with what the keys switch there. */
export interface Switchable {
  name: string;
  choices: readonly Choice[];
}

export interface Watched {
  screen: Screen;
  store: Store;
  places: readonly Switchable[];
  faults: Faults;
  clock: Clock;
  /** Aborts on Ctrl-C. */
  signal: AbortSignal;
  output: Output;
  color: boolean;
}

/** The screen of a game day: what was seen of each role, and keys that switch faults there. Gives what ends it. */
export function openScreen({ store, places, faults, ...on }: Watched): () => void {
  let chosen = 0;
  const keys = new Map([
    ['h', () => void faults.reset('key')],
    ['downArrow', () => move(1)],
    ['tab', () => move(1)],
    ['upArrow', () => move(-1)],
  ]);
  const move = (by: number) => {
    chosen = (chosen + by + places.length) % places.length;
  };
  const onKey = (key: string) => {
    const choice = places[chosen]?.choices[Number(key) - 1];
    try {
      if (choice === undefined) keys.get(key)?.();
      else if (!faults.remove(choice.id, 'key')) faults.put(choice.id, choice.use, 'key');
    } catch (error) {
      if (!(error instanceof DrillError)) throw error;
      for (const { message, fix } of error.problems) on.output.write(`${message}: ${fix}\n`);
    }
  };
  const rows = () =>
    rowsOf(store, places, {
      ...{ chosen, columns: paper.columns, lines: paper.lines },
      keys: on.screen.stdin().isTTY === true,
    });
  const { paper, stop } = show({ ...on, outside: asOurs, quietMs: 0, rows, onKey });
  return stop;
}

/** What somebody who watches has chosen, and what there is to draw on. */
export interface View {
  chosen: number;
  columns: number;
  lines: number;
  /** Keys are read. */
  keys: boolean;
}

/** What is drawn. Where there is no room, the least is left out. */
export function rowsOf(store: Store, places: readonly Switchable[], { chosen, columns, lines, keys }: View): Row[] {
  const rows = places.flatMap(({ name }, i): [number, Row][] => {
    const place = store.at(name);
    const armed = store.armedAt(name).map(faultWords);
    // What is broken must not be forgotten; of the others, the nearest.
    const far = Math.abs(i - chosen) / places.length;
    const [counts, state] = i === chosen ? [0, 1] : armed.length > 0 ? [4, 5] : [6 + far, 8];
    return [
      [counts, countsRow(name, place, i === chosen, columns)],
      [state, stateRow(armed, place)],
    ];
  });
  const here = places[chosen];
  if (!keys || here === undefined) return fitting(rows, roomOn(lines));
  const switches = switchRows(here, store, columns).map((row): [number, Row] => [3, row]);
  return fitting([...rows, ...switches, [2, [{ text: KEYS, dim: true }]]], roomOn(lines));
}

const KEYS = 'q quit  ↑↓ choose  1-9 fault on, off  h heal all';
/** More of the last endings than that say nothing. */
const MOST_LAST = 12;

function countsRow(name: string, { calls, underWay, last }: Place, chosen: boolean, columns: number): Row {
  const figures = ` ${calls} ended, ${underWay} under way `;
  const mark = chosen ? '▸ ' : '  ';
  let room = columns - mark.length - name.length - figures.length;
  const shown: Row = [];
  for (const { as, well } of last.slice(-MOST_LAST).toReversed()) {
    room -= as.length + 1;
    if (room < 0) break;
    shown.unshift({ text: ` ${as}`, color: well ? 'green' : 'red' });
  }
  return [{ text: mark, color: 'cyan' }, { text: clean(name), bold: true }, { text: figures }, ...shown];
}

function stateRow(armed: readonly string[], { last, left, brokenOff }: Place): Row {
  const times = last.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const [median, slowest] = [times[times.length >> 1], times.at(-1)];
  const seen = [
    ...when(left > 0, `${left} left by callers`),
    ...when(brokenOff > 0, `${brokenOff} broken off here`),
    ...(median === undefined || slowest === undefined
      ? []
      : [`median ${seconds(median)}, slowest ${seconds(slowest)}`]),
  ];
  const broken: Piece =
    armed.length === 0 ? { text: 'no fault', dim: true } : { text: clean(armed.join(', ')), color: 'red' };
  return [{ text: '    ' }, broken, { text: seen.map((one) => `; ${one}`).join(''), dim: true }];
}

/** What each key switches, with a mark where it is on, in as many rows as it takes. */
function switchRows({ name, choices }: Switchable, store: Store, columns: number): Row[] {
  const on = new Set(store.armedAt(name).map(({ id }) => id));
  const twice = (fault: string) => choices.filter(({ use }) => use.fault === fault).length > 1;
  const rows: Row[] = [];
  let room = 0;
  for (const [i, { id, use }] of choices.entries()) {
    const is = on.has(id);
    const text = `${i + 1}${is ? '●' : ' '}${clean(twice(use.fault) ? faultWords({ use }) : use.fault)}  `;
    if (text.length > room) {
      rows.push([]);
      room = columns;
    }
    room -= text.length;
    rows.at(-1)?.push(is ? { text, color: 'red', bold: true } : { text });
  }
  return rows;
}

const GATHER_MS = 100;
/** More at once nobody reads. */
const MOST_LINES = 20;

/** Lines of calls as they scroll up: what comes at once is written at once, for each time all that is drawn is drawn anew. */
export function gathered(output: Output, clock: Pick<Clock, 'sleep'>) {
  let lines: string[] = [];
  const flush = () => {
    const [cut, shown] = [lines.length - MOST_LINES, lines.slice(-MOST_LINES)];
    lines = [];
    if (cut > 0) shown.unshift(`… ${count(cut, 'call')} before, which ${cut === 1 ? 'is' : 'are'} in the journal\n`);
    if (shown.length > 0) output.write(shown.join(''));
  };
  return {
    flush,
    write(line: string): void {
      if (lines.push(line) === 1) void clock.sleep(GATHER_MS).then(flush);
    },
  };
}
