import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DrillError, type Place } from '../core/errors.ts';
import { suggest } from './closest.ts';
import { cannotRead, displayPath, kindOf } from './read-file.ts';

export interface FoundFile {
  name: string;
  /** Absolute. */
  path: string;
}

let root: string | undefined;

/** The folder of this package, whether it runs from its sources, its build or somebody's node_modules. */
export function packageRoot(): string {
  if (root !== undefined) return root;
  for (let dir = dirname(fileURLToPath(import.meta.url)); ; dir = dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && /"name":\s*"failover-drill"/.test(readFileSync(manifest, 'utf8'))) {
      root = dir;
      return dir;
    }
    if (dir === dirname(dir)) throw new Error('the package.json of failover-drill was not found');
  }
}

/** Drills of the project, then those of the package whose names the project does not use itself. */
export function listDrills(cwd: string): FoundFile[] {
  const own = drillsIn(join(cwd, 'drills'));
  const shipped = resolve(cwd) === packageRoot() ? [] : drillsIn(join(packageRoot(), 'drills'));
  return [...own, ...shipped.filter((drill) => own.every((one) => one.name !== drill.name))];
}

/** The file of a drill, named by its path or by its name. Throws a DrillError. */
export function findDrill(name: string, cwd: string): string {
  const drills = listDrills(cwd);
  const found = drills.find((drill) => drill.name === name);
  if (found !== undefined) return found.path;
  if (looksLikePath(name)) return resolve(cwd, name);
  throw new DrillError('unknown_drill', {
    message: `there is no drill "${name}"`,
    place: { file: displayPath(join(cwd, 'drills')) },
    fix: suggest(
      name,
      drills.map((drill) => drill.name),
      'drills',
    ),
  });
}

const homesOf = (cwd: string, what: 'golden' | 'sources'): string[] =>
  [...new Set([resolve(cwd), packageRoot()])].map((dir) => join(dir, 'fixtures', what));

/** Where the documents are that golden tasks may cite, beside those of their own folder. */
export const sourceHomes = (cwd: string): string[] => homesOf(cwd, 'sources');

/** Workflows of the project, then those of the package whose names the project does not use itself. */
export function listWorkflows(cwd: string): FoundFile[] {
  const found = homesOf(cwd, 'golden').flatMap((home) =>
    foldersIn(home).map((path) => ({ name: basename(path), path })),
  );
  return found.filter(({ name }, i) => found.findIndex((one) => one.name === name) === i);
}

/** The folder of a workflow's golden tasks, in the project or in the package. `place` is where it is named. Throws a DrillError. */
export function findWorkflow(name: string, cwd: string, place?: Place): string {
  const known = listWorkflows(cwd);
  const found = known.find((workflow) => workflow.name === name);
  if (found !== undefined) return found.path;
  const names = known.map((workflow) => workflow.name);
  throw new DrillError('unknown_workflow', {
    message: `there are no golden tasks for the workflow "${name}"`,
    place: place ?? { file: displayPath(join(cwd, 'fixtures', 'golden')) },
    fix: `${suggest(name, names, 'workflows')}; or name a folder with \`--tasks\``,
  });
}

const EXTENSIONS = ['.yaml', '.yml', '.json'];

const isDataFile = (name: string): boolean => EXTENSIONS.includes(extname(name));

const looksLikePath = (name: string): boolean => isDataFile(name) || /[\\/]/.test(name);

const drillsIn = (dir: string): FoundFile[] =>
  dataFilesIn(dir).map((path) => ({ name: basename(path, extname(path)), path }));

/** Names in a folder in one order on every machine; none where there is no folder. Throws a DrillError where it is closed. */
export function namesIn(dir: string): string[] {
  if (kindOf(dir) !== 'folder') return [];
  try {
    return readdirSync(dir).sort();
  } catch (error) {
    throw cannotRead(error, dir, 'folder');
  }
}

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
