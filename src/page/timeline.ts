import { count } from '../text/words.ts';
import type { Breaker, Call, Cell, Detail, ToolUse } from './data.ts';
import { h } from './dom.ts';
import { seconds, usd } from './words.ts';

/** Room behind the last thing that happened. */
const MARGIN = 1.04;
/** What took no time is shown as if it had taken some. */
const LEAST = 100;

/** From the ask to the end of what happened. */
interface Axis {
  whole: number;
  /** Where the deadline lies on it. */
  deadline: number | undefined;
  /** Puts an element where it happened: at a time, or from one to another. */
  at(element: HTMLElement, from: number, to?: number): HTMLElement;
}

type Things = readonly (HTMLElement | null | false)[];

/** A lane an attempt and a use of a tool, what is seen of breakers and of money, the deadline across them, and findings where they happened. */
export function timeline(detail: Detail): HTMLElement {
  const { calls, tools, breakers } = detail;
  const axis = axisOf(detail);
  const attempts = calls.map((_, i) => callLane(axis, detail, i));
  const uses = tools.map((use, i) => toolLane(axis, use, foundIn(detail, axis, { tool: i })));
  return h(
    'div',
    { class: 'timeline' },
    ...breakers.map((one) => breakerLane(axis, one)),
    ...inTime([...calls, ...tools], [...attempts, ...uses]),
    userLane(axis, detail),
    moneyLane(axis, detail),
    timeLane(axis, detail),
  );
}

function axisOf({ calls, tools, deadline_ms, end_ms, left_ms }: Detail): Axis {
  const ends = [...calls, ...tools].flatMap(({ at, end }) => [at, end ?? 0]);
  const whole = Math.max(end_ms ?? deadline_ms, left_ms ?? 0, ...ends, LEAST);
  const share = (ms: number) => `${(100 * ms) / (whole * MARGIN)}%`;
  return {
    whole,
    deadline: deadline_ms > 0 && deadline_ms <= whole ? deadline_ms : undefined,
    at(element, from, to = from) {
      const begin = Math.max(0, from);
      element.style.left = share(begin);
      if (to > begin) element.style.width = share(to - begin);
      return element;
    },
  };
}

function lane({ at, deadline }: Axis, name: string, words: string, things: Things, found: Found = new Map()) {
  const line = deadline !== undefined && at(h('span', { class: 'deadline' }), deadline);
  const marks = [...found].map(([when, numbers]) => at(h('span', { class: 'mark' }, [...numbers].join(' ')), when));
  const numbers = [...new Set([...found.values()].flatMap((some) => [...some]))].sort((a, b) => a - b);
  return h(
    'div',
    { class: 'lane' },
    h('b', {}, name),
    h('div', { class: 'track', 'aria-hidden': 'true' }, line, ...things, ...marks),
    h('span', {}, words, numbers.length > 0 && h('b', { class: 'failed' }, ` · finding ${numbers.join(', ')}`)),
  );
}

function callLane(axis: Axis, detail: Detail, i: number): HTMLElement | undefined {
  const call = detail.calls[i];
  if (call === undefined) return undefined;
  const { role, attempt, at, end, first, failure } = call;
  const gap = gapBefore(call, detail.calls.slice(0, i));
  const things = [
    gap !== undefined && axis.at(h('span', { class: 'gap', title: `waited ${seconds(at - gap)}` }), gap, at),
    axis.at(h('span', { class: `bar ${failure === null ? 'good' : 'bad'}` }), at, end ?? axis.whole),
    first !== null && axis.at(h('span', { class: 'first', title: `first token after ${seconds(first - at)}` }), first),
  ];
  return lane(axis, `${role} ${attempt}`, callWords(call, gap), things, foundIn(detail, axis, { call: i }));
}

function toolLane(axis: Axis, use: ToolUse, found: Found): HTMLElement {
  const well = use.how === 'ok' || use.how === 'granted';
  const bar = axis.at(h('span', { class: `bar tool ${well ? '' : 'bad'}` }), use.at, use.end ?? axis.whole);
  return lane(axis, use.tool, toolWords(use), [bar], found);
}

function breakerLane(axis: Axis, { role, steps }: Breaker): HTMLElement {
  const shown = steps.map((step, i) => {
    const element = h('span', { class: step.state, title: stepWords(step) });
    const until = step.state === 'tried' ? step.at : (steps[i + 1]?.at ?? axis.whole * MARGIN);
    return axis.at(element, step.at, until);
  });
  const unsure = steps.at(-1)?.state === 'tried' ? ', and did not reply' : '';
  return lane(axis, `${role}, breaker`, `${steps.map(stepWords).join(', ')}${unsure}`, shown);
}

function userLane(axis: Axis, detail: Detail): HTMLElement {
  const { end_ms, left_ms } = detail;
  const things = [
    left_ms !== null && axis.at(h('span', { class: 'left', title: `the user left at ${seconds(left_ms)}` }), left_ms),
    end_ms !== null && axis.at(h('span', { class: 'end', title: `ended at ${seconds(end_ms)}` }), end_ms),
  ];
  const left = left_ms === null ? '' : `left after ${seconds(left_ms)}, `;
  // Of an ask that hung it is told; of one under way when its run was broken off there is nothing to tell.
  const nothing = detail.got.length === 0 ? 'got nothing so far' : 'got nothing';
  const got = end_ms === null ? nothing : `got it after ${seconds(end_ms)}`;
  return lane(axis, 'user', `${left}${got}`, things, foundIn(detail, axis, {}));
}

