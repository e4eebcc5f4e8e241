import type { Call, Cell, Detail } from './data.ts';
import { h } from './dom.ts';
import { seconds } from './words.ts';

/** Room behind the last thing that happened. */
const MARGIN = 1.04;

/** A lane an attempt and a use of a tool, the deadline across them, and findings where they happened. */
export function timeline(detail: Detail): HTMLElement {
  const { calls, tools, deadline_ms, end_ms, left_ms, budget_usd, spared, checks } = detail;
  const ends = [...calls, ...tools].flatMap(({ at, end }) => [at, end ?? 0]);
  const whole = Math.max(end_ms ?? deadline_ms, left_ms ?? 0, ...ends, 1) * MARGIN;
  const late = deadline_ms > 0 && deadline_ms <= whole;
  const at = (element: HTMLElement, from: number, to = from) => {
    element.style.left = `${(100 * from) / whole}%`;
    if (to > from) element.style.width = `${(100 * (to - from)) / whole}%`;
    return element;
  };
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  const marksIn = (key: 'call' | 'tool', index: number) =>
    failed.flatMap((cell) => cell.marks.filter((mark) => mark[key] === index).map((mark) => marked(cell, at, mark.at)));
  let spent = 0;
  const lanes = calls.map((call, i) => {
    spent += call.usd ?? 0;
    const gap = gapBefore(call, calls.slice(0, i));
    return lane(
      `${call.role} ${call.attempt}`,
      callWords(call, gap),
      [
        gap !== undefined && at(h('span', { class: 'gap', title: `waited ${seconds(call.at - gap)}` }), gap, call.at),
        at(h('span', { class: `bar ${classOf(call)}` }), call.at, call.end ?? whole / MARGIN),
        call.first !== null &&
          at(h('span', { class: 'first', title: `first token after ${seconds(call.first - call.at)}` }), call.first),
        ...marksIn('call', i),
      ],
      deadlineMark(),
    );
  });
  const uses = tools.map((use, i) =>
    lane(
      use.tool,
      `${use.how}${use.effect === 'new' ? ', changed something' : use.effect === 'replayed' ? ', done before' : ''}${use.fault === null ? '' : ` (${use.fault})`}`,
      [
        at(
          h('span', { class: `bar tool ${use.how === 'ok' || use.how === 'granted' ? '' : 'bad'}` }),
          use.at,
          use.end ?? whole,
        ),
        ...marksIn('tool', i),
      ],
      deadlineMark(),
    ),
  );
  const others = failed.flatMap((cell) =>
    cell.marks.filter(({ call, tool }) => call === null && tool === null).map((mark) => marked(cell, at, mark.at)),
  );
  const left =
    left_ms === null ? null : at(h('span', { class: 'left', title: `the user left at ${seconds(left_ms)}` }), left_ms);
  const end = end_ms === null ? null : at(h('span', { class: 'end', title: `ended at ${seconds(end_ms)}` }), end_ms);
  return h(
    'div',
    { class: 'timeline' },
    ...spared.map((role) => lane(role, 'left alone: a breaker, or what it knew of it', [], null)),
    ...inTime([...detail.calls, ...detail.tools], [...lanes, ...uses]),
    lane(
      'user',
      end_ms === null ? 'got nothing' : `got it after ${seconds(end_ms)}`,
      [left, end, ...others],
      deadlineMark(),
    ),
    h(
      'p',
      { class: 'soft' },
      `0 to ${seconds(whole / MARGIN)} · deadline ${seconds(deadline_ms)}${late ? ', the line' : ''}`,
      budget_usd === null ? '' : ` · spent $${(spent / 1e6).toFixed(4)} of $${(budget_usd / 1e6).toFixed(4)}`,
    ),
  );

  function deadlineMark(): HTMLElement | null {
    return late ? at(h('span', { class: 'deadline' }), deadline_ms) : null;
  }
}

/** The lanes of these, in the order in which they began. */
const inTime = (of: readonly { at: number }[], lanes: readonly HTMLElement[]): HTMLElement[] =>
  of
    .map(({ at }, i) => ({ at, lane: lanes[i] }))
    .sort((a, b) => a.at - b.at)
    .flatMap(({ lane: one }) => one ?? []);

const classOf = ({ failure }: Call) => (failure === null ? 'good' : 'bad');

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

type Place = (element: HTMLElement, from: number, to?: number) => HTMLElement;

const marked = ({ check, reason }: Cell, at: Place, when: number) =>
  at(h('span', { class: 'mark', title: `${check}: ${reason}` }, '▼'), when);

const lane = (name: string, words: string, things: (HTMLElement | null | false)[], deadline: HTMLElement | null) =>
  h(
    'div',
    { class: 'lane' },
    h('b', {}, name),
    h('div', { class: 'track', 'aria-hidden': 'true' }, deadline, ...things),
    h('span', {}, words),
  );
