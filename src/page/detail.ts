import type { Cell, Detail, DrillData, Row } from './data.ts';
import { copying, h } from './dom.ts';
import { sideBySide } from './said.ts';
import type { Store } from './store.ts';
import { callWords, timeline } from './timeline.ts';
import { seconds, usd, wordOf } from './words.ts';

/** Everything about one ask. */
export async function detailFor(row: Row, drill: DrillData, store: Store): Promise<HTMLElement[]> {
  const detail = await store.detail(row.detail);
  const plain = row.plain === null ? undefined : await store.detail(row.plain);
  const failed = detail.checks.filter(({ verdict }) => verdict === 'failed');
  return [
    h(
      'p',
      { class: 'actions' },
      copying('Copy replay line', 'the line that runs it again', () => drill.reproduce),
      copying('Copy as Markdown', 'the task as Markdown', () => markdownOf(row, drill, detail)),
      copying('Copy link', 'the address of this task', () => location.href),
    ),
    ...failed.map((cell) => findingOf(cell, drill)),
    h('h3', {}, 'What happened'),
    timeline(detail),
    h('h3', {}, 'What the user got'),
    h(
      'div',
      { class: 'sides' },
      gotOf('with the fault', row.ms, row.usd, detail),
      plain !== undefined && gotOf('without faults', row.plain_ms, row.plain_usd, plain),
    ),
    h('h3', {}, 'What the models got and said'),
    sideBySide(detail, plain, store),
    h('details', {}, h('summary', {}, `All ${detail.checks.length} checks`), checksTable(detail.checks)),
  ];
}

const findingOf = ({ check, severity, reason }: Cell, { advice }: DrillData) =>
  h(
    'div',
    { class: `finding ${severity}` },
    h('p', {}, h('span', { class: `severity ${severity}` }, severity), ' ', h('b', {}, check), `: ${reason}`),
    advice[check] !== undefined && h('p', { class: 'fix' }, `To change: ${advice[check]}`),
  );

const gotOf = (name: string, ms: number | null, cost: number | null, { got }: Detail) =>
  h(
    'div',
    { class: 'side' },
    h('h4', {}, `${name}: ${ms === null ? 'never' : seconds(ms)}, ${usd(cost)}`),
    h('dl', {}, ...got.flatMap(([key, text]) => [h('dt', {}, key), h('dd', {}, text)])),
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
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  return [
    `**${plainText(row.task)}** (${plainText(drill.name)}, ${plainText(row.phase)}): ${wordOf(row.verdict)}, ${plainText(row.what)}`,
    '',
    ...failed.flatMap(({ check, severity, reason }) => [
      `- ${severity}, ${plainText(check)}: ${plainText(reason)}`,
      ...(drill.advice[check] === undefined ? [] : [`  - to change: ${plainText(drill.advice[check])}`]),
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
