import { defineReporter, type Look, type OpenReporter, type Output } from '../core/plugin.ts';
import type { JudgedDrill, RunReport } from '../core/report.ts';
import { count } from '../text/words.ts';
import { type FindingGroup, groupsOf, worstFirst } from './findings.ts';
import { matricesOf } from './matrix.ts';
import { terminal } from './terminal/index.ts';
import { clean, cut, cutShort, withUnread } from './words.ts';

/** GitHub shows so many of a step, and drops the others without a word. */
const MOST = 10;
const LONGEST = 500;

/**
 * The plain summary in a log of GitHub Actions: a group a drill, and the worst findings as annotations at the drill's file.
 * Only what this reporter writes is a command there; see `Look.guard`.
 */
export const github = defineReporter({
  name: 'github',
  summary: 'The plain summary in log groups, and the worst findings as annotations of GitHub Actions.',
  example: 'drill run --ci',
  open: openGithub,
});

function openGithub(output: Output, look: Look): OpenReporter {
  const { guard = '' } = look;
  const command = (line: string) => output.write(`::${guard}::\n${line}\n::stop-commands::${guard}\n`);
  let text = '';
  const inner = terminal.open({ write: (more) => (text += more) }, { ...look, color: false });
  const take = () => {
    const taken = text;
    text = '';
    return taken;
  };
  const groups: FindingGroup[] = [];
  const open: string[] = [];
  const close = () => {
    output.write(take());
    command('::endgroup::');
  };
  const matrices = matricesOf(look.brief, close);
  output.write(`::stop-commands::${guard}\n`);
  return {
    onEvent: (event) => inner.onEvent?.(event),
    onDrill(drill) {
      const of = matrices.take(drill);
      if (of === undefined || of.begins)
        command(`::group::${data(of === undefined ? titleOf(drill) : of.matrix.name)}`);
      inner.onDrill?.(drill);
      if (of === undefined) close();
      groups.push(...groupsOf(drill));
      if (drill.verdict === 'inconclusive') open.push(openAnnotation(drill));
    },
    onEnd(run) {
      matrices.end();
      inner.onEnd(run);
      output.write(take());
      const short = cutShort(run);
      if (short !== undefined) open.unshift(at('error', undefined, 1, `${run.status}: not every drill was run`, short));
      for (const line of annotations(groups, open, run)) command(line);
      // What comes after this step's output is not ours to guard.
      output.write(`::${guard}::\n`);
    },
  };
}

const titleOf = ({ name, verdict, words }: JudgedDrill): string =>
  `${withUnread(verdict.replaceAll('_', ' ').toUpperCase(), words.unread.length)} ${clean(name)}`;

/** The worst first; the last says how many more there are. */
function annotations(
  groups: readonly FindingGroup[],
  open: readonly string[],
  run: Omit<RunReport, 'drills'>,
): string[] {
  const sorted = worstFirst(groups);
  const all = [...sorted.map(annotation), ...open];
  if (all.length <= MOST) return all;
  const shown = all.slice(0, MOST - 1);
  const cells = sorted.slice(shown.length).reduce((sum, group) => sum + group.cells, 0);
  const rest = `${count(all.length - shown.length, 'more group')} (${count(cells, 'finding')}): see the summary of this step, or report.md`;
  return [...shown, `::error title=${property(`${run.verdict}: and more`)}::${data(rest)}`];
}

function annotation({ drill, check, severity, cells, reason, file, line }: FindingGroup): string {
  const level = severity === 'minor' ? 'warning' : 'error';
  const many = cells === 1 ? '' : `${cells} tasks, e.g. `;
  return at(level, file, line, `${drill}: ${check}`, `${severity}: ${many}${reason}`);
}

function openAnnotation({ name, source, reasons: [first] }: JudgedDrill): string {
  const words = clean(first === undefined ? 'a task could not be judged' : `${first.reason} Fix: ${first.fix}`);
  return at('warning', source?.file, source?.line ?? 1, `${clean(name)}: inconclusive`, words);
}

function at(level: string, file: string | undefined, line: number, title: string, text: string): string {
  const place = file === undefined ? '' : `file=${property(clean(file))},line=${line},`;
  return `::${level} ${place}title=${property(cut(title, LONGEST))}::${data(cut(text, LONGEST))}`;
}

const ESCAPES: Record<string, string> = { '%': '%25', '\r': '%0D', '\n': '%0A', ':': '%3A', ',': '%2C' };
const data = (text: string): string => text.replace(/[%\r\n]/g, (one) => ESCAPES[one] ?? one);
const property = (text: string): string => text.replace(/[%\r\n:,]/g, (one) => ESCAPES[one] ?? one);
