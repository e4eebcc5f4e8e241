import type { ChalkInstance } from 'chalk';
import { countUp } from '../../core/once.ts';
import type { Look } from '../../core/plugin.ts';
import type { RunReport } from '../../core/report.ts';
import type { TraceEvent } from '../../core/trace.ts';
import { count } from '../../text/words.ts';
import { clean, cutShort, noticesLine, oneLine } from '../words.ts';
import { inLine, shout } from './letters.ts';

export function endingLines(
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
export interface Progress {
  phase: string;
  asked: number;
  ended: Map<string, number>;
}

export function noteProgress(all: Map<string, Progress>, event: TraceEvent): void {
  if (event.kind === 'run-header') return;
  if (event.kind === 'phase' && event.state === 'began')
    all.set(event.drill, { phase: event.phase, asked: 0, ended: new Map() });
  const now = all.get(event.drill);
  if (now === undefined) return;
  const how = event.kind === 'outcome' ? event.outcome.kind : event.kind === 'hung' ? 'hung' : undefined;
  if (event.kind === 'ask') now.asked += 1;
  if (how !== undefined) countUp(now.ended, how);
}

function soFar(progress: Progress | undefined): string {
  if (progress === undefined) return 'not begun';
  const ended = [...progress.ended].map(([how, times]) => `${times} ${how.replaceAll('_', ' ')}`);
  const under = progress.asked - [...progress.ended.values()].reduce((sum, times) => sum + times, 0);
  const all = [...ended, ...(under > 0 ? [`${under} under way`] : [])];
  return `in phase ${clean(progress.phase)}: ${count(progress.asked, 'task')} asked${all.length > 0 ? `, ${all.join(', ')}` : ''}`;
}
