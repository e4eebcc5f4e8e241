import { countUp } from '../core/once.ts';
import { defineReporter } from '../core/plugin.ts';
import type { CellReport, JudgedDrill, RunReport, TaskReport } from '../core/report.ts';
import { cutShort, plain, whatHappened, whyOpen, withUnread, worstFirst } from './words.ts';

/**
 * junit.xml: what CI servers show, by the schema of Jenkins' xUnit plugin. There, the whole has neither `skipped` nor
 * properties, and only a suite has a `file`. An open drill is an error, so that a pipeline never goes green by accident.
 */
export const junit = defineReporter({
  name: 'junit',
  summary: 'The run as JUnit XML for CI servers, with the reasons.',
  example: 'drill run timeout_primary --out reports',
  file: 'junit.xml',
  open(output) {
    let counts = NONE;
    let time: RunReport['time'] = 'virtual';
    // Readers take a time for a real one, and a task in virtual time has none: asks overlap, and hours pass in milliseconds.
    const timeOf = (ms: number | null) => (time === 'wall' && ms !== null ? ` time="${inSeconds(ms)}"` : '');
    const suite = (name: string, cases: Iterable<Case>, about: readonly Property[], file = '') => {
      // The head of a suite says how many of its cases failed.
      let own = NONE;
      let body = '';
      for (const one of cases) {
        own = sum(own, countsOf(one));
        body += `${caseXml(one, timeOf(one.ms))}\n`;
      }
      counts = sum(counts, own);
      const place = file === '' ? '' : ` file="${attr(file)}"`;
      const head = `<testsuite name="${attr(name)}" ${words(own)} skipped="${own[3]}"${timeOf(own[4])}${place}>`;
      const virtual: Property[] = time === 'virtual' ? [['virtual_seconds', inSeconds(own[4])]] : [];
      output.write(`  ${head}\n${propertiesXml([...virtual, ...about])}`);
      output.write(body);
      output.write('  </testsuite>\n');
    };
    return {
      onEvent(event) {
        if (event.kind === 'run-header') time = event.time;
      },
      onDrill: (drill) => suite(drill.name, casesOf(drill), propertiesOf(drill), drill.source?.file),
      onEnd(run) {
        const why = cutShort(run);
        for (const name of run.unfinished) suite(name, [unfinished(name, why)], []);
        output.write('</testsuites>\n');
        // How long a run took that was killed nobody knows.
        const took = run.about.wall_ms === 0 ? '' : ` time="${inSeconds(run.about.wall_ms)}"`;
        const head = `<testsuites name="drill ${attr(run.target.name)}" ${words(counts)}${took}>`;
        return `<?xml version="1.0" encoding="UTF-8"?>\n${head}\n`;
      },
    };
  },
});

type Property = readonly [name: string, value: string];

/** JUnit knows no texts that nobody has read: the verdict with their number stands beside the tests. */
const propertiesOf = ({ verdict, words: { unread } }: JudgedDrill): Property[] =>
  unread.length === 0
    ? []
    : [
        ['verdict', withUnread(verdict, unread.length)],
        ['unread', String(unread.length)],
      ];

function propertiesXml(all: readonly Property[]): string {
  if (all.length === 0) return '';
  const lines = all.map(([name, value]) => `      <property name="${name}" value="${attr(value)}"/>`);
  return ['    <properties>', ...lines, '    </properties>', ''].join('\n');
}

interface Case {
  /** The same in every run, and unlike any other of its group. */
  name: string;
  /** drill.phase */
  group: string;
  /** Null of a task that never ended. */
  ms: number | null;
  /** Nothing where it passed. */
  result: Result | undefined;
  output: string;
}

interface Result {
  tag: 'failure' | 'error' | 'skipped';
  type: string;
  /** The worst first, which is the message. */
  lines: readonly string[];
}

function* casesOf(drill: JudgedDrill): Iterable<Case> {
  const others = [...drill.checks.map((cell) => wholeCase(cell, drill)), ...openCase(drill)];
  const judged = drill.verdict !== 'not_applicable';
  if (judged && drill.tasks.length + others.length > 0) {
    yield* taskCases(drill);
    yield* others;
  } else {
    const skipped = skip('not_applicable', drill.reasons[0]?.reason ?? 'the target claims none of it');
    yield caseOf(drill.name, drill.name, skipped);
  }
}

/** Of a drill as a whole. */
const caseOf = (name: string, drill: string, result: Result | undefined, output = ''): Case => ({
  name: plain(name),
  group: plain(drill),
  ...{ ms: 0, result, output },
});

