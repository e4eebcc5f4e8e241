import { join } from 'node:path';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { suggest } from '../../config/closest.ts';
import { loadConfig } from '../../config/config-file.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { type FoundFile, listDrills, listWorkflows, sourceHomes } from '../../config/find.ts';
import { displayPath } from '../../config/read-file.ts';
import { loadWorkflow } from '../../config/workflow-folder.ts';
import { DrillError } from '../../core/errors.ts';
import type { Workflow } from '../../core/golden-task.ts';
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
  const kinds: Record<string, () => Row[]> = {
    drills: () => drillRows(catalogue, cwd),
    workflows: () => workflowRows(catalogue, cwd),
    faults: () => catalogue.faults.map(rowOf),
    checks: () => catalogue.checks.map(rowOf),
    protocols: () => catalogue.protocols.map(rowOf),
    targets: () => targetRows(catalogue, cwd),
    reporters: () => catalogue.reporters.map(rowOf),
  };
  const names = Object.keys(kinds);
  if (what !== undefined && !names.includes(what))
    throw new DrillError('unknown_kind', {
      message: `there is nothing called "${what}" to list`,
      place: { file: 'drill list' },
      fix: suggest(what, names, 'there is'),
    });
  const chosen = names.filter((name) => what === undefined || name === what);
  const rows = Object.fromEntries(chosen.map((name) => [name, kinds[name]?.() ?? []]));
  stdout.write(
    flags.json ? `${JSON.stringify(rows, null, 2)}\n` : `${Object.entries(rows).map(sectionOf).join('\n\n')}\n`,
  );
}

const rowOf = ({ name, summary }: Row): Row => ({ name, summary });

function sectionOf([name, rows]: [string, Row[]]): string {
  const width = Math.max(0, ...rows.map((row) => row.name.length));
  return [name, ...rows.map((row) => `  ${row.name.padEnd(width)}  ${row.summary}`.trimEnd())].join('\n');
}

const drillRows = (catalogue: Catalogue, cwd: string): Row[] =>
  listDrills(cwd).map((found) => rowOfFile(found, () => loadDrill(found.path, catalogue).drill.title));

function workflowRows(catalogue: Catalogue, cwd: string): Row[] {
  const summary = ({ tasks, contract }: Workflow) =>
    `${tasks.length} golden task${tasks.length === 1 ? '' : 's'}, ${contract === undefined ? 'no contract' : `stakes ${contract.stakes}`}`;
  return listWorkflows(cwd).map((found) =>
    rowOfFile(found, () => summary(loadWorkflow(found.path, sourceHomes(cwd), catalogue))),
  );
}

/** What is broken is listed too, with the way to its problems. */
function rowOfFile({ name, path }: FoundFile, summary: () => string): Row {
  try {
    return { name, summary: summary() };
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    return { name, summary: `(broken: drill validate ${displayPath(path)})` };
  }
}

function targetRows(catalogue: Catalogue, cwd: string): Row[] {
  const own = Object.entries(loadConfig(cwd, catalogue)?.targets ?? {}).map(([name, entry]) => ({
    name,
    summary: entry.module === undefined ? `the package’s ${entry.builtin}` : displayPath(join(entry.module)),
  }));
  const builtin = Object.keys(catalogue.builtinTargets)
    .filter((name) => own.every((row) => row.name !== name))
    .map((name) => ({ name, summary: 'comes with the package' }));
  const kinds = catalogue.targetKinds.map(({ name, summary }) => ({ name: `(${name})`, summary }));
  return [...own, ...builtin, ...kinds];
}
