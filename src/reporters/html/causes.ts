import { countUp, entryOf } from '../../core/once.ts';
import type { JudgedDrill, TaskReport } from '../../core/report.ts';
import type { Severity } from '../../core/verdict.ts';
import type { Call, Detail, Row, Thing } from '../../page/data.ts';
import { seconds } from '../../text/words.ts';
import { brokenIn, clean, cut, secondsOr, told, worstFirst } from '../words.ts';

/** What failed under the same faults of a drill. */
export interface Cause {
  drill: string;
  /** `hang on primary`, or that there was none. */
  faults: string;
  phases: Set<string>;
  /** Tasks that failed, of so many that were asked under these faults. */
  failed: number;
  of: number;
  checks: Map<string, { severity: Severity; reason: string; times: number; advice: string | undefined }>;
  /** What became of the tasks that failed, and how often. */
  endings: Map<string, number>;
  /** Where it can be looked at. */
  look: { id: string; task: string } | undefined;
  /** The first task that failed. */
  first: { call: string; backup: string; told: string } | undefined;
}

/** Cells of drill scope belong to no fault alone. */
const WHOLE = 'the drill as a whole';

/** Puts the findings of a run together by what was broken, the worst cause first. */
export class Causes {
  readonly #causes = new Map<string, Cause>();

  /** `askOf` finds an ask that one of these events is of. */
  addDrill(drill: JudgedDrill, askOf: (evidence: readonly number[]) => { id: string; task: string } | undefined): void {
    const failed = worstFirst(drill.checks.filter(({ verdict }) => verdict === 'failed'));
    if (failed.length === 0) return;
    const cause = this.#causeOf(drill, WHOLE);
    for (const cell of failed) note(cause, cell, drill);
    cause.look = askOf(failed.flatMap(({ evidence }) => evidence));
  }

  add(task: TaskReport, drill: JudgedDrill, row: Pick<Row, 'what'>, id: string, seen: () => Seen): void {
    const cause = this.#causeOf(drill, brokenIn(task.phase, drill));
    cause.of += 1;
    const failed = worstFirst(task.checks.filter(({ verdict }) => verdict === 'failed'));
    if (task.verdict !== 'failed') return;
    cause.failed += 1;
    cause.phases.add(task.phase);
    for (const cell of failed) note(cause, cell, drill);
    countUp(cause.endings, row.what);
    cause.look ??= { id, task: task.task };
    cause.first ??= { told: toldWords(task), ...wordsOf(seen()) };
  }

  all(): Cause[] {
    const failed = [...this.#causes.values()].filter(({ checks }) => checks.size > 0);
    return failed.toSorted((a, b) => rankOf(a) - rankOf(b) || b.failed - a.failed);
  }

  #causeOf({ name }: JudgedDrill, faults: string): Cause {
    return entryOf(this.#causes, JSON.stringify([name, faults]), () => ({
      drill: name,
      faults,
      failed: 0,
      of: 0,
      phases: new Set<string>(),
      checks: new Map(),
      endings: new Map(),
      look: undefined,
      first: undefined,
    }));
  }
}

const RANK: Record<Severity, number> = { critical: 0, major: 1, minor: 2 };
const rankOf = ({ checks }: Cause) => Math.min(...[...checks.values()].map(({ severity }) => RANK[severity]));

function note({ checks }: Cause, cell: TaskReport['checks'][number], { advice }: JudgedDrill): void {
  const { check, severity, reason } = cell;
  entryOf(checks, check, () => ({ severity, reason, times: 0, advice: advice?.[check] })).times += 1;
}

/** An ask in which something failed, and what was said in the run. */
interface Seen {
  detail: Detail;
  things: readonly Thing[];
}

function toldWords(task: TaskReport): string {
  const { latency_ms, baseline } = task;
  const after = `after ${secondsOr(latency_ms)} (without faults ${secondsOr(baseline.latency_ms)})`;
  return latency_ms === null ? saidTo(task) : `${after}: ${saidTo(task)}`;
}

/** What the user was handed, in a line. */
export function saidTo(task: TaskReport): string {
  if (task.outcome.kind === 'hung') return 'nothing: they waited for ever';
  const { answer, error, shown } = task.outcome;
  const said = [answer ?? shown ?? '', told(task) ?? ''].filter((text) => text !== '').map(excerpt);
  return said.length === 0 ? `nothing${error === undefined ? '' : `: ${clean(error)}`}` : said.join(' ');
}

function wordsOf({ detail: { calls, checks }, things }: Seen): { call: string; backup: string } {
  const broken = calls.find(({ failure, fault }) => failure !== null || fault !== null) ?? calls[0];
  const marks = checks.flatMap(({ verdict, marks: some }) => (verdict === 'failed' ? some : []));
  const found = calls[marks.find(({ call }) => call !== null)?.call ?? -1] ?? broken;
  const [first] = calls;
  const other = calls.findLast(({ role }) => role !== first?.role);
  const before = found === broken || broken === undefined ? '' : `; before it ${callWords(broken, calls)}`;
  return {
    call: found === undefined ? 'no model was called' : `${callWords(found, calls)}${before}`,
    backup: other === undefined ? 'nothing: no other role was called' : gotWords(other, things),
  };
}

function callWords(call: Call, calls: readonly Call[]): string {
  const again = calls.filter(({ role, failure }) => role === call.role && failure !== null).length;
  return [
    `call ${calls.indexOf(call) + 1}, to ${call.role} (${call.model}): ${call.failure ?? 'replied'}`,
    call.end === null ? ', and never ended' : ` after ${seconds(call.end - call.at)}`,
    call.fault !== null ? `, by the fault ${call.fault}` : call.failure === null ? '' : ', by no fault of the drill',
    again > 1 && call.failure !== null ? `; ${again} such calls` : '',
  ].join('');
}

/** What another role was sent, and what it said to it. */
function gotWords(call: Call, things: readonly Thing[]): string {
  const sent = call.sent === null ? undefined : things[call.sent];
  const parts = sent !== undefined && 'parts' in sent ? sent.parts.flatMap((i) => things[i] ?? []) : [];
  const last = parts.findLast((part) => 'title' in part && part.title === 'user');
  const asked = last !== undefined && 'text' in last ? `, ending “…${clean(last.text).slice(-EXCERPT)}”` : '';
  const came = call.came === null ? undefined : things[call.came];
  const said = came !== undefined && 'text' in came ? `: “${excerpt(came.text)}”` : '';
  const titles = parts.flatMap((part) => ('title' in part ? [part.title] : []));
  const what = titles.length === 0 ? 'a request' : clean(titles.slice(0, MOST_TITLES).join(', '));
  return `${call.role} (${call.model}) got ${what}${asked}, and ${call.failure === null ? 'replied' : `failed with ${call.failure}`}${said}`;
}

/** A long conversation is not told turn by turn. */
const MOST_TITLES = 6;
const EXCERPT = 140;
const excerpt = (text: string) => cut(clean(text), EXCERPT);
