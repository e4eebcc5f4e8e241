import { entryOf } from '../core/once.ts';
import { defineReporter } from '../core/plugin.ts';
import type { JudgedDrill, Recommendation, RunReport, TaskReport } from '../core/report.ts';
import { count, seconds, usd } from '../text/words.ts';
import { digestOf, groupedBy, type PlacedCell } from './digest.ts';
import { incidentQuestions } from './incident-questions.ts';
import { code, prose, safe } from './markup.ts';
import { type Matrix, type MatrixRow, matricesOf } from './matrix.ts';
import {
  clean,
  cutShort,
  few,
  howTold,
  noticesLine,
  scoreWords,
  secondsOr,
  tally,
  told,
  wentOf,
  whatHappened,
  withPaste,
  withUnread,
} from './words.ts';

/** report.md: the run as a page people share. */
export const markdown = defineReporter({
  name: 'markdown',
  summary: 'The run as a page: tasks, checks, faults that fired, and the calls of what failed.',
  example: 'drill run timeout_primary --out reports',
  file: 'report.md',
  open(output, { brief }) {
    const rows: string[] = [];
    const open: string[] = [];
    const notes = new Map<string, string[]>();
    let drills = 0;
    const matrices = matricesOf(brief, (matrix) => {
      output.write(`\n${matrixEnd(matrix).join('\n')}\n`);
      rows.push(matrixTableRow(matrix));
    });
    return {
      onDrill(drill) {
        drills += 1;
        for (const note of drill.notes) notes.set(note, [...(notes.get(note) ?? []), drill.name]);
        const of = matrices.take(drill);
        if (of !== undefined) {
          const row = of.matrix.add(drill);
          const head = of.begins ? matrixHead(of.matrix, drill) : [];
          for (const line of [...head, ...(row.verdict === 'not_applicable' ? [] : [matrixRow(row)])])
            output.write(`\n${line}`);
          return;
        }
        for (const line of drillSection(drill)) output.write(`\n${line}`);
        rows.push(drillRow(drill));
        open.push(...whyOpen(drill));
      },
      onEnd(run) {
        matrices.end();
        return runSection(run, rows, open, notes, drills);
      },
    };
  },
});

