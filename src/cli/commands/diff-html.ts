import type { ChangedDrill, ComparedRun, Comparison } from '../../core/comparison.ts';
import type { TaskReport } from '../../core/report.ts';
import { fell } from '../../judge/compare.ts';
import { SIGNS, wordOf } from '../../page/words.ts';
import { groupedBy } from '../../reporters/digest.ts';
import { saidTo } from '../../reporters/html/causes.ts';
import { type Html, html } from '../../reporters/html/escape.ts';
import { documentHead, pageFiles } from '../../reporters/html/page-files.ts';
import { table } from '../../reporters/html/parts.ts';
import { clean, cut, howItWent, secondsOr, whatHappened } from '../../reporters/words.ts';
import { count, usd } from '../../text/words.ts';
import { type Change, KINDS, type Kind, type Place, placesOf, type Runs, type Side } from './diff-places.ts';
import {
  capital,
  changeWords,
  costWords,
  differenceWords,
  isSame,
  kindWords,
  latencyWords,
  noiseWords,
  sideWords,
  summaryWords,
} from './diff-words.ts';

/** So many places are on the page; --json has them all. */
const MOST = 500;
const MOST_CALLS = 8;
const LONGEST = 300;

/** Each kind in words, and in the colour of a verdict. */
const SHOWN: Record<Kind, [words: string, colour: string]> = {
  broke: ['broke', 'failed'],
  unjudged: ['no longer judged', 'inconclusive'],
  verdicts: ['other verdicts', 'inconclusive'],
  slower: ['slower', 'inconclusive'],
  dearer: ['dearer', 'inconclusive'],
  healed: ['healed', 'passed'],
  faster: ['faster', 'passed'],
  cheaper: ['cheaper', 'passed'],
};

/** A comparison as one page for a browser: no script, its filters are addresses. */
export function diffHtml(comparison: Comparison, runs: Runs): string {
  const { style } = pageFiles();
  const top = [header(comparison), grounds(comparison), changed(comparison, runs), drillTable(comparison)];
  const title = `${comparison.worse ? SIGNS.failed : SIGNS.passed} ${nameOf(comparison)}: two runs compared`;
  return `${documentHead(title, { style })}${html`<main>${top}</main>`.text}</body></html>\n`;
}

const short = (text: string): string => cut(clean(text), LONGEST);
const nameOf = ({ drills: [one, ...more] }: Comparison): string =>
  one === undefined || more.length > 0 ? count(more.length + 1, 'drill') : short(one.drill);

function header(comparison: Comparison): Html {
  const { worse, before, now } = comparison;
  const verdict = worse ? 'failed' : 'passed';
  return html`<header><p class="brand">failover drill · two runs compared</p>
<h1><span class="verdict ${verdict}">${SIGNS[verdict]} ${worse ? 'worse' : 'nothing is worse'}</span> ${nameOf(comparison)} <span class="on">on ${short(now.target)}</span></h1>
<p class="lead">${capital(kindWords(comparison))}.</p>
<p>${capital(summaryWords(comparison))}.</p></header>
<div class="sides">${runCard('Before', before)}${runCard('Now', now)}</div>`;
}

const runCard = (title: string, { run, status, target, seed, started_at, unfinished, ...side }: ComparedRun): Html =>
  html`<section class="side"><h2>${title}</h2><p><b>${short(run)}</b></p><p>${sideWords(side)}</p><p class="facts">${[
    short(target),
    `seed ${seed}`,
    status,
    started_at.replace('T', ' ').slice(0, 16),
    ...unfinished.map((name) => `${short(name)} unfinished`),
  ].join(' · ')}</p><p class="paste"><code>${short(side.reproduce)}</code></p></section>`;

