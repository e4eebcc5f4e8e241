import type { ChangedDrill, ChangedFigure, ChangedTask, Comparison, Difference } from '../../core/comparison.ts';
import { NOISE } from '../../judge/compare.ts';
import { groupedBy } from '../../reporters/digest.ts';
import { few, scoreWords, withUnread } from '../../reporters/words.ts';
import { count, seconds, usd } from '../../text/words.ts';

/** How a name, a text that somebody else wrote, and the check of a finding are put down. */
export interface Marks {
  name(text: string): string;
  text(text: string): string;
  check(text: string): string;
}

export interface Section {
  title: string;
  lines: string[];
}

/** All that changed, the worst first, without sections in which nothing did. */
export function sectionsOf(comparison: Comparison, { name, text, check }: Marks): Section[] {
  const { broke, unjudged, healed, verdicts, drills, slower, dearer, faster, cheaper } = comparison;
  const placeOf = ({ drill, phase, task }: Partial<Placed>) =>
    [drill, phase, task].flatMap((one) => one ?? []).map(name);
  const whereOf = ({ first: { drill, phase }, tasks }: Group<Placed>): string =>
    [
      ...placeOf({ drill, phase }),
      ...(tasks.length === 0 ? [] : [`${count(tasks.length, 'task')} (${name(few(tasks))})`]),
    ].join(', ');
  const findings = (list: Comparison['broke']) =>
    grouped(list, (one) => one.check).map((group) => {
      const { severity, reason, check: found } = group.first;
      return `${check(found)} (${severity}) in ${whereOf(group)}: ${growth(group)}; ${text(reason)}`;
    });
  const figures = (list: Comparison['slower'], words: typeof latencyWords) =>
    list.map((one) => `${placeOf(one).join(', ')}: ${words(one)}`);
  const changed = grouped(verdicts, (one) => `${one.before} ${one.now} ${one.baseline !== undefined}`).map(
    (group) => `${whereOf(group)}: ${text(changeWords(group.first))}`,
  );
  const others = drills.filter((one) => !isSame(one));
  const sections: Record<string, string[]> = {
    broke: findings(broke),
    'no longer judged, so not healed': findings(unjudged),
    healed: findings(healed),
    verdicts: changed,
    drills: others.map((one) => `${name(one.drill)}: ${sideWords(one.before)} → ${sideWords(one.now)}`),
    slower: figures(slower, latencyWords),
    dearer: figures(dearer, costWords),
    faster: figures(faster, latencyWords),
    cheaper: figures(cheaper, costWords),
    'only before': comparison.only_before.map(name),
    'only now': comparison.only_now.map(name),
  };
  return Object.entries(sections).flatMap(([title, lines]) => (lines.length === 0 ? [] : [{ title, lines }]));
}

/** Changes of one kind in one phase of a drill: what people read is one line, however many golden tasks it is. */
interface Group<T> {
  first: T;
  tasks: string[];
  /** Asks with such a finding. */
  before: number;
  now: number;
}

type Placed = { drill: string; phase?: string | undefined; task?: string | undefined };

function grouped<T extends Placed & { before: unknown; now: unknown }>(
  all: readonly T[],
  kindOf: (one: T) => string,
): Group<T>[] {
  const groups = groupedBy(all, (one) => JSON.stringify([one.drill, one.phase, kindOf(one)]));
  const asks = (list: readonly T[], side: 'before' | 'now') =>
    list.reduce((sum, one) => sum + (typeof one[side] === 'number' ? one[side] : 0), 0);
  return [...groups.values()].map((list) => ({
    first: list[0],
    tasks: list.flatMap(({ task }) => task ?? []),
    before: asks(list, 'before'),
    now: asks(list, 'now'),
  }));
}

/** `2 asks, 1 before`. */
const growth = ({ tasks, before, now }: Group<unknown>): string =>
  tasks.length === 0 ? 'the whole drill' : `${count(now, 'ask')}, ${before} before`;

/** `passed → failed`. */
export const changeWords = ({ before, now, baseline }: ChangedTask): string =>
  `${before} → ${now}${baseline === undefined ? '' : `; without any fault: ${baseline}`}`;

/** Both times in one unit, in which they differ. */
export function latencyWords({ before, now, asks }: ChangedFigure): string {
  const whole = [before, now].map((ms) => `${Math.round(ms)} ms`);
  const [a, b] = seconds(before) === seconds(now) ? whole : [seconds(before), seconds(now)];
  return `${a} → ${b}${ofAsks(asks)}`;
}

export function costWords({ before, now, asks }: ChangedFigure): string {
  const exact = usd(before) === usd(now);
  const [a, b] = exact ? [`$${before}`, `$${now}`] : [usd(before), usd(now)];
  return `${a} → ${b}${ofAsks(asks)}`;
}

const ofAsks = (asks: number): string => (asks === 1 ? '' : `, the mean of ${asks} asks`);

/** `passed, score 100`. */
export const sideWords = ({ verdict, score, unread }: ChangedDrill['now']): string =>
  [withUnread(verdict, unread), scoreWords({ verdict, score }) ?? []].flat().join(', ');

export const isSame = ({ before, now }: ChangedDrill): boolean => sideWords(before) === sideWords(now);

/** Whether the two can be held against each other, and by what. */
export const kindWords = ({ kind }: Comparison): string =>
  kind === 'comparable'
    ? 'comparable: the same target, drills, golden tasks, seed and versions'
    : 'descriptive only: what changed may come from what is not the same';

export const differenceWords = ({ what, drill, before, now }: Difference): string => {
  const where = drill === undefined ? what : `${what} of ${drill}`;
  return before === now || before === 'other'
    ? `${where}${now === before ? '' : `: ${now}`}`
    : `${where}: ${before} before, ${now} now`;
};

/** What of latency and cost is noise. */
export const noiseWords = ({ exact }: Comparison): string =>
  exact
    ? 'virtual time: latency and cost are exact, and any difference is told'
    : `real time: told are means that differ by more than ${100 * NOISE.share} %, latency also by more than ${NOISE.ms} ms`;

/** All there is in one line. */
export function summaryWords({ worse, broke, healed, unjudged, slower, faster, dearer, cheaper }: Comparison): string {
  const lists = { broke, 'no longer judged': unjudged, slower, dearer, healed, faster, cheaper };
  const counts = Object.entries(lists).flatMap(([word, list]) => (list.length === 0 ? [] : [`${list.length} ${word}`]));
  return [worse ? 'worse' : 'nothing is worse', ...counts].join(', ');
}

export const capital = (said: string): string => said.slice(0, 1).toUpperCase() + said.slice(1);
