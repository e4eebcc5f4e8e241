import { z } from 'zod';
import type { Reporter } from '../core/plugin.ts';
import type { CellReport, JudgedDrill, TaskReport } from '../core/report.ts';
import { clean, cut, whatHappened, withUnread } from './words.ts';

const MAX_TEXT = 2000;

/** junit.xml: what CI servers show. An open drill is an error, so that a pipeline never goes green by accident. */
export const junit: Reporter = {
  name: 'junit',
  summary: 'The run as JUnit XML for CI servers, with the reasons.',
  params: z.strictObject({}),
  example: 'drill run timeout_primary --out reports',
  file: 'junit.xml',
  open(output) {
    let counts = NONE;
    const suite = (name: string, cases: Iterable<Case>, properties: readonly string[] = []) => {
      // The head of a suite says how many of its cases failed.
      let own = NONE;
      for (const one of cases) own = sum(own, countsOf(one));
      counts = sum(counts, own);
      for (const line of [`  <testsuite name="${attr(name)}" ${words(own)}>`, ...properties]) output.write(`${line}\n`);
      for (const one of cases) output.write(`${caseXml(one)}\n`);
      output.write('  </testsuite>\n');
    };
    return {
      onDrill: (drill) => suite(drill.name, casesOf(drill), propertiesOf(drill)),
      onEnd(run) {
        for (const name of run.unfinished) suite(name, [unfinished(name)]);
        output.write('</testsuites>\n');
        return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="drill ${attr(run.target.name)}" ${words(counts)}>\n`;
      },
    };
  },
};

/** JUnit knows no texts that nobody has read: the verdict with their number stands beside the tests. */
function propertiesOf({ verdict, words: { unread } }: JudgedDrill): string[] {
  if (unread.length === 0) return [];
  const property = (name: string, value: string) => `      <property name="${name}" value="${attr(value)}"/>`;
  const all = [property('verdict', withUnread(verdict, unread.length)), property('unread', String(unread.length))];
  return ['    <properties>', ...all, '    </properties>'];
}

interface Case {
  name: string;
  /** drill.phase */
  group: string;
  ms: number;
  results: { tag: 'failure' | 'error' | 'skipped'; type: string; message: string }[];
  output: string;
}

function casesOf(drill: JudgedDrill): Iterable<Case> {
  const whole = drill.checks.map((cell) => ({
    name: cell.check,
    group: drill.name,
    ms: 0,
    results: resultsOf([cell], drill),
    output: cell.reason,
  }));
  const open = drill.reasons.map(({ reason, fix }) => ({
    name: 'the drill judged what it claims',
    group: drill.name,
    ms: 0,
    results: [{ tag: 'error' as const, type: 'inconclusive', message: `${reason} Fix: ${fix}` }],
    output: '',
  }));
  const skipped = { tag: 'skipped' as const, type: 'not_applicable', message: 'the target claims none of it' };
  const none = { name: drill.name, group: drill.name, ms: 0, results: [skipped], output: '' };
  const others = [...whole, ...open];
  if (drill.tasks.length + others.length === 0) return [none];
  return {
    *[Symbol.iterator]() {
      for (const task of drill.tasks) yield caseOf(task, drill);
      yield* others;
    },
  };
}

function unfinished(name: string): Case {
  const error = { tag: 'error' as const, type: 'inconclusive', message: 'the drill did not come to its end' };
  return { name, group: name, ms: 0, results: [error], output: '' };
}

function caseOf(task: TaskReport, drill: JudgedDrill): Case {
  const failures = resultsOf(task.checks, drill);
  const open = { tag: 'skipped' as const, type: 'inconclusive', message: `baseline: ${task.baseline.reason}` };
  return {
    name: `${task.task} #${task.ask}`,
    group: `${drill.name}.${task.phase}`,
    ms: task.latency_ms ?? 0,
    results: failures.length === 0 && task.verdict === 'inconclusive' ? [open] : failures,
    output: whatHappened(task, drill),
  };
}

/** A minor finding lowers the score and fails nothing. */
function resultsOf(cells: readonly CellReport[], { reproduce, advice }: JudgedDrill): Case['results'] {
  return cells
    .filter((cell) => cell.verdict === 'failed' && cell.severity !== 'minor')
    .map(({ check, severity, reason, evidence }) => ({
      tag: 'failure',
      type: check,
      message: [
        `${severity} ${check}: ${reason} (events ${evidence.slice(0, 20).join(', ')}; ${reproduce})`,
        ...(advice?.[check] === undefined ? [] : [`Fix: ${advice[check]}`]),
      ].join(' '),
    }));
}

function caseXml({ name, group, ms, results, output }: Case): string {
  const inner = results.map(
    ({ tag, type, message }) => `      <${tag} type="${attr(type)}" message="${attr(message)}"/>`,
  );
  const out = output === '' ? [] : [`      <system-out>${attr(output)}</system-out>`];
  const open = `    <testcase name="${attr(name)}" classname="${attr(group)}" time="${(ms / 1000).toFixed(3)}"`;
  return inner.length + out.length === 0 ? `${open}/>` : [`${open}>`, ...inner, ...out, '    </testcase>'].join('\n');
}

/** Tests, failures, errors, skipped and milliseconds. */
type Counts = readonly [number, number, number, number, number];
const NONE: Counts = [0, 0, 0, 0, 0];

function countsOf({ results, ms }: Case): Counts {
  const has = (tag: string) => Number(results.some((result) => result.tag === tag));
  return [1, has('failure'), has('error'), has('skipped'), ms];
}

const sum = (a: Counts, b: Counts): Counts => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4]];

const words = ([tests, failures, errors, skipped, ms]: Counts): string =>
  `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${(ms / 1000).toFixed(3)}"`;

/** Safe inside XML text and attributes; lone surrogates and non-characters are not XML at all. */
const attr = (text: string): string =>
  cut(clean(text), MAX_TEXT)
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '�')
    .replace(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark);
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
