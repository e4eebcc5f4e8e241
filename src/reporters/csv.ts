import { defineReporter } from '../core/plugin.ts';
import type { JudgedDrill, TaskReport } from '../core/report.ts';
import { plain, whatHappened, worstFirst } from './words.ts';

type Cell = string | number | null;

/** What stands in a row, column by column; where a drill has no asks only its own columns are filled. */
interface Row {
  run: string;
  drill: Pick<JudgedDrill, 'name' | 'verdict'>;
  ask: { task: TaskReport; what: string } | undefined;
  /** Why there is no ask. */
  why: string;
}

const COLUMNS: Record<string, (row: Row) => Cell | undefined> = {
  run: ({ run }) => run,
  drill: ({ drill }) => drill.name,
  drill_verdict: ({ drill }) => drill.verdict,
  phase: ({ ask }) => ask?.task.phase,
  ask: ({ ask }) => ask?.task.ask,
  task: ({ ask }) => ask?.task.task,
  tenant: ({ ask }) => ask?.task.tenant,
  priority: ({ ask }) => ask?.task.priority,
  verdict: ({ ask }) => ask?.task.verdict,
  score: ({ ask }) => ask?.task.score,
  outcome: ({ ask }) => ask?.task.outcome.kind,
  served_by: ({ ask }) => ask?.task.served_by,
  failover_from: ({ ask }) => ask?.task.failover?.from,
  failover_to: ({ ask }) => ask?.task.failover?.to,
  failover_reason: ({ ask }) => ask?.task.failover?.reason,
  latency_ms: ({ ask }) => ask?.task.latency_ms,
  deadline_ms: ({ ask }) => ask?.task.deadline_ms,
  cost_usd: ({ ask }) => ask?.task.cost_usd,
  calls: ({ ask }) => ask?.task.calls.length,
  retries: ({ ask }) => ask?.task.retries,
  effects: ({ ask }) => ask?.task.effects.reduce((sum, { count }) => sum + count, 0),
  baseline_verdict: ({ ask }) => ask?.task.baseline.verdict,
  baseline_latency_ms: ({ ask }) => ask?.task.baseline.latency_ms,
  baseline_cost_usd: ({ ask }) => ask?.task.baseline.cost_usd,
  failed_checks: ({ ask }) =>
    failedIn(ask?.task)
      .map(({ check }) => check)
      .join(' '),
  reason: ({ ask, why }) => failedIn(ask?.task)[0]?.reason ?? why,
  what_happened: ({ ask }) => ask?.what,
};

/** tasks.csv: RFC 4180, a row an ask. A drill without asks has a row of its own, so that it is not missed. */
export const csv = defineReporter({
  name: 'csv',
  summary: 'A row a task as CSV (RFC 4180), for a spreadsheet: verdict, latency, cost, and what failed.',
  file: 'tasks.csv',
  optional: true,
  open(output, { run = '' }) {
    const write = (cells: Iterable<Cell | undefined>) => output.write(`${[...cells].map(cellOf).join(',')}\r\n`);
    const tell = (row: Omit<Row, 'run'>) => write(Object.values(COLUMNS).map((of) => of({ ...row, run })));
    write(Object.keys(COLUMNS));
    return {
      onDrill(drill) {
        for (const task of drill.tasks) tell({ drill, ask: { task, what: whatHappened(task, drill) }, why: '' });
        if (drill.tasks.length === 0) tell({ drill, ask: undefined, why: drill.reasons[0]?.reason ?? '' });
      },
      onEnd({ unfinished }) {
        for (const name of unfinished)
          tell({ drill: { name, verdict: 'inconclusive' }, ask: undefined, why: 'the drill did not come to its end' });
      },
    };
  },
});

const failedIn = (task: TaskReport | undefined) =>
  worstFirst((task?.checks ?? []).filter(({ verdict }) => verdict === 'failed'));

/** Empty where nothing is known. */
function cellOf(value: Cell | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = harmless(plain(value));
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A spreadsheet takes what begins like this for a formula, in full width and behind blanks or quotes too; the apostrophe says
 * that it is a text. The others that do so, tab and line ends, \`plain\` has made blanks of.
 */
const harmless = (text: string): string => (/^[\s'"]*[=+\-@＝＋－＠]/.test(text) ? `'${text}` : text);