/** Whether one can be held against the other, and why not. */
function grounds(comparison: Comparison): Html {
  const { kind, differs, only_before, only_now } = comparison;
  const [says = '', why = ''] = kindWords(comparison).split(': ');
  const lines = [
    ...differs.map(differenceWords),
    ...only_before.map((name) => `only before: ${name}; nothing is said of it`),
    ...only_now.map((name) => `only now: ${name}; nothing is said of it`),
  ];
  return html`<section aria-labelledby="grounds"><h2 id="grounds">What the comparison rests on</h2><div class="cause ${kind === 'comparable' ? '' : 'major'}"><h3>${says}</h3><p>${why}</p>${
    lines.length === 0 ? '' : html`<ul class="plain">${lines.map((text) => html`<li>${short(text)}</li>`)}</ul>`
  }<p class="soft">${noiseWords(comparison)}</p></div></section>`;
}

function changed(comparison: Comparison, runs: Runs): Html {
  const places = placesOf(comparison, runs);
  if (places.length === 0)
    return html`<section aria-labelledby="changes"><h2 id="changes">What changed</h2><p>Nothing.</p></section>`;
  const kinds = KINDS.filter((kind) => comparison[kind].length > 0);
  const filter = (kind: Kind) =>
    html`<li><a class="${SHOWN[kind][1]}" href="#${kind}"><b>${comparison[kind].length}</b> ${SHOWN[kind][0]}</a></li>`;
  const only = (kind: Kind) => {
    const where = places.filter(({ changes }) => changes.some((one) => one.kind === kind)).length;
    return html`<p class="kind" id="${kind}">Only ${SHOWN[kind][0]}: ${comparison[kind].length}, in ${count(where, 'place')}. <a href="#changes">Show all</a></p>`;
  };
  const more = places.length - MOST;
  return html`<section aria-labelledby="changes"><h2 id="changes">What changed</h2>
<nav aria-label="Changes by kind"><ul class="counters"><li><a href="#changes">all</a></li>${kinds.map(filter)}</ul></nav>
${kinds.map(only)}<ol class="rows">${places.slice(0, MOST).map((place, i) => placeRow(place, i, comparison.drills))}</ol>${
    more > 0 ? html`<p>And ${count(more, 'more place')}: --json has them all.</p>` : ''
  }</section>`;
}

/** So many are open from the start, as far as something broke there. */
const OPEN = 3;

function placeRow(place: Place, i: number, all: Comparison['drills']): Html {
  const { drill, phase, task, changes } = place;
  const kinds = [...new Set(changes.map(({ kind }) => kind))];
  const [first] = changes;
  const open = i < OPEN && first?.kind === 'broke';
  const start = open ? html`<details class="row" open>` : html`<details class="row">`;
  return html`<li class="${kinds.join(' ')}">${start}<summary>${first === undefined ? '' : html`<span class="verdict ${colourOf(first)}">${labelOf(first)}</span>`} <b class="task">${short(task ?? 'the drill as a whole')}</b> <span class="phase">${[drill, phase ?? []].flat().map(short).join(' · ')}</span> <span class="what">${inShort(changes)}</span></summary><div class="detail">${changes.map(changeLine)}${sidesOf(place, all)}</div></details></li>`;
}

function sidesOf({ sides, drill, task }: Place, drills: Comparison['drills']): Html {
  const whole = drills.find((one) => task === undefined && one.drill === drill);
  if (whole !== undefined) return cards(drillFacts(whole.before), drillFacts(whole.now));
  if (sides === undefined) return html``;
  const which = sides.of === 1 ? '' : html`<p class="soft">Ask ${sides.number} of ${sides.of}:</p>`;
  const [before, now] = [askFacts(sides.before), askFacts(sides.now)];
  return html`${which}${cards(factList(before, now), factList(now, before))}`;
}

const colourOf = (change: Change): string => {
  if (change.kind !== 'verdicts') return SHOWN[change.kind][1];
  const { before, now, baseline } = change.one;
  return fell(before, now) || baseline !== undefined ? 'failed' : 'passed';
};
const labelOf = ({ kind }: Change): string => (kind === 'verdicts' ? 'other verdict' : SHOWN[kind][0]);

