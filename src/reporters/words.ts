import { stripVTControlCharacters } from 'node:util';
import { countUp, once } from '../core/once.ts';
import { noticeText } from '../core/outcome.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import type { JudgedDrill, RunReport, TaskReport } from '../core/report.ts';
import { type ByKind, byKind, type TraceEvent } from '../core/trace.ts';
import { Severity, type VerdictWord } from '../core/verdict.ts';
import { count, seconds } from '../text/words.ts';
import { digestOf } from './digest.ts';

/** Models and targets write some of the text, and a stored run is somebody else's: what could steer a terminal is taken out. */
export const oneLine = (text: string): string =>
  stripVTControlCharacters(text).replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, ' ');

/** The same with single spaces, for what nobody pastes. */
export const clean = (text: string): string => oneLine(text).replace(/\s+/g, ' ').trim();

export const cut = (text: string, width: number): string => {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
};

/** Names, the first few of them. */
export const few = (names: readonly (string | number)[], most = 3): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

/** So much of a text is for programs that show it in a line or two. */
const SHOWN = 2000;

/** A text for other programs, whatever was written: lone surrogates and non-characters are neither XML nor UTF-8. */
export const plain = (text: string): string => cut(clean(text), SHOWN).replace(/[\p{Cs}\ufffe\uffff]/gu, '\ufffd');

/** `2.7 s`, or a dash where nothing was ever answered. */
export const secondsOr = (ms: number | null): string => (ms === null ? '–' : seconds(ms));

/** `passed, 3 texts unread`. */
export const withUnread = (verdict: string, unread: number): string =>
  unread === 0 ? verdict : `${verdict}, ${count(unread, 'text')} unread`;

/** How much of the words of notices was judged. */
export const noticesLine = ({ notices_judged, unread }: { notices_judged: number; unread: number }): string =>
  `notices: ${notices_judged} judged, ${count(unread, 'text')} unread`;

/** What a run came to that is no verdict; undefined where it came to its end. */
export function cutShort({ status, stopped_by }: Pick<RunReport, 'status' | 'stopped_by'>): string | undefined {
  if (status === 'completed') return undefined;
  const by =
    stopped_by === null ? '' : `: ${stopped_by.kind === 'lever' ? '' : `${stopped_by.name}: `}${stopped_by.reason}`;
  return clean(`the run ${status === 'errored' ? 'broke off with an error' : `was ${status}`}${by}`);
}

/** What the models did in one task, and how it ended: `primary timeout → backup`. */
export function whatHappened(task: TaskReport, drill: JudgedDrill): string {
  if (task.outcome.kind === 'hung') return clean(`hung waiting for ${task.outcome.waiting_for}`);
  return clean([whoServed(task, drill), endingOf(task)].filter((part) => part !== '').join(', '));
}

function whoServed(task: TaskReport, drill: JudgedDrill): string {
  const served = task.served_by;
  if (served === null || gaveUpOn(served, task)) return lastOfEach(task);
  if (task.failover === null || served === task.failover.from) return served;
  const { from } = task.failover;
  if (leftAlone(task)) {
    const spared = sparedRoles(task, drill);
    return `${served} (${spared.length > 0 ? `${spared.join(', ')} spared` : `${from} not called`})`;
  }
  const last = task.calls.findLast((call) => call.role === from);
  const reason = (last && failed(last)) ?? task.failover.reason;
  if (reason !== null) return `${from} ${reason} → ${served}`;
  // The wire shows no failure there: a fault spoiled the reply, or the target did not wait for it or trust it.
  return (last?.fault ?? null) === null ? `${from}, then ${served}` : `${from} ${last?.fault} → ${served}`;
}

type Call = TaskReport['calls'][number];

/** What went wrong with a call; null where nothing did. A request that no provider would take has no mode of its own. */
const failed = ({ failure_mode, refused, cut: left }: Call): string | null =>
  left ? 'cut' : failure_mode === 'unknown' && refused !== undefined ? 'refused' : failure_mode;

/** How a call ended, in a word. */
export const howItWent = (call: Call): string => failed(call) ?? (call.ms === null ? 'no answer' : 'replied');

