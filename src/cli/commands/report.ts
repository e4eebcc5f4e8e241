import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { suggest } from '../../config/closest.ts';
import { packageVersion } from '../../config/project.ts';
import type { Drill } from '../../core/drill.ts';
import { DrillError } from '../../core/errors.ts';
import type { Check, OpenReporter, Reporter } from '../../core/plugin.ts';
import type { RunReport } from '../../core/report.ts';
import { exitCode } from '../../exit-code.ts';
import { asNow } from '../../judge/old-runs.ts';
import { runNamed } from '../../judge/reports-folder.ts';
import { createSpool } from '../../judge/spool.ts';
import { linesOf, readState, type State } from '../../judge/stored-file.ts';
import { judgeStored, readRun, type StoredRun } from '../../judge/stored-run.ts';
import { storedBodies } from '../../run/stored-bodies.ts';
import { unguessable } from '../../world/index.ts';
import { goesOn } from '../../world/processes.ts';
import type { Terminal } from '../terminal.ts';

/**
 * Shows a stored run again, without running anything, and gives its exit code. It is judged from its events; where
 * `run.json` says anything else of them, that is an error and nothing is shown.
 */
export function report(given: string, as: string, catalogue: Catalogue, terminal: Terminal): number {
  const { reporters, checks } = catalogue;
  const folder = runNamed(given, terminal.cwd);
  const run = openRun(folder, terminal);
  const json = reporters.find(({ file }) => file === 'run.json');
  if (json === undefined) throw new Error('no reporter writes run.json');
  const telling = { run, folder, as, claims: new Map(), by: { reporters, checks } };
  if (run.brokenOff) return exitCode(show(telling, terminal), { unread: 'passed', stderr: terminal.stderr });
  const held = heldAgainst(run, json);
  try {
    return exitCode(show(telling, terminal, [held]), { unread: 'passed', stderr: terminal.stderr });
  } finally {
    held.close();
  }
}

/** Opens a stored run, or what one that is over without a report has left. */
export function openRun(given: string, { cwd, stderr }: Terminal): StoredRun {
  const folder = runNamed(given, cwd);
  const path = resolve(cwd, folder);
  const name = relative(cwd, path) || folder;
  const state = readState(path);
  if (state !== undefined && !leftSomething(path, state)) throw withoutReport(state, name);
  const run = readRun(path, name);
  if (run.brokenOff)
    stderr.write('there is no run.json: this is how far the run came, and nothing shows that its files are whole\n');
  return run;
}

/** Whether a run is over, and had begun. */
const leftSomething = (path: string, { status, ...process }: State): boolean =>
  (status === 'errored' || !goesOn(process)) &&
  (statSync(join(path, 'trace.jsonl'), { throwIfNoEntry: false })?.size ?? 0) > 0;

/** A run that has written no report yet, or never will. */
function withoutReport({ status, ...process }: State, file: string): DrillError {
  const again = 'Run the drill again; its seed gives the same run.';
  const say = (message: string, fix: string) => new DrillError({ message, place: { file }, fix });
  if (status === 'errored') return say('this run broke off with an error before it could report anything', again);
  return goesOn(process)
    ? say(`this run is ${status} (process ${process.pid})`, 'Wait for its end.')
    : say('this run was interrupted: its process is gone, and has written no report', again);
}

interface Telling {
  run: StoredRun;
  folder: string;
  /** The reporter's name. */
  as: string;
  /** What drills expect in place of what was stored. */
  claims: ReadonlyMap<string, Drill['expect']>;
  by: { reporters: readonly Reporter[]; checks: readonly Check[] };
}

/** Judges a stored run and tells a reporter of it, as if it had just happened; nothing is shown of one that is not sound. */
export function show(
  { run, folder, as, claims, by }: Telling,
  { stdout, color, columns }: Terminal,
  others: readonly OpenReporter[] = [],
): Omit<RunReport, 'drills'> {
  const reporter = by.reporters.find((r) => r.name === as);
  const known = by.reporters.map((r) => r.name);
  const fix = suggest(as, known, 'reporters');
  if (reporter === undefined) throw new DrillError({ message: `there is no reporter "${as}"`, fix });
  const spool = createSpool(join(tmpdir(), `drill-shown-${process.pid}`));
  try {
    const about = { brief: run.plans > 1, folder, run: run.facts.about.id, guard: unguessable() };
    const chosen = reporter.open(spool, { color, columns, ...about });
    const all = [...others, chosen];
    if (chosen.onBody !== undefined) for (const line of storedBodies(run)) chosen.onBody(line);
    const summary = judgeStored(run, by.checks, claims, {
      onEvent: (event) => {
        for (const open of all) open.onEvent?.(event);
      },
      onDrill: (drill) => {
        for (const open of all) open.onDrill?.(drill);
      },
    });
    const [head] = all.map((open) => open.onEnd(summary)).slice(-1);
    stdout.write(head ?? '');
    for (const piece of spool.pieces()) stdout.write(piece);
    return summary;
  } finally {
    spool.close();
  }
}

/** Holds what the events come to against `run.json`, line by line, in the words of the reporter that wrote it. */
function heldAgainst(run: StoredRun, json: Reporter): OpenReporter & { close(): void } {
  const file = run.file('run.json');
  const stored = linesOf(file);
  const first = asNow(stored.next().value ?? '');
  let line = 1;
  // The first line begins with what the reporter says last.
  let tail: string | undefined;
  let pending = '';
  const compare = (says: string, gives: string, at: number) => {
    if (says !== gives) throw disagreement(run, says, gives, at);
  };
  const open = json.open(
    {
      write(text) {
        const lines = (pending + text).split('\n');
        pending = lines.pop() ?? '';
        for (const gives of lines) {
          if (tail === undefined) tail = gives;
          else compare(stored.next().value ?? '', gives, ++line);
        }
      },
    },
    { color: false, columns: 0, folder: '' },
  );
  return {
    ...open,
    onEnd(summary) {
      const head = open.onEnd(summary);
      compare(first, `${head ?? ''}${tail ?? ''}`, 1);
      compare(stored.next().value ?? '', '', line + 1);
      return head;
    },
    close: () => void stored.return(),
  };
}

/** Enough of a line to see what it is about. */
const SHOWN = 80;

function disagreement({ file, facts }: StoredRun, says: string, gives: string, line: number): DrillError {
  let at = 0;
  while (at < says.length && says[at] === gives[at]) at += 1;
  // From the key on, where it is near.
  const key = /"\w+":[^:]*$/.exec(says.slice(Math.max(0, at - SHOWN), at))?.[0].length ?? 0;
  const shown = (text: string) => text.slice(at - key, at - key + SHOWN).split(',"', 1)[0] || 'nothing there';
  const [wrote, version] = [facts.about.versions['drill'], packageVersion()];
  const other = wrote === version ? '' : ` (it was written by version ${wrote}, this is ${version})`;
  return new DrillError({
    message: `it and the events of the run disagree${other}: it says ${shown(says)}, the events give ${shown(gives)}`,
    place: { file: file('run.json').name, line },
    fix: '`drill judge` tells what the checks of this version make of the events; or run the drill again.',
  });
}