/** `cites-sources; dearer: $0.0001 → $0.0016`: the first kind stands before it already. */
function inShort(changes: readonly Change[]): string {
  const kinds = groupedBy(changes, labelOf);
  const said = [...kinds].map(([label, all], i) => {
    const words = all.map((change) => ('check' in change.one ? change.one.check : wordsOf(change))).join(', ');
    return i === 0 ? words : `${label}: ${words}`;
  });
  return short(said.join('; '));
}

function wordsOf({ kind, one }: Change): string {
  switch (kind) {
    case 'verdicts':
      return changeWords(one);
    case 'slower':
    case 'faster':
      return latencyWords(one);
    case 'dearer':
    case 'cheaper':
      return costWords(one);
    default:
      return one.task === undefined ? 'the whole drill' : `${count(one.now, 'ask')}, ${one.before} before`;
  }
}

function changeLine(change: Change): Html {
  const start = html`<p class="change"><b class="${colourOf(change)}">${labelOf(change)}</b> `;
  if (!('check' in change.one)) return html`${start}${wordsOf(change)}</p>`;
  const { check, severity, reason } = change.one;
  return html`${start}<span class="severity ${severity}">${severity}</span> <b>${short(check)}</b>, ${wordsOf(change)}: ${short(reason)}</p>`;
}

const cards = (before: Html, now: Html): Html =>
  html`<div class="sides"><section class="side"><h3>Before</h3>${before}</section><section class="side"><h3>Now</h3>${now}</section></div>`;

const askFacts = ({ ask, drill }: Side): Record<string, Html> => ({
  verdict: html`<span class="verdict ${ask.verdict}">${SIGNS[ask.verdict]} ${wordOf(ask.verdict)}</span>`,
  outcome: html`${wordOf(ask.outcome.kind)}${withPath(whatHappened(ask, drill))}`,
  'user got': html`${saidTo(ask)}`,
  cites: html`${ask.outcome.kind === 'hung' ? 'nothing' : short(ask.outcome.citations?.join(', ') || 'nothing')}`,
  calls: html`${callLines(ask)}`,
  latency: html`${secondsOr(ask.latency_ms)}`,
  cost: html`${usd(ask.cost_usd)}`,
});

/** What is another on the other side is marked. */
const factList = (facts: Record<string, Html>, others: Record<string, Html>): Html =>
  html`<dl class="pairs">${Object.entries(facts).map(
    ([name, fact]) =>
      html`<dt>${name}</dt><dd>${fact.text === others[name]?.text ? fact : html`<ins>${fact}</ins>`}</dd>`,
  )}</dl>`;

const drillFacts = (side: ChangedDrill['now']): Html =>
  html`<p><span class="verdict ${side.verdict}">${SIGNS[side.verdict]} ${sideWords(side)}</span></p>`;

const withPath = (path: string): string => (path === '' ? '' : ` (${short(path)})`);

function callLines({ calls }: TaskReport): Html | readonly Html[] {
  if (calls.length === 0) return html`none`;
  const lines = calls.slice(0, MOST_CALLS).map((call) => {
    const by = call.fault === null ? '' : `, by the fault ${call.fault}`;
    const how = `${howItWent(call)} (${call.ms === null ? 'never ended' : secondsOr(call.ms)})${by}`;
    return html`<p>${short(`${call.role} (${call.model}): ${how}`)}</p>`;
  });
  return calls.length > MOST_CALLS ? [...lines, html`<p>and ${calls.length - MOST_CALLS} more</p>`] : lines;
}

function drillTable({ drills: all }: Comparison): Html {
  const rows = all
    .filter((one) => !isSame(one))
    .map(
      ({ drill, before, now }) =>
        html`<tr><th scope="row">${short(drill)}</th><td class="${before.verdict}">${sideWords(before)}</td><td class="${now.verdict}">${sideWords(now)}</td></tr>`,
    );
  return table('drills', 'Drills with another verdict or score', ['drill', 'before', 'now'], rows);
}