/** Only a part of its work was handed out, because its last call failed. */
function gaveUpOn(served: string, { outcome, calls }: TaskReport): boolean {
  const last = calls.findLast((call) => call.role === served);
  return !isWhole(outcome.kind) && last !== undefined && last.failure_mode !== null;
}

/** The first role of the chain was not even tried. */
const leftAlone = ({ failover, calls }: TaskReport): boolean =>
  failover !== null && failover.reason === null && calls.every((call) => call.role !== failover.from);

/** Whether an ending claims to be a whole answer. */
const isWhole = (kind: TaskReport['outcome']['kind']): boolean => kind !== 'hung' && OUTCOME_KINDS[kind].answers;

function endingOf({ outcome, stored, served_by }: TaskReport): string {
  if (stored) return 'from a stored reply';
  // Who answered without a reply is told to have: of anything else an answer is what is expected.
  if (outcome.kind === 'hung' || (outcome.kind === 'answered' && served_by !== null)) return '';
  // To whom half an answer had been shown, another thing happened than to whom nothing had.
  const after = outcome.shown ? ` after ${count(outcome.shown.trim().split(/\s+/).length, 'word')} were shown` : '';
  if (OUTCOME_KINDS[outcome.kind].lost)
    return `${outcome.kind}${after}${outcome.error === undefined ? '' : ` (${outcome.error})`}`;
  if (served_by === null && OUTCOME_KINDS[outcome.kind].byRule) return 'answered by rule';
  return outcome.kind.replaceAll('_', ' ');
}

/** `primary timeout, backup server_error`: how the last call to each role went. */
function lastOfEach(task: TaskReport): string {
  const last = new Map(task.calls.map((call) => [call.role, howItWent(call)]));
  return [...last].map(([role, how]) => `${role} ${how}`).join(', ') || 'no model call';
}

function sparedRoles(task: TaskReport, drill: JudgedDrill): string[] {
  const armed = drill.faults.filter((fault) => fault.phase === task.phase).map((fault) => fault.role);
  // A fault may be armed on a tool, and a tool is not spared.
  const isRole = (name: string) => digestOf(drill).called.has(name) || task.failover?.from === name;
  return [...new Set(armed)].filter((role) => isRole(role) && task.calls.every((call) => call.role !== role));
}

/** What the user was told; undefined where nothing was. */
export function told(task: TaskReport): string | undefined {
  const text = task.outcome.kind === 'hung' ? '' : clean(noticeText(task.outcome.notice));
  return text === '' ? undefined : `“${text}”`;
}

/** What the user was told, or that nothing was said, and whether anything had to be. */
export const howTold = (task: TaskReport): string =>
  told(task) ?? (offThePath(task) ? 'told nothing' : 'no notice needed');

/** Whether the user got less than a whole answer of the first choice, so that a notice could be due. */
function offThePath({ outcome, failover, served_by, stored }: TaskReport): boolean {
  if (outcome.kind === 'hung' || !isWhole(outcome.kind) || stored || served_by === null) return true;
  return outcome.degraded === true || (failover !== null && served_by !== failover.from);
}

/** `16 tasks · 10 failed over · 3 spared · 3 on primary`. */
export const tally = (drill: JudgedDrill): string =>
  [count(drill.tasks.length, 'task'), ...[...wentOf(drill)].map(([word, n]) => `${n} ${clean(word)}`)].join(' · ');

/** How many tasks went which way, in a word. */
export const wentOf = once((drill: JudgedDrill): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const task of drill.tasks) countUp(counts, oneWord(task));
  return counts;
});

export function oneWord(task: TaskReport): string {
  const { outcome, failover, served_by, stored } = task;
  if (outcome.kind === 'hung' || OUTCOME_KINDS[outcome.kind].lost) return outcome.kind;
  if (!stored && served_by === null && outcome.kind === 'answered') return 'without a model';
  if (stored || served_by === null || gaveUpOn(served_by, task)) return endingOf(task);
  if (failover === null || served_by === failover.from) return `on ${served_by}`;
  if (!leftAlone(task)) return 'failed over';
  return task.spared ? 'spared' : `on ${served_by}`;
}