function* taskCases(drill: JudgedDrill): Iterable<Case> {
  const asked = new Map<string, number>();
  for (const task of drill.tasks) {
    const key = JSON.stringify([task.phase, task.task]);
    yield taskCase(task, drill, countUp(asked, key));
  }
}

function wholeCase(cell: CellReport, drill: JudgedDrill): Case {
  const { check, verdict, reason } = cell;
  const open = verdict === 'inconclusive' || verdict === 'not_applicable' ? skip(verdict, reason) : undefined;
  return caseOf(check, drill.name, failureOf([cell], drill) ?? open, reason);
}

function openCase(drill: JudgedDrill): Case[] {
  const lines = whyOpen(drill);
  if (lines.length === 0) return [];
  const result: Result = { tag: 'error', type: 'inconclusive', lines };
  return [caseOf('the drill judged what it claims', drill.name, result)];
}

function unfinished(name: string, why: string | undefined): Case {
  const lines = ['the drill did not come to its end', ...(why === undefined ? [] : [why])];
  return caseOf(name, name, { tag: 'error', type: 'inconclusive', lines });
}

/** By the number of the ask a case would be another one as soon as a phase before it gets a task more. */
function taskCase(task: TaskReport, drill: JudgedDrill, times: number): Case {
  const output = whatHappened(task, drill);
  return {
    name: `${plain(task.task)}${times === 1 ? '' : ` (${times})`}`,
    group: `${plain(drill.name)}.${plain(task.phase)}`,
    ms: task.latency_ms,
    result: failureOf(task.checks, drill) ?? notJudged(task, output),
    output,
  };
}

function notJudged({ verdict, baseline }: TaskReport, output: string): Result | undefined {
  if (verdict === 'not_applicable') return skip(verdict, output);
  if (verdict !== 'inconclusive') return undefined;
  // Where the baseline holds, its process was lost.
  return skip(verdict, baseline.verdict === 'passed' ? output : `baseline: ${baseline.reason}`);
}

const skip = (type: string, message: string): Result => ({ tag: 'skipped', type, lines: [message] });

/** One for all that failed in a case. A minor finding lowers the score and fails nothing. */
function failureOf(cells: readonly CellReport[], drill: JudgedDrill): Result | undefined {
  const found = cells.filter((cell) => cell.verdict === 'failed' && cell.severity !== 'minor');
  const [worst, ...less] = worstFirst(found);
  if (worst === undefined) return undefined;
  return { tag: 'failure', type: worst.check, lines: [worst, ...less].map((cell) => lineOf(cell, drill)) };
}

function lineOf({ check, severity, reason, evidence }: CellReport, { reproduce, advice }: JudgedDrill): string {
  const events = evidence.slice(0, 20).join(', ');
  const fix = advice?.[check] === undefined ? '' : ` Fix: ${advice[check]}`;
  return `${severity} ${check}: ${reason} (events ${events}; ${reproduce})${fix}`;
}

function caseXml({ name, group, result, output }: Case, time: string): string {
  const out = output === '' ? [] : [`      <system-out>${attr(output)}</system-out>`];
  const inner = [...(result === undefined ? [] : [resultXml(result)]), ...out];
  const open = `    <testcase name="${escaped(name)}" classname="${escaped(group)}"${time}`;
  return inner.length === 0 ? `${open}/>` : [`${open}>`, ...inner, '    </testcase>'].join('\n');
}

/** Some servers show the message, some the text: the text has all of it. */
function resultXml({ tag, type, lines }: Result): string {
  const open = `      <${tag} type="${attr(type)}" message="${attr(lines[0] ?? '')}"`;
  return tag === 'skipped' ? `${open}/>` : `${open}>${lines.map(attr).join('\n')}</${tag}>`;
}

/** Tests, failures, errors, skipped and milliseconds. */
type Counts = readonly [number, number, number, number, number];
const NONE: Counts = [0, 0, 0, 0, 0];

function countsOf({ result, ms }: Case): Counts {
  const is = (tag: string) => Number(result?.tag === tag);
  return [1, is('failure'), is('error'), is('skipped'), ms ?? 0];
}

const sum = (a: Counts, b: Counts): Counts => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4]];

const words = ([tests, failures, errors]: Counts): string =>
  `tests="${tests}" failures="${failures}" errors="${errors}"`;

const inSeconds = (ms: number): string => (ms / 1000).toFixed(3);

const attr = (text: string): string => escaped(plain(text));
/** Safe inside XML text and attributes. */
const escaped = (text: string): string => text.replace(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark);
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
