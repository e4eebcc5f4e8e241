import { createHash } from 'node:crypto';
import { countUp, entryOf } from '../core/once.ts';
import { defineReporter } from '../core/plugin.ts';
import type { CellReport, JudgedDrill, RunReport, TaskReport } from '../core/report.ts';
import { count, seconds } from '../text/words.ts';
import { cutShort, howItWent, plain, whyOpen, worstFirst } from './words.ts';

/** GitHub shows no more of them. */
export const MOST_RESULTS = 5000;
/** Of one task's calls. */
export const MOST_STEPS = 100;

/** The rule of drills that were not decided. */
const OPEN = 'inconclusive';

/**
 * results.sarif: what fails, at the lines of the drills that claim it. All asks of a phase in which one check fails are one
 * result, written when its drill is over.
 */
export const sarif = defineReporter({
  name: 'sarif',
  summary: 'The findings as SARIF 2.1.0 for code scanning, each at the line of its drill that claims it.',
  file: 'results.sarif',
  optional: true,
  open(output) {
    const rules = createRules();
    let [written, leftOut] = [0, 0];
    return {
      onDrill(drill) {
        for (const result of resultsOf(drill)) {
          if (written === MOST_RESULTS) {
            leftOut += 1;
            continue;
          }
          const ruleIndex = rules.indexOf(result, drill);
          output.write(`${written === 0 ? '\n' : ',\n'}${JSON.stringify({ ...result, ruleIndex })}`);
          written += 1;
        }
      },
      onEnd(run) {
        output.write('\n]}]}\n');
        return headOf(run, rules.all(), leftOut);
      },
    };
  },
});

/** All of the run but its results, which stand last. */
function headOf(run: Omit<RunReport, 'drills'>, rules: readonly Rule[], leftOut: number): string {
  const driver = {
    name: 'failover-drill',
    semanticVersion: plain(run.about.versions['drill'] ?? ''),
    rules,
  };
  const whole = {
    tool: { driver },
    automationDetails: { id: `failover-drill/${plain(run.target.name)}/` },
    invocations: [invocationOf(run)],
    originalUriBaseIds: { [ROOT]: { description: { text: 'the folder in which drill was started' } } },
    properties: { verdict: run.verdict, score: run.score, reproduce: plain(run.reproduce), results_left_out: leftOut },
  };
  const schema = 'https://json.schemastore.org/sarif-2.1.0.json';
  return `{"$schema":"${schema}","version":"2.1.0","runs":[${JSON.stringify(whole).slice(0, -1)},"results":[`;
}

/** A drill that did not come to its end has no place and no result. */
function invocationOf(run: Omit<RunReport, 'drills'>) {
  const { status, unfinished } = run;
  const short = cutShort(run);
  const why = { level: 'error', message: message(short ?? '') };
  const left = { level: 'error', message: message(`not finished: ${unfinished.join(', ')}`) };
  return {
    executionSuccessful: status === 'completed' && unfinished.length === 0,
    ...((unfinished.length > 0 || short !== undefined) && {
      toolExecutionNotifications: [...(short === undefined ? [] : [why]), ...(unfinished.length > 0 ? [left] : [])],
    }),
  };
}

// --- rules ------------------------------------------------------------------

type Level = 'error' | 'warning' | 'none';

interface Rule {
  id: string;
  shortDescription: { text: string };
  fullDescription: { text: string };
  help: { text: string };
  defaultConfiguration: { level: Level };
}

/** One of each check that has a result, in the order in which they came. */
function createRules() {
  const rules = new Map<string, { index: number; rule: Rule }>();
  return {
    indexOf({ ruleId, level }: Result, drill: JudgedDrill): number {
      const known = entryOf(rules, ruleId, () => ({ index: rules.size, rule: ruleOf(ruleId, level, drill) }));
      if (level === 'error') known.rule.defaultConfiguration = { level };
      return known.index;
    },
    all: () => [...rules.values()].map(({ rule }) => rule),
  };
}

/** The name of a check says in a few words what it asks for: `fails-over`. */
function ruleOf(id: string, level: Level, { advice }: JudgedDrill): Rule {
  const says = id === OPEN ? 'the drill judged what it claims' : id.replaceAll('-', ' ');
  const more = id === OPEN ? 'Each result says what to do.' : `\`drill explain ${id}\` says what it reads.`;
  return {
    id,
    shortDescription: message(says),
    fullDescription: message(`A claim of a drill: ${says}.`),
    help: message(advice?.[id] ?? '', more),
    defaultConfiguration: { level },
  };
}

// --- results ----------------------------------------------------------------

interface Result {
  ruleId: string;
  kind: 'fail' | 'open';
  level: Level;
}

/** One after the other: with their flows, those of a long drill are large. */
function* resultsOf(drill: JudgedDrill): Iterable<Result> {
  for (const group of groupsOf(drill)) yield findingOf(group, drill);
  yield* openResult(drill);
}

/** Failed cells of one check in one phase, or of the drill as a whole. */
interface Group {
  /** The worst, or the first of equals. */
  cell: CellReport;
  phase?: string;
  /** So many asks failed it, of so many in the phase. */
  failed: number;
  of: number;
  /** So many for the reason of the cell. */
  alike: number;
  first?: Pick<TaskReport, 'task' | 'ask' | 'calls'>;
}