/** A score as people read it; nothing where nothing was decided. */
export const scoreWords = ({ verdict, score }: { verdict: VerdictWord; score: number | null }): string | undefined =>
  score === null || verdict === 'inconclusive' || verdict === 'not_applicable'
    ? undefined
    : `score ${Math.round(score * 10) / 10}`;

/** Why a drill is open and what to do, a line a reason; nothing where all was decided. */
export function whyOpen({ verdict, reasons }: JudgedDrill): string[] {
  if (reasons.length === 0 && verdict === 'inconclusive') return ['nothing of it was decided'];
  return reasons.map(({ reason, fix }) => `${reason} Fix: ${fix}`);
}

/** The worst first; among equals, as they came. */
export const worstFirst = <T extends { severity: Severity }>(cells: readonly T[]): T[] =>
  cells.toSorted((a, b) => Severity.options.indexOf(a.severity) - Severity.options.indexOf(b.severity));

/** A sentence, and what is to be pasted at its end: two blanks stand before that. */
export function withPaste(text: string): [says: string, paste: string | undefined] {
  const at = text.lastIndexOf('  ');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 2)];
}

/** What was broken in a phase. */
export function brokenIn(phase: string, { faults }: JudgedDrill): string {
  const all = faults.filter((fault) => fault.phase === phase).map((one) => `${one.fault} on ${one.role}`);
  return all.length === 0 ? 'no fault' : [...new Set(all)].join(', ');
}

/** An event in one short line. */
export function eventLine(event: TraceEvent): string {
  const task = 'task' in event ? event.task : undefined;
  const parts = [
    `#${event.seq}`,
    seconds(event.at),
    event.kind,
    clean(byKind(DETAILS, event) ?? ''),
    clean(task ?? ''),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

const leavesIn = (ms: number | undefined): string[] =>
  ms === undefined ? [] : [`its user leaves after ${seconds(ms)}`];

const DETAILS: ByKind<string> = {
  call: ({ role, model, attempt }) => `${role} ${model}, attempt ${attempt}`,
  'call-head': ({ status }) => `status ${status}`,
  'call-end': ({ how, status, failure_mode }) => [how, status, failure_mode].filter((part) => part !== null).join(' '),
  'fault-fired': ({ fault, role, detail }) => `${fault} on ${role}: ${detail}`,
  'trigger-missed': ({ fault, role, why }) => `${fault} on ${role}: ${why}`,
  'unknown-call': ({ method, origin, path }) => `${method} ${origin}${path}`,
  'plain-call': ({ role, method, path }) => `${role} ${method} ${path}`,
  'unattributed-call': ({ role, asks }) => `to ${role}, of one of ${asks} asks`,
  process: ({ beside }) => `waits for the start of a process, ${beside} at once`,
  passed: ({ origin }) => origin,
  attributed: ({ way }) => `by ${way}`,
  'unscripted-call': ({ why }) => why,
  withheld: ({ why }) => why,
  replayed: ({ recording }) => recording,
  'tool-use': ({ tool }) => tool,
  'tool-result': ({ tool, ok, error, effect }) =>
    `${tool} ${ok ? 'ok' : error}${effect === 'none' ? '' : `, effect ${effect}`}`,
  approval: ({ tool, answer }) => `${tool} ${answer}`,
  ask: ({ deadline_ms, leaves_after_ms }) =>
    [`deadline ${seconds(deadline_ms)}`, ...leavesIn(leaves_after_ms)].join(', '),
  outcome: ({ outcome }) => outcome.kind,
  hung: ({ waited_ms, waiting_for }) => `after ${seconds(waited_ms)}, waiting for ${waiting_for}`,
  'real-io': ({ what, by }) => `${what} by ${by}`,
  phase: ({ phase, state }) => `${phase} ${state}`,
  stop: ({ by }) => `${by.name}: ${by.reason}`,
  reverted: ({ faults }) => faults.map(({ fault, role }) => `${fault} on ${role}`).join(', ') || 'nothing was broken',
};
