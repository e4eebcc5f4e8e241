import { stripVTControlCharacters } from 'node:util';
import { noticeText } from '../core/outcome.ts';
import type { CellReport, DrillReport, TaskReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { VerdictWord } from '../core/verdict.ts';

/** Models and targets write some of the text: what could steer a terminal or break a line is taken out. */
export const clean = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069\s]+/gu, ' ')
    .trim();

export const cut = (text: string, width: number): string => {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, Math.max(0, width - 1)).join('')}…`;
};

export const seconds = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`);
export const dollars = (usd: number): string => `$${usd.toFixed(4)}`;
export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** `passed, 3 texts unread`. */
export const withUnread = (verdict: string, unread: number): string =>
  unread === 0 ? verdict : `${verdict}, ${count(unread, 'text')} unread`;

/** How much of the words of notices was judged. */
export const noticesLine = ({ notices_judged, unread }: { notices_judged: number; unread: number }): string =>
  `notices: ${notices_judged} judged, ${count(unread, 'text')} unread`;

/** What the models did in one task: `primary timeout → backup`. */
export function whatHappened(task: TaskReport, drill: DrillReport): string {
  if (task.outcome.kind === 'hung') return clean(`hung waiting for ${task.outcome.waiting_for}`);
  const ending =
    task.outcome.kind === 'answered' ? '' : `, ${task.outcome.kind.replaceAll('_', ' ')}${whyFailed(task)}`;
  if (task.failover !== null && !sparing(task))
    return `${task.failover.from} ${task.failover.reason ?? 'failed'} → ${task.failover.to}${ending}`;
  const served = task.served_by;
  if (served === null) return `${failuresOf(task)}${ending}`;
  return `${served}${sparing(task) ? ` (${sparedRoles(task, drill).join(', ')} spared)` : ''}${ending}`;
}

const whyFailed = ({ outcome }: TaskReport): string =>
  outcome.kind === 'failed' && outcome.error !== undefined ? ` (${clean(outcome.error)})` : '';

/** The target never tried a role that was broken: nothing failed, so nothing failed over. */
const sparing = (task: TaskReport): boolean => task.spared && (task.failover === null || task.failover.reason === null);

/** `primary timeout, backup server_error`, each role once. */
function failuresOf(task: TaskReport): string {
  const last = new Map(task.calls.map((call) => [call.role, call.failure_mode ?? 'no answer']));
  return [...last].map(([role, mode]) => `${role} ${mode}`).join(', ') || 'no model call';
}

function sparedRoles(task: TaskReport, drill: DrillReport): string[] {
  const armed = drill.faults.filter((fault) => fault.phase === task.phase).map((fault) => fault.role);
  // A tool is armed as well, and is nobody to be spared.
  const roles = new Set(drill.tasks.flatMap((one) => one.calls.map((call) => call.role)));
  return [...new Set(armed)].filter((role) => roles.has(role) && task.calls.every((call) => call.role !== role));
}

/** What the user was told; undefined where nothing was. */
export function told(task: TaskReport): string | undefined {
  const text = task.outcome.kind === 'hung' ? '' : clean(noticeText(task.outcome.notice));
  return text === '' ? undefined : `“${text}”`;
}

/** Whether the task went on without its first choice, so that a notice could be due. */
export const offThePath = (task: TaskReport): boolean =>
  task.failover !== null || task.spared || (task.outcome.kind !== 'hung' && task.outcome.degraded === true);

/** `16 tasks · 10 failed over · 3 spared · 3 on primary`. */
export function tally(drill: DrillReport): string {
  const counts = new Map<string, number>();
  for (const task of drill.tasks) {
    const word = oneWord(task);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [count(drill.tasks.length, 'task'), ...[...counts].map(([word, n]) => `${n} ${word}`)].join(' · ');
}

export function oneWord(task: TaskReport): string {
  if (task.outcome.kind === 'hung' || task.outcome.kind === 'failed') return task.outcome.kind;
  if (sparing(task)) return 'spared';
  if (task.failover !== null) return 'failed over';
  const role = task.served_by;
  return role === null ? 'without a model' : `on ${role}`;
}

/** Phases in order, with what was broken in each. */
export function phasesOf(drill: DrillReport): { name: string; broken: string; tasks: TaskReport[] }[] {
  return [...new Set(drill.tasks.map((task) => task.phase))].map((name) => {
    const faults = drill.faults.filter((fault) => fault.phase === name).map((one) => `${one.fault} on ${one.role}`);
    const broken = faults.length === 0 ? 'no fault' : [...new Set(faults)].join(', ');
    return { name, broken, tasks: drill.tasks.filter((task) => task.phase === name) };
  });
}

/** A failed or inconclusive cell with the task it belongs to; a drill-wide one has none. */
export interface PlacedCell {
  cell: CellReport;
  task: TaskReport | undefined;
}

/** Cells of a verdict, those of one check together, the drill's own first. */
export function cellsOf(
  drill: DrillReport,
  verdict: VerdictWord,
): [check: string, cells: [PlacedCell, ...PlacedCell[]]][] {
  const all = [
    ...drill.checks.map((cell) => ({ cell, task: undefined })),
    ...drill.tasks.flatMap((task) => task.checks.map((cell) => ({ cell, task }))),
  ].filter(({ cell }) => cell.verdict === verdict);
  return [...groupedBy(all, ({ cell }) => cell.check)];
}

/** Groups in the order of their first members. */
export function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, [T, ...T[]]> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** An event in one short line. */
export function eventLine(event: TraceEvent): string {
  const task = 'task' in event ? event.task : undefined;
  const parts = [`#${event.seq}`, seconds(event.at), event.kind, clean(detailOf(event)), task ?? ''];
  return parts.filter((part) => part !== '').join('  ');
}

function detailOf(event: TraceEvent): string {
  switch (event.kind) {
    case 'call':
      return `${event.role} ${event.model}, attempt ${event.attempt}`;
    case 'call-head':
      return `status ${event.status}`;
    case 'call-end':
      return [event.how, event.status, event.failure_mode].filter((part) => part !== null).join(' ');
    case 'fault-fired':
      return `${event.fault} on ${event.role}: ${event.detail}`;
    case 'trigger-missed':
      return `${event.fault} on ${event.role}: ${event.why}`;
    case 'unknown-call':
      return `${event.method} ${event.origin}${event.path}`;
    case 'unscripted-call':
      return event.why;
    case 'tool-use':
      return event.tool;
    case 'tool-result':
      return `${event.tool} ${event.ok ? 'ok' : event.error}${event.effect === 'none' ? '' : `, effect ${event.effect}`}`;
    case 'approval':
      return `${event.tool} ${event.answer}`;
    case 'ask':
      return `deadline ${seconds(event.deadline_ms)}`;
    case 'outcome':
      return event.outcome.kind;
    case 'hung':
      return `after ${seconds(event.waited_ms)}, waiting for ${event.waiting_for}`;
    case 'real-io':
      return `${event.what} by ${event.by}`;
    case 'phase':
      return `${event.phase} ${event.state}`;
    default:
      return '';
  }
}
