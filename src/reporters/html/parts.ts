import { entryOf } from '../../core/once.ts';
import type { JudgedDrill, RunReport } from '../../core/report.ts';
import type { Detail, Row, Word } from '../../page/data.ts';
import { SIGNS, wordOf } from '../../page/words.ts';
import { count, seconds } from '../../text/words.ts';
import { cutShort, scoreWords, secondsOr, withPaste } from '../words.ts';
import type { Cause } from './causes.ts';
import { Html, html, joined } from './escape.ts';
import { type Figures, quantile } from './figures.ts';

/** Where an ask is found in the page, in its address too. */
export const linkTo = (id: string): string => `#${id}`;

export function header(run: Omit<RunReport, 'drills'>, name: string, lead: string): Html {
  const { target, seed, time, mode, about } = run;
  const facts = [
    scoreWords(run),
    `seed ${seed}`,
    `${time} time`,
    `${mode} replies`,
    cutShort(run) ?? run.status,
    about.started_at.replace('T', ' ').slice(0, 16),
    `run ${about.id}`,
  ];
  return html`<header><a class="skip" href="#tasks">To the tasks</a><p class="brand">failover drill</p>
<h1><span class="verdict ${run.verdict}">${SIGNS[run.verdict]} ${wordOf(run.verdict)}</span> ${name} <span class="on">on ${target.name}</span></h1>
<p class="lead">${lead}</p>
<p class="facts">${facts.filter((fact) => fact !== undefined).join(' · ')}</p>
<p class="paste"><code>${run.reproduce}</code></p></header>`;
}

/** The counters are filters, by their addresses. */
export function counters(counts: Readonly<Record<Word, number>>): Html {
  const words = (Object.keys(SIGNS) as Word[]).filter((word) => word !== 'not_applicable' || counts[word] > 0);
  return html`<nav aria-label="Tasks by verdict"><ul class="counters">${words.map(
    (word) =>
      html`<li><a class="${counts[word] === 0 ? 'none' : word}" href="#q=verdict:${word}"><b>${SIGNS[word]} ${counts[word]}</b> ${wordOf(word)}</a></li>`,
  )}</ul></nav>`;
}

// --- findings -----------------------------------------------------------------

const MOST_CAUSES = 8;

export function findings(causes: readonly Cause[], open: number): Html {
  if (causes.length === 0)
    return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2><p>Nothing failed${open === 0 ? '' : ', as far as it was judged'}.</p></section>`;
  const more = causes.slice(MOST_CAUSES);
  return html`<section aria-labelledby="findings"><h2 id="findings">Findings</h2>
${causes.slice(0, MOST_CAUSES).map(causeCard)}${
  more.length === 0
    ? ''
    : html`<details><summary>${count(more.length, 'more cause')}</summary>${more.map(causeCard)}</details>`
}</section>`;
}

function causeCard(cause: Cause): Html {
  const { drill, faults, failed, of, checks, endings, look, first } = cause;
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
  }${advice.length === 0 ? '' : html`<dt>What to change</dt><dd>${advice.slice(0, 3).map((text) => html`<p>${coded(text)}</p>`)}</dd>`}</dl>
${look === undefined ? '' : html`<p><a class="look" href="${linkTo(look.id)}">Look at ${look.task}</a></p>`}</article>`;
}

