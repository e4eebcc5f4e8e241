import type { JudgedDrill, RunReport } from '../../core/report.ts';
import type { Detail, Row, Word } from '../../page/data.ts';
import { count, seconds } from '../../text/words.ts';
import { scoreWords, secondsOr, withPaste } from '../words.ts';
import type { Cause } from './causes.ts';
import { type Html, html, joined } from './escape.ts';
import { type Figures, quantile } from './figures.ts';

/** A verdict is said by a sign, a colour and a word. */
export const SIGNS: Record<Word, string> = { failed: '✕', inconclusive: '?', passed: '✓', not_applicable: '–' };
export const wordOf = (verdict: string): string => verdict.replaceAll('_', ' ');

/** Where an ask is found in the page, in its address too. */
export const linkTo = (id: string): string => `#${id}`;

export function header(run: Omit<RunReport, 'drills'>, name: string, lead: string): Html {
  const { target, seed, time, mode, status, about } = run;
  const facts = [
    scoreWords(run),
    `seed ${seed}`,
    `${time} time`,
    `${mode} replies`,
    status,
    about.started_at.replace('T', ' ').slice(0, 16),
    `run ${about.id}`,
  ];
  return html`<header><p class="brand">failover drill</p>
<h1><span class="verdict ${run.verdict}">${SIGNS[run.verdict]} ${wordOf(run.verdict)}</span> ${name} <span class="on">on ${target.name}</span></h1>
<p class="lead">${lead}</p>
<p class="facts">${facts.filter((fact) => fact !== undefined).join(' · ')}</p>
<p class="paste"><code>${run.reproduce}</code></p></header>`;
}

/** The counters are filters, by their addresses. */
export function counters(counts: Readonly<Record<Word, number>>): Html {
  const words = Object.keys(SIGNS) as Word[];
  return html`<nav aria-label="Tasks by verdict"><ul class="counters">${words.map(
    (word) =>
      html`<li><a class="${word}" href="#q=verdict:${word}"><b>${SIGNS[word]} ${counts[word]}</b> ${wordOf(word)}</a></li>`,
  )}</ul></nav>`;
}

// --- findings -----------------------------------------------------------------

const MOST_CAUSES = 8;

export function findings(causes: readonly Cause[]): Html {
  if (causes.length === 0)
    return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2><p>Nothing failed.</p></section>`;
  const more = causes.slice(MOST_CAUSES);
  return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
${causes.slice(0, MOST_CAUSES).map(causeCard)}${
  more.length === 0
    ? ''
    : html`<details><summary>${count(more.length, 'more cause')}</summary>${more.map(causeCard)}</details>`
}</section>`;
}

function causeCard(cause: Cause): Html {
  const { drill, faults, failed, of, checks, endings, first } = cause;
  const [worst] = checks.values();
  const many = failed === 0 ? '' : ` · ${failed} of ${count(of, 'task')} failed`;
  const advice = [...new Set([...checks.values()].flatMap(({ advice: text }) => text ?? []))];
  return html`<article class="cause ${worst?.severity}"><h3>${faults}</h3><p class="where">${[drill, ...cause.phases].join(' · ')}${many}</p>
<dl>${
    first === undefined
      ? ''
      : html`<dt>What users got</dt><dd>${mostOften(endings)}<span class="quote">${first.told}</span></dd>`
  }<dt>Why</dt><dd>${[...checks].slice(0, 4).map(checkLine)}${checks.size > 4 ? html`<p>and ${count(checks.size - 4, 'more check')}</p>` : ''}</dd>${
    first === undefined
      ? ''
      : html`<dt>Which call</dt><dd>${first.call}</dd><dt>What the backup got</dt><dd>${first.backup}</dd>`
  }${advice.length === 0 ? '' : html`<dt>What to change</dt><dd>${advice.slice(0, 3).map((text) => html`<p>${text}</p>`)}</dd>`}</dl>
${first === undefined ? '' : html`<p><a class="look" href="${linkTo(first.id)}">Look at ${first.task}</a></p>`}</article>`;
}

