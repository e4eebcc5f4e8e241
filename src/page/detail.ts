import type { Cell, Detail, DrillData, Row } from './data.ts';
import { copying, h } from './dom.ts';
import { differing, sideBySide } from './said.ts';
import type { Store } from './store.ts';
import { callWords, failedOf, timeline } from './timeline.ts';
import { seconds, usd, wordOf } from './words.ts';

/** Everything about one ask. */
export async function detailFor(row: Row, drill: DrillData, store: Store): Promise<HTMLElement[]> {
  const detail = await store.detail(row.detail);
  const plain = row.plain === null ? undefined : await store.detail(row.plain);
  return [
    h(
      'p',
      { class: 'actions' },
      copying('Copy replay line', 'the line that runs it again', () => drill.reproduce),
      copying('Copy as Markdown', 'the task as Markdown', () => markdownOf(row, drill, detail)),
      copying('Copy link', 'the address of this task', () => location.href),
    ),
    ...findingsOf(detail, drill),
    h('h3', {}, 'What happened'),
    timeline(detail),
    h('h3', {}, 'What the user got'),
    h(
      'div',
      { class: 'sides' },
      gotOf('with the fault', tookOf(row, row.ms), row.usd, detail, plain),
      plain !== undefined && gotOf('without faults', tookOf(row, row.plain_ms), row.plain_usd, plain, detail),
    ),
    h('h3', {}, 'What the models got and said'),
    sideBySide(detail, plain, store),
    h('details', {}, h('summary', {}, `All ${detail.checks.length} checks`), checksTable(detail.checks)),
  ];
}

/** Each finding with its number in the timeline, and each advice once. */
const findingsOf = (detail: Detail, drill: DrillData): HTMLElement[] =>
  adviceOf(failedOf(detail), drill).map(([{ check, severity, reason, whole }, advice], i) =>
    h(
      'div',
      { class: `finding ${severity}` },
      h(
        'p',
        {},
        h('span', { class: 'mark' }, i + 1),
        ' ',
        h('span', { class: `severity ${severity}` }, severity),
        ' ',
        h('b', {}, check),
        `${whole ? ', the drill as a whole' : ''}: ${reason}`,
      ),
      advice !== undefined && h('p', { class: 'fix' }, 'To change: ', ...coded(advice)),
    ),
  );

/** What stands between backquotes is code. */
const coded = (text: string): (HTMLElement | string)[] =>
  text.split(/`([^`]+)`/).map((part, i) => (i % 2 === 0 ? part : h('code', {}, part)));

const adviceOf = (failed: readonly Cell[], { advice }: DrillData): [Cell, string | undefined][] =>
  failed.map((cell, i) => {
    const text = advice[cell.check];
    const said = failed.slice(0, i).some(({ check }) => advice[check] === text);
    return [cell, said ? undefined : text];
  });

/** What was under way when its run was broken off may have ended yet. */
const tookOf = ({ outcome }: Row, ms: number | null): string =>
  ms === null ? (outcome === 'under way' ? 'not yet' : 'never') : seconds(ms);

/** Words that the other side says otherwise are marked. */
const gotOf = (name: string, took: string, cost: number | null, { got }: Detail, other: Detail | undefined) =>
  h(
    'div',
    { class: 'side' },
    h('h4', {}, `${name}: ${took}, ${usd(cost)}`),
    h(
      'dl',
      {},
      ...got.flatMap(([key, text]) => {
        const theirs = other?.got.find(([one]) => one === key)?.[1];
        return [h('dt', {}, key), h('dd', {}, ...differing(text, theirs ?? text))];
      }),
    ),
  );

const checksTable = (checks: readonly Cell[]) =>
  h(
    'div',
    { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'All checks' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h('tr', {}, ...['check', 'severity', 'verdict', 'reason'].map((text) => h('th', { scope: 'col' }, text))),
      ),
      h(
        'tbody',
        {},
        ...checks.map(({ check, severity, verdict, reason }) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, check),
            h('td', {}, severity),
            h('td', { class: verdict }, wordOf(verdict)),
            h('td', {}, reason),
          ),
        ),
      ),
    ),
  );

/** For an issue or a chat: what stands there is text in Markdown as well. */
export function markdownOf(row: Row, drill: DrillData, { calls, checks, got }: Detail): string {
  return [
    `**${plainText(row.task)}** (${plainText(drill.name)}, ${plainText(row.phase)}): ${wordOf(row.verdict)}, ${plainText(row.what)}`,
    '',
    ...adviceOf(failedOf({ checks }), drill).flatMap(([{ check, severity, reason }, advice]) => [
      `- ${severity}, ${plainText(check)}: ${plainText(reason)}`,
      ...(advice === undefined ? [] : [`  - to change: ${plainText(advice)}`]),
    ]),
    ...calls.map(
      (call) =>
        `- ${plainText(call.role)} ${call.attempt} (${plainText(call.model)}), ${seconds(call.at)}: ${plainText(callWords(call))}`,
    ),
    ...got
      .filter(([key]) => ['answer', 'notice', 'error', 'nothing'].includes(key))
      .map(([key, text]) => `- ${key}: ${plainText(text)}`),
    '',
    `Replay: ${codeOf(drill.reproduce)}`,
  ].join('\n');
}

const plainText = (text: string) => text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>()#+!|~@&-]/g, '\\$&');

/** Fenced by more backquotes than it holds. */
function codeOf(text: string): string {
  const fence = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  return `${fence} ${text.replace(/\s+/g, ' ')} ${fence}`;
}
