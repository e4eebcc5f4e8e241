import { Chalk } from 'chalk';
import { defineReporter, type Look, type OpenReporter, type Output } from '../../core/plugin.ts';
import type { JudgedDrill } from '../../core/report.ts';
import { matricesOf } from '../matrix.ts';
import { clean, eventLine, scoreWords, tally } from '../words.ts';
import { endingLines, noteProgress, type Progress } from './ending.ts';
import {
  drillWideLines,
  type EventsKept,
  failureLines,
  noteLines,
  reasonLines,
  refusalLines,
  trustLines,
} from './findings.ts';
import { hang, inLine, NARROW, shout } from './letters.ts';
import { groupLines, matrixRow, taskLines } from './tasks.ts';

/** Enough for any drill a person reads; a longer run shows later evidence by number only. */
const MAX_EVENTS_KEPT = 20_000;
/** So many are kept as they are: a line takes time to write, and an event more room. */
const MAX_EVENTS_PLAIN = 2_000;
/** A longer list of tasks is told in groups. */
const MOST_LINES = 50;

/** The summary a person reads when a run is over. */
export const terminal = defineReporter({
  name: 'terminal',
  summary: 'A line a task, then what failed with its events and the line that reproduces it.',
  example: 'drill run timeout_primary',
  open: openTerminal,
});

function openTerminal(output: Output, look: Look): OpenReporter {
  const paint = new Chalk({ level: look.color ? 1 : 0 });
  let about: string | undefined;
  let events: EventsKept = new Map();
  const endings: string[][] = [];
  let [drills, judged] = [0, 0];
  const told = new Set<string>();
  const progress = new Map<string, Progress>();
  const matrices = matricesOf(look.brief, (matrix) => {
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