function mostOften(endings: ReadonlyMap<string, number>): Html {
  const sorted = [...endings].toSorted((a, b) => b[1] - a[1]);
  const more = sorted.length > 3 ? html`<li>and ${sorted.length - 3} other endings</li>` : '';
  return html`<ul>${sorted.slice(0, 3).map(([what, times]) => html`<li>${times} × ${what}</li>`)}${more}</ul>`;
}

const checkLine = ([check, { severity, reason, times }]: [
  string,
  { severity: string; reason: string; times: number },
]): Html =>
  html`<p><span class="severity ${severity}">${severity}</span> <b>${check}</b>${times > 1 ? ` × ${times}` : ''}: ${reason}</p>`;

/** What kept drills from being decided, and what was taken for granted. */
export function open(
  drills: readonly Pick<JudgedDrill, 'name' | 'reasons' | 'verdict'>[],
  notes: readonly string[],
): Html {
  const reasons = drills.flatMap(({ name, reasons: some }) => some.map((one) => ({ name, ...one })));
  if (reasons.length === 0 && notes.length === 0) return html``;
  const line = ({ name, reason, fix }: (typeof reasons)[number]) => {
    const [says, paste] = withPaste(fix);
    return html`<li><b>${name}</b>: ${reason} <span class="fix">${says}${paste === undefined ? '' : html` <code>${paste}</code>`}</span></li>`;
  };
  return html`<section aria-labelledby="open"><h2 id="open">Not judged, and noted</h2><ul class="plain">${reasons.slice(0, 40).map(line)}${
    reasons.length > 40 ? html`<li>and ${reasons.length - 40} more</li>` : ''
  }${notes.map((text) => html`<li>${text}</li>`)}</ul></section>`;
}

// --- the whole at a glance ------------------------------------------------------

/** The asks of a phase, as squares. */
export interface Band {
  drill: string;
  phase: string;
  faults: string;
  cells: { id: string; task: string; verdict: Word; what: string }[];
  /** More of them, of which nothing is to be told. */
  others: number;
}

export function matrix(bands: readonly Band[], more: number): Html {
  return html`<section aria-labelledby="matrix"><h2 id="matrix">Faults × tasks</h2>
<div class="matrix">${bands.map(bandRow)}</div>${more === 0 ? '' : html`<p>and ${count(more, 'more phase')}</p>`}</section>`;
}

const bandRow = ({ drill, phase, faults, cells, others }: Band): Html =>
  html`<div class="band"><p><b>${faults}</b><br>${drill} · ${phase}</p><ul>${cells.map(
    ({ id, task, verdict, what }) =>
      html`<li><a class="${verdict}" href="${linkTo(id)}" title="${task}: ${what}" aria-label="${task}: ${wordOf(verdict)}">${SIGNS[verdict]}</a></li>`,
  )}${others === 0 ? '' : html`<li class="others">and ${others} more</li>`}</ul></div>`;

const money = (usd: number) => `$${usd.toFixed(4)}`;
const times = (a: number | null, b: number | null) =>
  a === null || b === null || b === 0 ? '' : ` (${(a / b).toFixed(1)} ×)`;

