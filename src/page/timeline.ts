import type { Breaker, Call, Cell, Detail, ToolUse } from './data.ts';
import { h } from './dom.ts';
import { seconds, usd } from './words.ts';

/** Room behind the last thing that happened. */
const MARGIN = 1.04;
/** What took no time is shown as if it had taken some. */
const LEAST = 100;

/** Puts an element where it happened: at a time, or from one to another. */
type Place = (element: HTMLElement, from: number, to?: number) => HTMLElement;

/** A lane an attempt and a use of a tool, what is seen of breakers and of money, the deadline across them, and findings where they happened. */
export function timeline(detail: Detail): HTMLElement {
  const { calls, tools, breakers, deadline_ms, end_ms, left_ms } = detail;
  const ends = [...calls, ...tools].flatMap(({ at, end }) => [at, end ?? 0]);
  const whole = Math.max(end_ms ?? deadline_ms, left_ms ?? 0, ...ends, LEAST);
  const late = deadline_ms > 0 && deadline_ms <= whole;
  const at: Place = (element, from, to = from) => {
    element.style.left = `${(100 * Math.max(0, from)) / (whole * MARGIN)}%`;
    if (to > from) element.style.width = `${(100 * (to - Math.max(0, from))) / (whole * MARGIN)}%`;
    return element;
  };
  const lane = (name: string, words: string, things: (HTMLElement | null | false)[], found: Found = new Map()) => {
    const deadline = late && at(h('span', { class: 'deadline' }), deadline_ms);
    const marks = [...found].map(([when, numbers]) => at(h('span', { class: 'mark' }, [...numbers].join(' ')), when));
    const numbers = [...new Set([...found.values()].flatMap((some) => [...some]))];
    const which = numbers.length === 0 ? '' : ` · finding ${numbers.sort().join(', ')}`;
    return h(
      'div',
      { class: 'lane' },
      h('b', {}, name),
      h('div', { class: 'track', 'aria-hidden': 'true' }, deadline, ...things, ...marks),
      h('span', {}, words, which !== '' && h('b', { class: 'failed' }, which)),
    );
  };
  const callLanes = calls.map((call, i) => {
    const gap = gapBefore(call, calls.slice(0, i));
    const things = [
      gap !== undefined && at(h('span', { class: 'gap', title: `waited ${seconds(call.at - gap)}` }), gap, call.at),
      at(h('span', { class: `bar ${call.failure === null ? 'good' : 'bad'}` }), call.at, call.end ?? whole),
      call.first !== null &&
        at(h('span', { class: 'first', title: `first token after ${seconds(call.first - call.at)}` }), call.first),
    ];
    return lane(`${call.role} ${call.attempt}`, callWords(call, gap), things, foundIn(detail, whole, { call: i }));
  });
  const toolLanes = tools.map((use, i) => {
    const well = use.how === 'ok' || use.how === 'granted';
    const bar = at(h('span', { class: `bar tool ${well ? '' : 'bad'}` }), use.at, use.end ?? whole);
    return lane(use.tool, toolWords(use), [bar], foundIn(detail, whole, { tool: i }));
  });
  const breakerLanes = breakers.map(({ role, steps }) => {
    const shown = steps.map((step, i) => {
      const element = h('span', { class: step.state, title: stepWords(step) });
      return step.state === 'tried' ? at(element, step.at) : at(element, step.at, steps[i + 1]?.at ?? whole * MARGIN);
    });
    const unsure = steps.at(-1)?.state === 'tried' ? ', and did not reply' : '';
    return lane(`${role}, breaker`, `${steps.map(stepWords).join(', ')}${unsure}`, shown);
  });
  const user = [
    left_ms !== null && at(h('span', { class: 'left', title: `the user left at ${seconds(left_ms)}` }), left_ms),
    end_ms !== null && at(h('span', { class: 'end', title: `ended at ${seconds(end_ms)}` }), end_ms),
  ];
  const left = left_ms === null ? '' : `left after ${seconds(left_ms)}, `;
  const got = end_ms === null ? 'got nothing' : `got it after ${seconds(end_ms)}`;
  const money = moneyOf(detail, whole, at);
  const limit = deadline_ms > 0 ? `deadline ${seconds(deadline_ms)}${late ? ', the dashed line' : ''}` : '';
  return h(
    'div',
    { class: 'timeline' },
    ...breakerLanes,
    ...inTime([...calls, ...tools], [...callLanes, ...toolLanes]),
    lane('user', `${left}${got}`, user, foundIn(detail, whole, {})),
    money && lane('money', money.words, money.steps),
    lane('', limit, ticksOf(whole, at)),
  );
}

export const failedOf = ({ checks }: Pick<Detail, 'checks'>): Cell[] =>
  checks.filter(({ verdict }) => verdict === 'failed');

/** By when, the numbers of the findings that are marked there; what lies close together is one mark. */
type Found = Map<number, Set<number>>;

/** What is found in a call, in a use of a tool, or in neither. */
function foundIn(detail: Detail, whole: number, place: Partial<Cell['marks'][number]>): Found {
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
  const after = `${failures} ${failures === 1 ? 'failure' : 'failures in a row'}`;
  return at < 0
    ? `left alone: ${after}, the last ${seconds(-at)} before`
    : `left alone from ${seconds(at)} on: ${after}`;
};

const toolWords = ({ how, effect, fault }: ToolUse): string =>
  `${how}${effect === 'new' ? ', changed something' : effect === 'replayed' ? ', done before' : ''}${fault === null ? '' : ` (${fault})`}`;

/** What had been spent at each time, in steps up to the budget or what was spent in the end; nothing of an ask without either. */
function moneyOf(
  { calls, budget_usd }: Detail,
  whole: number,
  at: Place,
): { words: string; steps: HTMLElement[] } | null {
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
    return high(at(step, call.end ?? whole, paid[i + 1]?.end ?? whole * MARGIN), sum);
  });
  const unknown = calls.filter((call) => call.usd === null && call.end !== null).length;
  const words = [
    `spent ${usd(spent)}`,
    budget_usd === null ? '' : ` of ${usd(budget_usd)}${spent > budget_usd ? ', over the budget' : ''}`,
    unknown === 0 ? '' : `, and the unknown price of ${unknown} ${unknown === 1 ? 'call' : 'calls'}`,
  ];
  if (budget_usd !== null) steps.push(high(h('span', { class: 'budget' }), budget_usd));
  return { words: words.join(''), steps };
}

/** Times that are easy to read, a few of them. */
function ticksOf(whole: number, at: Place): HTMLElement[] {
  const power = 10 ** Math.floor(Math.log10(whole / MOST_TICKS));
  const step = [1, 2, 5, 10].map((n) => n * power).find((one) => one * MOST_TICKS >= whole) ?? whole;
  const times = Array.from({ length: Math.floor(whole / step) + 1 }, (_, i) => i * step);
  return times.map((ms) => at(h('span', { class: 'tick' }, `${Number((ms / 1000).toFixed(3))} s`), ms));
}
const MOST_TICKS = 5;

/** The lanes of these, in the order in which they began. */
const inTime = (of: readonly { at: number }[], lanes: readonly HTMLElement[]): HTMLElement[] =>
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
