import { z } from 'zod';
import type { Reporter } from '../core/plugin.ts';
import type { CellReport, DrillReport, TaskReport } from '../core/report.ts';
import { clean, cut, whatHappened } from './words.ts';

const MAX_TEXT = 2000;

/** junit.xml: what CI servers show. An open drill is an error, so that a pipeline never goes green by accident. */
export const junit: Reporter = {
  name: 'junit',
  summary: 'The run as JUnit XML for CI servers, with the reasons.',
  params: z.strictObject({}),
  example: 'drill run timeout_primary --out reports',
  file: 'junit.xml',
  open(output) {
    const suites: Suite[] = [];
    return {
      onDrill: (drill) => void suites.push(suiteOf(drill)),
      onEnd(run) {
        const counts = countsOf(suites.flatMap((suite) => suite.cases));
        output.write(
          [
            '<?xml version="1.0" encoding="UTF-8"?>',
            `<testsuites name="drill ${attr(run.target.name)}" ${counts}>`,
            ...suites.map(suiteXml),
            '</testsuites>',
            '',
          ].join('\n'),
        );
      },
    };
  },
};

interface Case {
  name: string;
  /** drill.phase */
  group: string;
  ms: number;
  results: { tag: 'failure' | 'error' | 'skipped'; type: string; message: string }[];
  output: string;
}

interface Suite {
  name: string;
  cases: Case[];
}

function suiteOf(drill: DrillReport): Suite {
  const whole = drill.checks.map((cell) => ({
    name: cell.check,
    group: drill.name,
    ms: 0,
    results: resultsOf([cell], drill.reproduce),
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
  const cases = [...drill.tasks.map((task) => caseOf(task, drill)), ...whole, ...open];
  return { name: drill.name, cases: cases.length === 0 ? [none] : cases };
}

function caseOf(task: TaskReport, drill: DrillReport): Case {
  const failures = resultsOf(task.checks, drill.reproduce);
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
function resultsOf(cells: readonly CellReport[], reproduce: string): Case['results'] {
  return cells
    .filter((cell) => cell.verdict === 'failed' && cell.severity !== 'minor')
    .map(({ check, severity, reason, evidence }) => ({
      tag: 'failure',
      type: check,
      message: `${severity} ${check}: ${reason} (events ${evidence.slice(0, 20).join(', ')}; ${reproduce})`,
    }));
}

function suiteXml({ name, cases }: Suite): string {
  const rows = cases.map((one) => caseXml(one));
  return [`  <testsuite name="${attr(name)}" ${countsOf(cases)}>`, ...rows, '  </testsuite>'].join('\n');
}

function caseXml({ name, group, ms, results, output }: Case): string {
  const inner = results.map(
    ({ tag, type, message }) => `      <${tag} type="${attr(type)}" message="${attr(message)}"/>`,
  );
  const out = output === '' ? [] : [`      <system-out>${attr(output)}</system-out>`];
  const open = `    <testcase name="${attr(name)}" classname="${attr(group)}" time="${(ms / 1000).toFixed(3)}"`;
  return inner.length + out.length === 0 ? `${open}/>` : [`${open}>`, ...inner, ...out, '    </testcase>'].join('\n');
}

function countsOf(cases: readonly Case[]): string {
  const having = (tag: string) => cases.filter((one) => one.results.some((result) => result.tag === tag)).length;
  const time = cases.reduce((sum, one) => sum + one.ms, 0) / 1000;
  const [failures, errors, skipped] = ['failure', 'error', 'skipped'].map(having);
  return `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${time.toFixed(3)}"`;
}

/** Safe inside XML text and attributes; lone surrogates and non-characters are not XML at all. */
const attr = (text: string): string =>
  cut(clean(text), MAX_TEXT)
    .replace(/[\p{Cs}\ufffe\uffff]/gu, '�')
    .replace(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark);
const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
