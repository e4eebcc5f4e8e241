import { Chalk } from 'chalk';
import type { ComparedRun, Comparison } from '../../core/comparison.ts';
import { clean, cut } from '../../reporters/words.ts';
import { count } from '../../text/words.ts';
import type { Terminal } from '../terminal.ts';
import {
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

/** So many of a kind are shown. */
const MOST = 20;
const LONGEST = 300;

/** A comparison as people read it in a terminal. */
export function diffLines(comparison: Comparison, { color }: Pick<Terminal, 'color'>): string {
  const paint = new Chalk({ level: color ? 1 : 0 });
  const { before, now, differs, only_before, only_now, drills, verdicts, broke, healed, unjudged } = comparison;
  const section = <T>(name: string, list: readonly T[], words: (one: T) => string): string[] => {
    if (list.length === 0) return [];
    const more = list.length > MOST ? [`  and ${list.length - MOST} more: --json has them all`] : [];
    return ['', paint.bold(name), ...list.slice(0, MOST).map((one) => `  ${line(words(one))}`), ...more];
  };
  const findings = (name: string, list: Comparison['broke']) =>
    section(
      name,
      grouped(list, ({ check }) => check),
      (group) => {
        const { check, severity, reason } = group.first;
        return `${check} (${severity}) in ${whereOf(group)}: ${growth(group)}; ${reason}`;
      },
    );
  const figures = (name: string, list: Comparison['slower'], words: typeof latencyWords) =>
    section(name, list, (one) => `${one.drill} ${one.task} (${one.phase}): ${words(one)}`);
  const lines = [
    `before  ${runWords(before)}`,
    `now     ${runWords(now)}`,
    kindWords(comparison),
    ...differs.map((one) => `  ${line(differenceWords(one))}`),
    noiseWords(comparison),
    ...section('only before', only_before, (name) => name),
    ...section('only now', only_now, (name) => name),
    ...section(
      'drills',
      drills.filter((one) => !isSame(one)),
      (one) => `${one.drill}: ${sideWords(one.before)} → ${sideWords(one.now)}`,
    ),
    ...section('verdicts', grouped(verdicts, changeWords), (group) => `${whereOf(group)}: ${changeWords(group.first)}`),
    ...findings('broke', broke),
    ...findings('healed', healed),
    ...findings('no longer judged, so not healed', unjudged),
    ...figures('slower', comparison.slower, latencyWords),
    ...figures('faster', comparison.faster, latencyWords),
    ...figures('dearer', comparison.dearer, costWords),
    ...figures('cheaper', comparison.cheaper, costWords),
    '',
    paint.bold(summaryWords(comparison)),
  ];
  return `${lines.join('\n')}\n`;
}

const whereOf = ({ first: { drill, phase }, tasks }: Group<{ drill: string; phase?: string | undefined }>): string =>
  [drill, phase ?? [], tasks.length === 0 ? [] : `${count(tasks.length, 'task')} (${few(tasks)})`].flat().join(', ');

const line = (text: string): string => cut(clean(text), LONGEST);

function runWords({ run, status, target, seed, unfinished, ...side }: ComparedRun): string {
  const rest = unfinished.length === 0 ? [] : [`${count(unfinished.length, 'drill')} unfinished`];
  const came = status === 'completed' ? [] : [`was ${status}`];
  return line([run, `target ${target}`, `seed ${seed}`, sideWords(side), ...came, ...rest].join(' · '));
}