/** How far the fallback may be trusted, and what that rests on. */
function bothPaths({ paths, definition }: JudgedDrill): string[] {
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
function drillRow(drill: JudgedDrill): string {
  const moved = wentOf(drill).get('failed over') ?? 0;
  const findings = [...digestOf(drill).failed.values()].reduce((sum, cells) => sum + cells.length, 0);
  const link = `[${safe(drill.name)}](#${anchorOf(drillTitle(drill))})`;
  return `| ${[link, verdictWords(drill), numberOf(drill), drill.tasks.length, moved, findings].join(' | ')} |`;
}

const verdictWords = ({ verdict, words }: JudgedDrill): string => withUnread(verdict, words.unread.length);
const titleOf = (verdict: string, of: Parameters<typeof scoreWords>[0]): string =>
  [verdict, scoreWords(of) ?? []].flat().join(', ');
const drillTitle = (drill: JudgedDrill): string => `${safe(drill.name)}: ${titleOf(verdictWords(drill), drill)}`;
const numberOf = (of: Parameters<typeof scoreWords>[0]): string => scoreWords(of)?.replace('score ', '') ?? '–';

/** As GitHub makes one of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

/** What keeps a drill from being decided; the first reason, since it is the one that the others follow from. */
function whyOpen(drill: JudgedDrill): string[] {
  const [first, ...more] = drill.verdict === 'inconclusive' ? drill.reasons : [];
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : ` And ${count(more.length, 'more reason')} below.`;
  return [`> **open:** ${safe(drill.name)}: ${openWords(first)}${others}`, ''];
}

const openWords = ({ reason, fix }: JudgedDrill['reasons'][number]): string => `${safe(reason)} Fix: ${pasteable(fix)}`;

/** What is to be pasted stands as code, so that it can be. */
function pasteable(text: string): string {
  const [says, paste] = withPaste(text);
  return paste === undefined ? prose(says) : `${prose(says)} ${code(clean(paste))}`;
}

function noteLine(note: string, drills: readonly string[], of: number): string {
  return `- note${drills.length === of ? '' : ` (${drills.map(safe).join(', ')})`}: ${pasteable(note)}`;
}

function runSection(
  run: Omit<RunReport, 'drills'>,
  rows: readonly string[],
  open: readonly string[],
  notes: ReadonlyMap<string, string[]>,
  of: number,
): string {
  const { features, chain } = run.target.declares;
  return [
    `# Failover drill: ${titleOf(withUnread(run.verdict, run.unread), run)}`,
    '',
    ...open,
    `- target: ${safe(run.target.name)} (${safe(run.target.kind)}), claims ${features.map(safe).join(', ') || 'nothing'}`,
    ...(chain === undefined ? [] : [`- chain: ${chain.map(safe).join(' → ')}`]),
    `- seed ${run.seed}, ${run.time} time, ${run.mode} replies, ${safe(cutShort(run) ?? run.status)}`,
    `- ${noticesLine(run)}${run.unread > 0 ? `; \`drill notices\` lists them` : ''}`,
    `- reproduce: ${code(run.reproduce)}`,
    `- run ${safe(run.about.id)}, ${safe(run.about.started_at)}`,
    ...[...notes].map(([note, drills]) => noteLine(note, drills, of)),
    '',
    '| drill | verdict | score | tasks | failed over | findings |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    ...run.unfinished.map((name) => `| ${safe(name)} | not finished | – | – | – | – |`),
    '',
  ].join('\n');
}

/** A table of alternatives: how each of them went in full is for whoever runs it by itself. */
const matrixHead = (matrix: Matrix, { hypothesis }: JudgedDrill): string[] => [
  `## ${safe(matrix.name)}`,
  '',
  `${safe(matrix.title)}. Hypothesis: ${safe(hypothesis)}`,
  '',
  '| alternative | verdict | first finding, or what came of the tasks |',
  '| --- | --- | --- |',
];

const matrixRow = ({ alternative, verdict, why }: MatrixRow): string =>
  `| ${[alternative, verdict, why].map(safe).join(' | ')} |`;

const matrixEnd = (matrix: Matrix): string[] => [
  '',
  ...matrix.idle.flatMap(({ why, alternatives }) => [
    `${alternatives.length} not applicable, ${safe(why)}: ${alternatives.map(safe).join(', ')}.`,
    '',
  ]),
  `${safe(matrix.words)}. ${code(`drill run ${matrix.name}/NAME`)} runs one by itself and tells of all its tasks.`,
];

const matrixTableRow = (matrix: Matrix): string =>
  `| [${safe(matrix.name)}](#${anchorOf(safe(matrix.name))}) | ${matrix.verdict} | – | ${safe(matrix.words)} | – | – |`;

function* drillSection(drill: JudgedDrill): Iterable<string> {
  /** Each once, with its number: whole drills say the same few. Filled as the tasks are told. */
  const notices = new Map<string, number>();
  yield `## ${drillTitle(drill)}`;
  yield '';
  yield* drill.reasons.flatMap((one) => [`> **open:** ${openWords(one)}`, '']);
  yield `${safe(drill.title)}. Hypothesis: ${safe(drill.hypothesis)}`;
  yield '';
  yield safe(tally(drill));
  yield '';
  yield* section('Faults', ['fault', 'role', 'phase', 'fired', 'tasks spared'], faultRows(drill));
  yield* section('Tasks', Object.keys(TASK_COLUMNS), taskRows(drill, notices));
  const numbered = [...notices].map(([text, number]) => [String(number), text]);
  yield* section('Notices', ['notice', 'text'], numbered);
  const refusals = digestOf(drill).refusals.map(({ role, times, why }) => [role, String(times), why]);
  yield* section('What a provider refused', ['role', 'calls', 'why'], refusals);
  yield* section('Checks', ['check', 'severity', 'passed', 'failed', 'open', 'not applicable'], checkRows(drill));
  yield* bothPaths(drill);
  yield* section('After the incident', ['question', 'answer'], incidentQuestions(drill));
  yield* section('The drill as a whole', ['check', 'verdict', 'reason', 'evidence'], wholeRows(drill));
  yield* failures(drill);
}

const faultRows = (drill: JudgedDrill): string[][] =>
  drill.faults.map((one) => [one.fault, one.role, one.phase, String(one.fired), String(one.spared)]);

type OfTask = (task: TaskReport, drill: JudgedDrill, notices: Map<string, number>) => string;
const TASK_COLUMNS: Readonly<Record<string, OfTask>> = {
  task: ({ task }) => task,
  phase: ({ phase }) => phase,
  verdict: ({ verdict }) => verdict,
  score: numberOf,
  'what happened': whatHappened,
  'answered after': ({ latency_ms }) => secondsOr(latency_ms),
  deadline: ({ deadline_ms }) => seconds(deadline_ms),
  retries: ({ retries }) => String(retries),
  cost: ({ cost_usd }) => usd(cost_usd),
  outcome: outcomeWords,
  baseline: ({ baseline }) => `${baseline.verdict}, ${secondsOr(baseline.latency_ms)}, ${usd(baseline.cost_usd)}`,
  told: (task, _, notices) => noticeWords(task, notices),
};

function* taskRows(drill: JudgedDrill, notices: Map<string, number>): Iterable<string[]> {
  for (const task of drill.tasks) yield Object.values(TASK_COLUMNS).map((of) => of(task, drill, notices));
}

function noticeWords(task: TaskReport, notices: Map<string, number>): string {
  const text = told(task);
  if (text === undefined) return howTold(task);
  return `notice ${entryOf(notices, text, () => notices.size + 1)}`;
}

function outcomeWords({ outcome }: TaskReport): string {
  if (outcome.kind === 'hung') return 'hung';
  const tools = outcome.tool_mode === undefined ? [] : [`tools ${outcome.tool_mode}`];
  return [outcome.kind, ...(outcome.degraded === true ? ['degraded'] : []), ...tools].join(', ');
}

const checkRows = (drill: JudgedDrill): string[][] =>
  [...digestOf(drill).checks].map(([check, { severity, counts }]) => {
    const words = ['passed', 'failed', 'inconclusive', 'not_applicable'] as const;
    return [check, severity, ...words.map((word) => String(counts[word]))];
  });

const wholeRows = (drill: JudgedDrill): string[][] =>
  drill.checks.map((cell) => [cell.check, cell.verdict, cell.reason, events(cell.evidence)]);

function* failures(drill: JudgedDrill): Iterable<string> {
  const groups = [...digestOf(drill).failed];
  if (groups.length === 0) return;
  const rows = groups.flatMap(([, cells]) =>
    [...groupedBy(cells, ({ cell }) => cell.reason).values()].map((placed) => findingRow(placed)),
  );
  yield* section('What failed', ['check', 'severity', 'where', 'reason', 'evidence'], rows);
  const advice = groups.flatMap(([check]) => {
    const text = drill.advice?.[check];
    return text === undefined
      ? []
      : [`- Fix for ${safe(check)}: ${prose(text)} More: ${code(`drill explain ${check}`)}`];
  });
  yield* advice.length === 0 ? [] : [...advice, ''];
  // Tasks that failed alike were called alike: the first of each kind shows how.
  const firsts = groups.flatMap(([, cells]) =>
    [...groupedBy(cells, ({ cell }) => cell.reason).values()].flatMap(([{ task }]) => task?.ask ?? []),
  );
  for (const task of drill.tasks) {
    if (!firsts.includes(task.ask)) continue;
    yield* section(`Calls of ${task.task} (${task.phase}, ask ${task.ask})`, Object.keys(CALL_COLUMNS), callRows(task));
  }
  yield `Reproduce: ${code(drill.reproduce)}`;
  yield '';
}

/** One reason of one check, and where it was found. */
function findingRow(placed: readonly [PlacedCell, ...PlacedCell[]]): string[] {
  const [{ cell, task }, ...more] = placed;
  const where = task === undefined ? 'the whole drill' : `${task.task} (${task.phase}, ask ${task.ask})`;
  const others = more.length === 0 ? '' : ` and ${count(more.length, 'more task')}`;
  return [cell.check, cell.severity, `${where}${others}`, cell.reason, events(cell.evidence)];
}

const CALL_COLUMNS: Readonly<Record<string, (call: TaskReport['calls'][number]) => string>> = {
  role: ({ role }) => role,
  model: ({ model }) => model,
  turn: ({ turn }) => String(turn),
  began: ({ at_ms }) => seconds(at_ms),
  took: ({ ms }) => (ms === null ? 'never ended' : secondsOr(ms)),
  status: ({ status }) => String(status ?? '–'),
  failure: ({ failure_mode }) => failure_mode ?? '–',
  fault: ({ fault }) => fault ?? '–',
  'tokens in': ({ tokens }) => String(tokens.input),
  'tokens out': ({ tokens }) => String(tokens.output),
};

const callRows = (task: TaskReport): string[][] =>
  task.calls.map((call) => Object.values(CALL_COLUMNS).map((of) => of(call)));

const events = (seqs: readonly number[]): string => few(seqs, 20);

/** A table with its title; nothing where it has no rows. */
function* section(title: string, head: readonly string[], rows: Iterable<readonly string[]>): Generator<string, void> {
  const line = (cells: readonly string[]) => `| ${cells.map(safe).join(' | ')} |`;
  let any = false;
  for (const row of rows) {
    if (!any) yield* [`### ${safe(title)}`, '', line(head), `|${head.map(() => ' --- |').join('')}`];
    any = true;
    yield line(row);
  }
  if (any) yield '';
}