export function figures(phases: readonly Figures[], more: number): Html {
  const most = Math.max(1, ...phases.map(({ ms }) => quantile(ms, 1) ?? 0));
  const row = ({ drill, phase, faults, ms, plain_ms, unanswered, usd, plain_usd, unpriced }: Figures) => {
    const [half, plain, high, last] = [quantile(ms, 0.5), quantile(plain_ms, 0.5), quantile(ms, 0.95), quantile(ms, 1)];
    const bar = (value: number | null) => ((100 * (value ?? 0)) / most).toFixed(1);
    return html`<tr><th scope="row">${drill} · ${phase}<br><span class="soft">${faults}</span></th><td>${ms.length + unanswered}${
      unanswered > 0 ? html`<br><span class="soft">${unanswered} never</span>` : ''
    }</td><td>${secondsOr(half)}${times(half, plain)}</td><td>${secondsOr(high)}</td><td>${secondsOr(last)}</td><td class="bars"><svg viewBox="0 0 100 14" preserveAspectRatio="none" role="img" aria-label="median ${secondsOr(half)}, without faults ${secondsOr(plain)}"><rect class="late" x="0" y="1" width="${bar(last)}" height="5"></rect><rect class="mid" x="0" y="1" width="${bar(half)}" height="5"></rect><rect class="base" x="0" y="8" width="${bar(plain)}" height="5"></rect></svg></td><td>${secondsOr(plain)}</td><td>${
      unpriced === ms.length + unanswered ? '–' : html`${money(usd)}${times(usd, plain_usd)}`
    }</td></tr>`;
  };
  return html`<section aria-labelledby="figures"><h2 id="figures">Latency and cost against the baseline</h2><div class="wide" tabindex="0" role="region" aria-label="Latency and cost by phase"><table><thead><tr><th scope="col">phase</th><th scope="col">asks</th><th scope="col">median</th><th scope="col">95 %</th><th scope="col">slowest</th><th scope="col">with and without faults</th><th scope="col">median without</th><th scope="col">cost</th></tr></thead><tbody>${phases.map(row)}</tbody></table></div>${more === 0 ? '' : html`<p>and ${count(more, 'more phase')}</p>`}</section>`;
}

export interface Covered {
  fault: string;
  role: string;
  workflow: string;
  fired: number;
  spared: number;
  failed: number;
  asks: number;
}

export function coverage(all: readonly Covered[]): Html {
  const row = ({ fault, role, workflow, fired, spared, failed, asks }: Covered) =>
    html`<tr><th scope="row">${fault}</th><td>${role}</td><td>${workflow}</td><td>${fired === 0 ? html`<b class="failed">never</b>` : fired}</td><td>${spared}</td><td>${failed} of ${asks}</td></tr>`;
  return html`<section aria-labelledby="coverage"><h2 id="coverage">What was broken</h2><div class="wide" tabindex="0" role="region" aria-label="Faults by role and workflow"><table><thead><tr><th scope="col">fault</th><th scope="col">role</th><th scope="col">workflow</th><th scope="col">fired</th><th scope="col">tasks spared</th><th scope="col">tasks failed</th></tr></thead><tbody>${all.slice(0, 200).map(row)}</tbody></table></div></section>`;
}

// --- rows -------------------------------------------------------------------------

/** A row as it is without scripts: the page's own script makes it of the same parts (`src/page/list.ts`). */
export const rowHtml = (row: Row, drill: string, id: string, detail: Detail): Html =>
  html`<li><details class="row" id="${id}"><summary><span class="verdict ${row.verdict}">${SIGNS[row.verdict]} ${wordOf(row.verdict)}</span> <b class="task">${row.task}</b> <span class="phase">${drill} · ${row.phase}</span> <span class="what">${row.what}</span> <span class="took">${secondsOr(row.ms)}</span></summary><div class="detail">${plainDetail(row, detail)}</div></details></li>`;

function plainDetail(row: Row, detail: Detail): Html {
  const failed = detail.checks.filter(({ verdict }) => verdict === 'failed');
  const got = detail.got.filter(([name]) => ['answer', 'notice', 'error', 'nothing'].includes(name));
  return joined([
    ...failed.map(({ check, severity, reason }) => checkLine([check, { severity, reason, times: 1 }])),
    html`<p>${detail.calls.map(({ role, failure, at, end }) => `${role} ${failure ?? 'replied'} (${end === null ? 'never ended' : seconds(end - at)})`).join(', ') || 'no model call'}</p>`,
    ...(row.verdict === 'passed'
      ? []
      : got.map(([name, text]) => html`<p>${name}: <span class="quote">${text.slice(0, 400)}</span></p>`)),
  ]);
}