/** One way through the tasks: a long drill has more of them than memory should hold. */
function groupsOf(drill: JudgedDrill): Group[] {
  const groups = new Map<string, Group>();
  const asks = new Map<string, number>();
  const add = (cell: CellReport, task?: TaskReport) => {
    if (cell.verdict !== 'failed') return;
    const group = entryOf(groups, JSON.stringify([cell.check, task?.phase]), () => ({
      ...{ cell, failed: 0, of: 0, alike: 0 },
      ...(task && { phase: task.phase, first: { task: task.task, ask: task.ask, calls: task.calls } }),
    }));
    group.failed += 1;
    group.alike += Number(cell.reason === group.cell.reason);
    [group.cell = cell] = worstFirst([group.cell, cell]);
  };
  for (const cell of drill.checks) add(cell);
  for (const task of drill.tasks) {
    countUp(asks, task.phase);
    for (const cell of task.checks) add(cell, task);
  }
  return [...groups.values()].map((group) => ({ ...group, of: asks.get(group.phase ?? '') ?? 0 }));
}

function findingOf(group: Group, drill: JudgedDrill) {
  const { cell, phase, first } = group;
  const { evidence } = cell;
  const place = placeOf(drill, cell.check);
  return {
    ruleId: plain(cell.check),
    kind: 'fail' as const,
    level: cell.severity === 'minor' ? ('warning' as const) : ('error' as const),
    message: message(`${howMany(group)}:`, cell.reason, whereToLook(group, drill)),
    locations: place.map((physicalLocation) => ({ physicalLocation })),
    partialFingerprints: fingerprintsOf(drill.name, cell.check, phase),
    ...(first !== undefined && first.calls.length > 0 && { codeFlows: [flowOf(first, place)] }),
    properties: { drill: plain(drill.name), phase: phase && plain(phase), evidence: evidence.slice(0, MOST_STEPS) },
  };
}

function howMany({ phase, failed, of, alike }: Group): string {
  if (phase === undefined) return 'the whole drill';
  return `${failed} of ${count(of, 'task')}${alike === failed ? '' : `, ${alike} in these words`}`;
}

function whereToLook({ phase, first }: Group, { name, reproduce }: JudgedDrill): string {
  const at = first === undefined ? [] : [`phase ${phase}`, `first in ${first.task}, ask ${first.ask}`];
  return `(${[`drill ${name}`, ...at].join(', ')}; ${reproduce})`;
}

/** What was not decided is no finding: neither passed nor failed. Of a drill that failed, the findings come first. */
function openResult(drill: JudgedDrill) {
  if (drill.verdict !== 'inconclusive') return [];
  const why = whyOpen(drill);
  return [
    {
      ruleId: OPEN,
      kind: 'open' as const,
      level: 'none' as const,
      message: message(`the drill ${drill.name} is open:`, ...why.slice(0, 10), more(why.length - 10, 'reason')),
      locations: placeOf(drill, OPEN).map((physicalLocation) => ({ physicalLocation })),
      partialFingerprints: fingerprintsOf(drill.name, OPEN, undefined),
    },
  ];
}

const more = (n: number, one: string): string => (n > 0 ? `and ${count(n, `more ${one}`)}` : '');

/**
 * What a finding is known by in the next run: whatever moves in the drill's file, and whatever figures its reason gives.
 * GitHub goes by the second name alone; by the line it would take a check's findings in two phases for one.
 */
function fingerprintsOf(drill: string, check: string, phase: string | undefined) {
  const parts = JSON.stringify([drill, check, phase ?? null]);
  const hash = createHash('sha256').update(parts).digest('hex').slice(0, 32);
  return { 'drillCheckPhase/v1': hash, primaryLocationLineHash: `${hash}:1` };
}

/** The calls of one ask, one after the other. */
function flowOf({ calls }: Pick<TaskReport, 'calls'>, [physicalLocation]: Place[]) {
  const fits = calls.length <= MOST_STEPS;
  const texts = calls.slice(0, fits ? MOST_STEPS : MOST_STEPS - 1).map(stepOf);
  if (!fits) texts.push(more(calls.length - texts.length, 'call'));
  const locations = texts.map((text) => ({ location: { physicalLocation, message: message(text) } }));
  return { threadFlows: [{ locations }] };
}

/** `primary: timeout after 2.0 s (hang)`. */
function stepOf(call: TaskReport['calls'][number]): string {
  const after = call.ms === null ? '' : ` after ${seconds(call.ms)}`;
  return `${call.role}: ${howItWent(call)}${after}${call.fault === null ? '' : ` (${call.fault})`}`;
}

// --- places and texts -------------------------------------------------------

const ROOT = '%SRCROOT%';

interface Place {
  artifactLocation: { uri: string; uriBaseId?: string };
  region: { startLine: number };
}

/** Where a drill claims a check, or where it begins: golden tasks and contracts bring claims along. None where it is not known. */
function placeOf({ source }: JudgedDrill, check: string): Place[] {
  if (source === undefined) return [];
  const startLine = Math.max(1, source.expect[check] ?? source.line);
  return [{ artifactLocation: artifactOf(source.file), region: { startLine } }];
}

/** A file outside the folder in which drill was started is known by its whole path. */
function artifactOf(file: string): Place['artifactLocation'] {
  const path = /^[a-z]:\\/i.test(file) ? `/${file.replaceAll('\\', '/')}` : file;
  const uri = path
    .replace(/\p{Cs}/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  return uri.startsWith('/') ? { uri: `file://${uri}` } : { uri, uriBaseId: ROOT };
}

/** Each part has its room. Braces would be places for arguments, and a text in brackets may be a link. */
function message(...parts: string[]): { text: string } {
  const text = parts.map(plain).filter(Boolean).join(' ');
  return { text: text.replace(/[{}]/g, '$&$&').replaceAll('](', '] (') };
}
