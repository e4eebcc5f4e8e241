import { z } from 'zod';
import type { Reporter } from '../core/plugin.ts';
import type { DrillReport, Recommendation, RunReport, TaskReport } from '../core/report.ts';
import { incidentQuestions } from './incident-questions.ts';
import {
  cellsOf,
  clean,
  dollars,
  noticesLine,
  offThePath,
  oneWord,
  seconds,
  tally,
  told,
  whatHappened,
  withUnread,
} from './words.ts';

/** report.md: the run as a page people share. */
export const markdown: Reporter = {
  name: 'markdown',
  summary: 'The run as a page: tasks, checks, faults that fired, and the calls of what failed.',
  params: z.strictObject({}),
  example: 'drill run timeout_primary --out reports',
  file: 'report.md',
  open(output) {
    const rows: string[] = [];
    return {
      onDrill(drill) {
        output.write(`\n${drillSection(drill)}`);
        rows.push(drillRow(drill));
      },
      onEnd: (run) => runSection(run, rows),
    };
  },
};

/** How far the fallback may be trusted, and what that rests on. */
function bothPaths({ paths, definition }: DrillReport): string[] {
  if (paths === null) return [];
  const of = ({ passed, judged }: { passed: number; judged: number }) =>
    judged === 0 ? '-' : `${passed} of ${judged}`;
  // Phases of a drill on quality are its magnitudes: how many tasks each of them spoils is the measure.
  const wordsOf = paths.quality_fault ? recommended : (one: Recommendation) => one.recommendation;
  const differ = new Set(paths.phases.map(wordsOf)).size > 1;
  const workflow = String(definition['workflow'] ?? 'this workflow');
  return [
    ...section(
      'Both paths',
      ['check', 'first role, without faults', 'fallback'],
      paths.checks.map((row) => [row.check, of(row.primary), of(row.fallback)]),
    ),
    `Recommended for ${safe(workflow)}: ${recommended(paths)}`,
    ...(differ ? ['', ...paths.phases.map((one) => `- ${safe(one.phase)}: ${recommended(one)}`)] : []),
    '',
    ...(paths.quality_fault ? [REACTION, ''] : []),
  ];
}

const REACTION =
  'The replies are mocked: this measures how the target reacts to a drop in quality, not the quality of a model.';

const recommended = ({ recommendation, why }: Recommendation): string =>
  `**${recommendation.replaceAll('_', ' ')}**. ${safe(why)}.`;

/** What each drill came to, with the way to its section. */
function drillRow(drill: DrillReport): string {
  const moved = drill.tasks.filter((task) => oneWord(task) === 'failed over').length;
  const findings = cellsOf(drill, 'failed').reduce((sum, [, cells]) => sum + cells.length, 0);
  const link = `[${safe(drill.name)}](#${anchorOf(drillTitle(drill))})`;
  return `| ${[link, verdictWords(drill), drill.score, drill.tasks.length, moved, findings].join(' | ')} |`;
}

const verdictWords = ({ verdict, words }: DrillReport): string => withUnread(verdict, words.unread.length);
const drillTitle = (drill: DrillReport): string => `${drill.name}: ${verdictWords(drill)}, score ${drill.score}`;

/** As GitHub makes one of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

function runSection(run: Omit<RunReport, 'drills'>, rows: readonly string[]): string {
  const { features, chain } = run.target.declares;
  return [
    `# Failover drill: ${withUnread(run.verdict, run.unread)}, score ${run.score}`,
    '',
    `- target: ${safe(run.target.name)} (${run.target.kind}), claims ${features.join(', ') || 'nothing'}`,
    ...(chain === undefined ? [] : [`- chain: ${chain.join(' → ')}`]),
    `- seed ${run.seed}, ${run.time} time, ${run.mode} replies, ${run.status}`,
    `- ${noticesLine(run)}${run.unread > 0 ? `; \`drill notices\` lists them` : ''}`,
    `- reproduce: \`${run.reproduce}\``,
    `- run ${run.about.id}, ${run.about.started_at}`,
    '',
    '| drill | verdict | score | tasks | failed over | findings |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...run.unfinished.map((name) => `| ${safe(name)} | not finished | – | – | – | – |`),
    '',
  ].join('\n');
}

function drillSection(drill: DrillReport): string {
  const notices = noticesOf(drill);
  return [
    `## ${drillTitle(drill)}`,
    '',
    `${safe(drill.title)}. Hypothesis: ${safe(drill.hypothesis)}`,
    '',
    tally(drill),
    '',
    ...drill.reasons.flatMap(({ reason, fix }) => [`> **open:** ${safe(reason)} Fix: ${safe(fix)}`, '']),
    ...section('Faults', ['fault', 'role', 'phase', 'fired', 'tasks spared'], faultRows(drill)),
    ...section('Tasks', TASK_HEAD, taskRows(drill, notices)),
    ...section(
      'Notices',
      ['notice', 'text'],
      notices.map((text, i) => [String(i + 1), text]),
    ),
    ...section('Checks', ['check', 'severity', 'passed', 'failed', 'open', 'not applicable'], checkRows(drill)),
    ...bothPaths(drill),
    ...section('After the incident', ['question', 'answer'], incidentQuestions(drill)),
    ...section('The drill as a whole', ['check', 'verdict', 'reason', 'evidence'], wholeRows(drill)),
    ...failures(drill),
  ].join('\n');
}

const faultRows = (drill: DrillReport): string[][] =>
  drill.faults.map((one) => [one.fault, one.role, one.phase, String(one.fired), String(one.spared)]);

const TASK_HEAD = [
  'task',
  'phase',
  'verdict',
  'score',
  'what happened',
  'answered after',
  'deadline',
  'retries',
  'cost',
  'outcome',
  'baseline',
  'told',
];

const taskRows = (drill: DrillReport, notices: readonly string[]): string[][] =>
  drill.tasks.map((task) => [
    task.task,
    task.phase,
    task.verdict,
    String(task.score),
    whatHappened(task, drill),
    seconds(task.latency_ms),
    seconds(task.deadline_ms),
    String(task.retries),
    dollars(task.cost_usd),
    outcomeWords(task),
    `${task.baseline.verdict}, ${seconds(task.baseline.latency_ms)}, ${dollars(task.baseline.cost_usd)}`,
    noticeWords(task, notices),
  ]);

/** Each notice once: whole drills say the same few. */
const noticesOf = (drill: DrillReport): string[] => [
  ...new Set(drill.tasks.map(told).filter((text) => text !== undefined)),
];

