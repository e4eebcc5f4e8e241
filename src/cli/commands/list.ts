import type { Catalogue } from '../../config/catalogue-type.ts';
import { unknown } from '../../config/closest.ts';
import { loadConfig } from '../../config/config-file.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { type FoundFile, listDrills, listWorkflows, sourceHomes } from '../../config/find.ts';
import type { LoadedDrill } from '../../config/loaded-drill.ts';
import { Problems } from '../../config/problems.ts';
import { displayPath } from '../../config/read-file.ts';
import { loadWorkflow } from '../../config/workflow-folder.ts';
import type { Workflow } from '../../core/golden-task.ts';
import { keeping } from '../../keeping.ts';
import type { Terminal } from '../terminal.ts';

interface Row {
  name: string;
  summary: string;
}

/** Prints what there is, or one kind of it. Throws a DrillError for a kind that does not exist. */
export function list(
  what: string | undefined,
  flags: { json: boolean },
  catalogue: Catalogue,
  { cwd, stdout }: Pick<Terminal, 'cwd' | 'stdout'>,
): void {
  const keep = keeping(catalogue);
  const homes = sourceHomes(cwd);
  const kinds: Record<string, () => Row[]> = {
    drills: () =>
      rowsOfFiles(listDrills(cwd), (path) => keep(['title', path], () => titleOf(loadDrill(path, catalogue)))),
    workflows: () =>
      rowsOfFiles(listWorkflows(cwd), (path) =>
        keep(['summary', path, homes], () => workflowSummary(loadWorkflow(path, homes, catalogue))),
      ),
    faults: () => catalogue.faults.map(rowOf),
    checks: () => catalogue.checks.map(rowOf),
    protocols: () => catalogue.protocols.map(rowOf),
    targets: () => targetRows(catalogue, cwd),
    reporters: () => catalogue.reporters.map(rowOf),
  };
  const names = Object.keys(kinds);
  if (what !== undefined && !names.includes(what))
    throw unknown(`there is nothing called "${what}" to list`, 'drill list', what, names, 'there is');
  const chosen = names.filter((name) => what === undefined || name === what);
  const rows = Object.fromEntries(chosen.map((name) => [name, kinds[name]?.() ?? []]));
  stdout.write(
    flags.json ? `${JSON.stringify(rows, null, 2)}\n` : `${Object.entries(rows).map(sectionOf).join('\n\n')}\n`,
  );
}

/** Who wonders why a run did not have it is told. */
const titleOf = ({ drill: { title, named_only } }: LoadedDrill): string =>
  named_only ? `${title} (runs only where it is named)` : title;

const rowOf = ({ name, summary }: Row): Row => ({ name, summary });

function sectionOf([name, rows]: [string, Row[]]): string {
  const width = Math.max(0, ...rows.map((row) => row.name.length));
  return [name, ...rows.map((row) => `  ${row.name.padEnd(width)}  ${row.summary}`.trimEnd())].join('\n');
}

const workflowSummary = ({ tasks, contract }: Workflow): string =>
  `${tasks.length} golden task${tasks.length === 1 ? '' : 's'}, ${contract === undefined ? 'no contract' : `stakes ${contract.stakes}`}`;

/** What is broken is listed too, with the way to its problems. */
function rowsOfFiles(found: readonly FoundFile[], summary: (path: string) => string): Row[] {
  return found.map(({ name, path }) => ({
    name,
    summary: new Problems().attempt(() => summary(path)) ?? `(broken: drill validate ${displayPath(path)})`,
  }));
}

function targetRows(catalogue: Catalogue, cwd: string): Row[] {
  const own = Object.entries(loadConfig(cwd, catalogue)?.targets ?? {}).map(([name, entry]) => ({
    name,
    summary: entry.module === undefined ? `the package’s ${entry.builtin}` : displayPath(entry.module),
  }));
  const builtin = Object.keys(catalogue.builtinTargets)
    .filter((name) => own.every((row) => row.name !== name))
    .map((name) => ({ name, summary: 'comes with the package' }));
  const kinds = catalogue.targetKinds.map(({ name, summary }) => ({ name: `(${name})`, summary }));
  return [...own, ...builtin, ...kinds];
}
