import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { matrixOf } from '../core/drill.ts';
import { DrillError, type Place } from '../core/errors.ts';
import { suggest, unknown } from './closest.ts';
import { question } from './kept.ts';
import { cannotRead, displayPath, kindOf } from './read-file.ts';

export interface FoundFile {
  name: string;
  /** Absolute. */
  path: string;
}

/** The folder of this package, whether it runs from its sources, its build or somebody's node_modules. */
export function packageRoot(): string {
  root ??= folderOver(dirname(fileURLToPath(import.meta.url)));
  return root;
}
let root: string | undefined;

const folderOver = (dir: string): string => (existsSync(join(dir, 'package.json')) ? dir : folderOver(dirname(dir)));

const rootsOf = (cwd: string): string[] => [...new Set([resolve(cwd), packageRoot()])];

/** What is found in the project, then what is in the package under names that the project does not use itself. */
function foundIn(cwd: string, find: (root: string) => FoundFile[]): FoundFile[] {
  const found = rootsOf(cwd).flatMap(find);
  return found.filter(({ name }, i) => found.findIndex((one) => one.name === name) === i);
}

export const listDrills = (cwd: string): FoundFile[] =>
  foundIn(cwd, (root) =>
    dataFilesIn(join(root, 'drills')).map((path) => ({ name: basename(path, extname(path)), path })),
  );

/** What is run where nobody names a drill: the project's own, or those of the package where it has none. */
export function usualDrills(cwd: string): FoundFile[] {
  const all = listDrills(cwd);
  const own = all.filter(({ path }) => dirname(path) === join(resolve(cwd), 'drills'));
  return own.length > 0 ? own : all;
}

export const listWorkflows = (cwd: string): FoundFile[] =>
  foundIn(cwd, (root) => foldersIn(join(root, 'fixtures', 'golden')).map((path) => ({ name: basename(path), path })));

/** Where the documents are that golden tasks may cite, beside those of their own folder. */
export const sourceHomes = (cwd: string): string[] => rootsOf(cwd).map((root) => join(root, 'fixtures', 'sources'));

/** A drill that somebody has named, or one of its alternatives. */
export interface FoundDrill {
  /** Absolute. */
  path: string;
  alternative?: string;
  /** The path as somebody wrote it, where it was named by that. */
  written?: string;
}

/** The file of a drill, named by its path or by its name, as in `every_fault/hang`. Throws a DrillError. */
export function findDrill(name: string, cwd: string): FoundDrill {
  const drills = listDrills(cwd);
  const found = drills.find((drill) => drill.name === name);
  if (found !== undefined) return { path: found.path };
  const of = matrixOf(name);
  const matrix = drills.find((drill) => drill.name === of?.matrix);
  if (of !== undefined && matrix !== undefined) return { path: matrix.path, alternative: of.alternative };
  if (isDataFile(name) || /[\\/]/.test(name)) return { path: resolve(cwd, name), written: name };
  throw unknown(`there is no drill "${name}"`, displayPath(join(cwd, 'drills')), name, namesOf(drills), 'drills');
}

/** The folder of a workflow's golden tasks, in the project or in the package. `place` is where it is named. Throws a DrillError. */
export function findWorkflow(name: string, cwd: string, place?: Place): string {
  const workflows = listWorkflows(cwd);
  const found = workflows.find((workflow) => workflow.name === name);
  if (found !== undefined) return found.path;
  throw new DrillError({
    message: `there are no golden tasks for the workflow "${name}"`,
    place: place ?? { file: displayPath(join(cwd, 'fixtures', 'golden')) },
    fix: `${suggest(name, namesOf(workflows), 'workflows')}; or name a folder with \`--tasks\``,
  });
}

const namesOf = (found: readonly FoundFile[]): string[] => found.map((one) => one.name);

const EXTENSIONS = ['.yaml', '.yml', '.json'];

const isDataFile = (name: string): boolean => EXTENSIONS.includes(extname(name));

/** Names in a folder in one order on every machine; none where there is no folder. Throws a DrillError where it is closed. */
export const namesIn = question('names', (dir): string[] => {
  if (kindOf(dir) !== 'folder') return [];
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    throw cannotRead(error, dir, 'folder');
  }
});

/** The YAML and JSON files of a folder. */
export const dataFilesIn = (dir: string): string[] =>
  namesIn(dir)
    .filter(isDataFile)
    .map((name) => join(dir, name));

/** The folders in a folder. */
export const foldersIn = (dir: string): string[] =>
  namesIn(dir)
    .map((name) => join(dir, name))
    .filter((path) => kindOf(path) === 'folder');