function noticeWords(task: TaskReport, notices: readonly string[]): string {
  const text = told(task);
  if (text !== undefined) return `notice ${notices.indexOf(text) + 1}`;
  return offThePath(task) ? 'nothing' : 'no notice needed';
}

function outcomeWords({ outcome }: TaskReport): string {
  if (outcome.kind === 'hung') return 'hung';
  const tools = outcome.tool_mode === undefined ? [] : [`tools ${outcome.tool_mode}`];
  return [outcome.kind, ...(outcome.degraded === true ? ['degraded'] : []), ...tools].join(', ');
}

function checkRows(drill: DrillReport): string[][] {
  const cells = drill.tasks.flatMap((task) => task.checks);
  return [...new Map(cells.map((cell) => [cell.check, cell])).values()].map(({ check, severity }) => {
    const own = cells.filter((cell) => cell.check === check);
    const words = ['passed', 'failed', 'inconclusive', 'not_applicable'] as const;
    return [check, severity, ...words.map((word) => String(own.filter((cell) => cell.verdict === word).length))];
  });
}

const wholeRows = (drill: DrillReport): string[][] =>
  drill.checks.map((cell) => [cell.check, cell.verdict, cell.reason, events(cell.evidence)]);

function failures(drill: DrillReport): string[] {
  const failed = cellsOf(drill, 'failed').flatMap(([, cells]) => cells);
  if (failed.length === 0) return [];
  const rows = failed.map(({ cell, task }) => [
    cell.check,
    cell.severity,
    task === undefined ? 'the whole drill' : `${task.task} (${task.phase}, ask ${task.ask})`,
    cell.reason,
    events(cell.evidence),
  ]);
  const tasks = drill.tasks.filter((task) => task.checks.some((cell) => cell.verdict === 'failed'));
  return [
    ...section('What failed', ['check', 'severity', 'where', 'reason', 'evidence'], rows),
    ...tasks.flatMap((task) =>
      section(`Calls of ${task.task} (${task.phase}, ask ${task.ask})`, CALL_HEAD, callRows(task)),
    ),
    `Reproduce: \`${drill.reproduce}\``,
    '',
  ];
}

const CALL_HEAD = ['role', 'model', 'turn', 'began', 'took', 'status', 'failure', 'fault', 'tokens in', 'tokens out'];

const callRows = (task: TaskReport): string[][] =>
  task.calls.map((call) => [
    call.role,
    call.model,
    String(call.turn),
    seconds(call.at_ms),
    call.ms === null ? 'never ended' : seconds(call.ms),
    String(call.status ?? '–'),
    call.failure_mode ?? '–',
    call.fault ?? '–',
    String(call.tokens.input),
    String(call.tokens.output),
  ]);

const events = (seqs: readonly number[]): string =>
  seqs.length <= 20 ? seqs.join(', ') : `${seqs.slice(0, 20).join(', ')} and ${seqs.length - 20} more`;

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.map(safe).join(' | ')} |`;
  return [`### ${title}`, '', line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line), ''];
}

/** Text from models and targets must not become markup. */
const safe = (text: string): string => clean(text).replace(/[\\`*_[\]<>|]/g, (mark) => ENTITIES[mark] ?? `\\${mark}`);
const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', _: '_' };