/** By when, the numbers of the findings that are marked there; what lies close together is one mark. */
type Found = Map<number, Set<number>>;

export const failedOf = ({ checks }: Pick<Detail, 'checks'>): Cell[] =>
  checks.filter(({ verdict }) => verdict === 'failed');

/** What is found in a call, in a use of a tool, or in neither. */
function foundIn(detail: Detail, { whole }: Axis, place: Partial<Cell['marks'][number]>): Found {
  const { call = null, tool = null } = place;
  const found: Found = new Map();
  for (const [i, { marks }] of failedOf(detail).entries())
    for (const mark of marks.filter((one) => one.call === call && one.tool === tool)) {
      const near = [...found.keys()].find((at) => Math.abs(at - mark.at) < whole * NEAR) ?? mark.at;
      found.set(near, (found.get(near) ?? new Set<number>()).add(i + 1));
    }
  return found;
}
const NEAR = 0.04;

const stepWords = ({ at, state, failures }: Breaker['steps'][number]): string => {
  if (state === 'closed') return `closed at ${seconds(at)}`;
  if (state === 'tried') return `tried again at ${seconds(at)}`;
  const after = count(failures, 'failure', 'failures in a row');
  return at < 0
    ? `left alone: ${after}, the last ${seconds(-at)} before`
    : `left alone from ${seconds(at)} on: ${after}`;
};

const toolWords = ({ how, effect, fault }: ToolUse): string =>
  `${how}${effect === 'new' ? ', changed something' : effect === 'replayed' ? ', done before' : ''}${fault === null ? '' : ` (${fault})`}`;

/** What had been spent at each time, in steps up to the budget or what was spent in the end; nothing of an ask without either. */
function moneyLane(axis: Axis, { calls, budget_usd }: Detail): HTMLElement | null {
  const { whole } = axis;
  const paid = calls.filter((call) => (call.usd ?? 0) > 0).sort((a, b) => (a.end ?? whole) - (b.end ?? whole));
  const spent = paid.reduce((sum, call) => sum + (call.usd ?? 0), 0);
  if (budget_usd === null && spent === 0) return null;
  const most = Math.max(spent, budget_usd ?? 0, 1);
  const high = (element: HTMLElement, micro: number) => {
    element.style.height = `${(100 * micro) / most}%`;
    return element;
  };
  let sum = 0;
  const steps = paid.map((call, i) => {
    sum += call.usd ?? 0;
    const step = h('span', {
      class: budget_usd !== null && sum > budget_usd ? 'spent over' : 'spent',
      title: usd(sum),
    });
    return high(axis.at(step, call.end ?? whole, paid[i + 1]?.end ?? whole * MARGIN), sum);
  });
  if (budget_usd !== null) steps.push(high(h('span', { class: 'budget' }), budget_usd));
  const unknown = calls.filter((call) => call.usd === null && call.end !== null).length;
  const words = [
    `spent ${usd(spent)}`,
    budget_usd === null ? '' : ` of ${usd(budget_usd)}${spent > budget_usd ? ', over the budget' : ''}`,
    unknown === 0 ? '' : `, and the unknown price of ${count(unknown, 'call')}`,
  ];
  return lane(axis, 'money', words.join(''), steps);
}

/** Times that are easy to read, a few of them. */
function timeLane(axis: Axis, { deadline_ms }: Detail): HTMLElement {
  const power = 10 ** Math.floor(Math.log10(axis.whole / MOST_TICKS));
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => one * MOST_TICKS >= axis.whole) ?? axis.whole;
  const times = Array.from({ length: Math.floor(axis.whole / step) + 1 }, (_, i) => i * step);
  const ticks = times.map((ms) => axis.at(h('span', { class: 'tick' }, `${Number((ms / 1000).toFixed(3))} s`), ms));
  const shown = axis.deadline === undefined ? '' : ', the dashed line';
  return lane(axis, '', deadline_ms > 0 ? `deadline ${seconds(deadline_ms)}${shown}` : '', ticks);
}
const MOST_TICKS = 5;

/** The lanes of these, in the order in which they began. */
const inTime = (of: readonly { at: number }[], lanes: readonly (HTMLElement | undefined)[]): HTMLElement[] =>
  of
    .map(({ at }, i) => ({ at, lane: lanes[i] }))
    .sort((a, b) => a.at - b.at)
    .flatMap(({ lane: one }) => one ?? []);

/** When the call before it to the same role had ended, where something of time lies between. */
function gapBefore(call: Call, before: readonly Call[]): number | undefined {
  const last = before.findLast(({ role }) => role === call.role);
  return last?.end !== null && last !== undefined && call.at > last.end ? last.end : undefined;
}

export const callWords = ({ failure, status, at, end, fault }: Call, gap?: number): string =>
  [
    failure ?? 'replied',
    status === null ? '' : ` ${status}`,
    end === null ? ', never ended' : ` after ${seconds(end - at)}`,
    fault === null ? '' : ` (${fault})`,
    gap === undefined ? '' : `, waited ${seconds(at - gap)} before`,
  ].join('');