/** What stands between backquotes is code. */
const coded = (text: string): Html =>
  joined(text.split(/`([^`]+)`/).map((part, i) => (i % 2 === 0 ? html`${part}` : html`<code>${part}</code>`)));

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

/** What kept drills from being decided, and what was taken for granted; what does not apply is no news. */
export function open(
  drills: readonly Pick<JudgedDrill, 'name' | 'reasons' | 'verdict'>[],
  notes: readonly string[],
): Html {
  const lines = (idle: boolean) => [...reasonsOf(drills, idle).values()].map(reasonLine);
  const [undecided, idle] = [lines(false), lines(true)];
  if (undecided.length + idle.length + notes.length === 0) return html``;
  const alone = undecided.length + notes.length === 0 ? new Html(' open') : '';
  return html`<section aria-labelledby="open"><h2 id="open">Not judged, and noted</h2><ul class="plain">${undecided}${notes.map((text) => html`<li>${text}</li>`)}</ul>${
    idle.length === 0
      ? ''
      : html`<details${alone}><summary>What does not apply to this target</summary><ul class="plain">${idle}</ul></details>`
  }</section>`;
}

interface Reason {
  reason: string;
  fix: string;
  drills: string[];
}

/** Each reason once, with all drills it is said of. */
function reasonsOf(drills: Parameters<typeof open>[0], idle: boolean): Map<string, Reason> {
  const reasons = new Map<string, Reason>();
  for (const { name, reasons: some } of drills.filter(({ verdict }) => (verdict === 'not_applicable') === idle))
    for (const { reason, fix } of some) entryOf(reasons, reason, () => ({ reason, fix, drills: [] })).drills.push(name);
  return reasons;
}

function reasonLine({ reason, fix, drills }: Reason): Html {
  const [says, paste] = withPaste(fix);
  const more = drills.length > 3 ? ` and ${count(drills.length - 3, 'more drill')}` : '';
  const code = paste === undefined ? '' : html` <code>${paste}</code>`;
  return html`<li><b>${drills.slice(0, 3).join(', ')}${more}</b>: ${reason} <span class="fix">${says}${code}</span></li>`;
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

/** So many lines are there at once, the others behind a click. */
const FOLDED = 12;

export function matrix(bands: readonly Band[]): Html {
  const bad = ({ cells }: Band) => Number(cells.some(({ verdict }) => verdict === 'failed'));
  const rows = bands.toSorted((a, b) => bad(b) - bad(a)).map(bandRow);
  const more =
    rows.length > FOLDED
      ? html`<details><summary>${count(rows.length - FOLDED, 'more phase')}</summary>${rows.slice(FOLDED)}</details>`
      : '';
  if (rows.length === 0) return html``;
  return html`<section aria-labelledby="matrix"><h2 id="matrix">Faults × tasks</h2>${rows.slice(0, FOLDED)}${more}</section>`;
}

const bandRow = ({ drill, phase, faults, cells, others }: Band): Html =>
  html`<div class="band"><p><b>${faults}</b><br><span class="soft">${drill} · ${phase}</span></p><ul>${cells.map(
    ({ id, task, verdict, what }) =>
      html`<li><a class="${verdict}" href="${linkTo(id)}" title="${task}: ${what}" aria-label="${task}: ${wordOf(verdict)}">${SIGNS[verdict]}</a></li>`,
  )}${others === 0 ? '' : html`<li class="others">and ${others} more</li>`}</ul></div>`;

/** A table in which everything wide has room of its own. */
export function table(id: string, title: string, head: readonly string[], rows: readonly Html[]): Html {
  const whole = (some: readonly Html[], label: string) =>
    html`<div class="wide" tabindex="0" role="region" aria-label="${label}"><table><thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead><tbody>${some}</tbody></table></div>`;
  if (rows.length === 0) return html``;
  const rest = rows.slice(FOLDED);
  const more =
    rest.length === 0
      ? ''
      : html`<details><summary>${rest.length} more</summary>${whole(rest, `${title}, the others`)}</details>`;
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${whole(rows.slice(0, FOLDED), title)}${more}</section>`;
}

const money = (usd: number) => `$${usd.toFixed(4)}`;
const times = (a: number | null, b: number | null) =>
  a === null || b === null || b === 0 ? '' : ` (${(a / b).toFixed(1)} ×)`;

export function figures(phases: readonly Figures[]): Html {
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
  const head = ['phase', 'asks', 'median', '95 %', 'slowest', 'with and without faults', 'median without', 'cost'];
  return table('figures', 'Latency and cost against the baseline', head, phases.map(row));
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
  const head = ['fault', 'role', 'workflow', 'fired', 'tasks spared', 'tasks failed'];
  return table('coverage', 'What was broken', head, all.map(row));
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
