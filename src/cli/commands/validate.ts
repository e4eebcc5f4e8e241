import { basename, dirname, join, resolve } from 'node:path';
import { cassetteFiles, loadCassette } from '../../config/cassette-files.ts';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { CONFIG_FILE, loadConfig } from '../../config/config-file.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { dataFilesIn, foldersIn, sourceHomes } from '../../config/find.ts';
import { loadNotices } from '../../config/notices-file.ts';
import { Problems } from '../../config/problems.ts';
import { displayPath, kindOf, readUserFile } from '../../config/read-file.ts';
import { BESIDE, loadWorkflow, taskFiles } from '../../config/workflow-folder.ts';
import { DrillError } from '../../core/errors.ts';
import { isRecord } from '../../text/json.ts';
import type { Terminal } from '../terminal.ts';

/** Reads files as a run would. Throws a DrillError with the problems of all of them. */
export function validate(
  names: readonly string[],
  catalogue: Catalogue,
  { cwd, stdout }: Pick<Terminal, 'cwd' | 'stdout'>,
): void {
  const named = names.map((name) => resolve(cwd, name));
  const paths = names.length === 0 ? projectFiles(cwd) : named.flatMap((path) => drillsOfFolder(path) ?? [path]);
  if (paths.length === 0)
    throw new DrillError({
      message: 'there is nothing to validate here',
      place: { file: displayPath(cwd) },
      fix: 'name files, or go to a folder with `drills/`',
    });
  const told = new Problems();
  // Many tasks of one folder may be named: the folder is read once.
  const seen = new Set<string>();
  let fine = 0;
  for (const path of paths) fine += told.attempt(() => readPath(path, cwd, catalogue, seen)) ?? 0;
  if (fine > 0 || told.all.length === 0) stdout.write(`${fine === 1 ? '1 file is' : `${fine} files are`} fine\n`);
  if (told.all.length > 0) throw new DrillError(told.all);
}

/** The number of files that were read. */
function readPath(path: string, cwd: string, catalogue: Catalogue, seen: Set<string>): number {
  const isFolder = kindOf(path) === 'folder';
  if (!isFolder && basename(path) === CONFIG_FILE) {
    loadConfig(dirname(path), catalogue);
    return 1;
  }
  const data = isFolder ? undefined : readUserFile(path).data;
  // It may stand anywhere, and names nothing of its neighbours.
  if (isRecord(data) && 'notices' in data && !('drill' in data)) {
    loadNotices(path, catalogue);
    return 1;
  }
  if (isRecord(data) && 'takes' in data) {
    loadCassette(path);
    return 1;
  }
  // A golden task is judged with its neighbours and sources: its folder is what is valid or not.
  const dir = isFolder ? path : isGoldenTask(data, path) ? dirname(path) : undefined;
  if (dir === undefined) {
    loadDrill(path, catalogue, { cwd });
    return 1;
  }
  if (seen.has(dir)) return 0;
  seen.add(dir);
  loadWorkflow(dir, sourceHomes(cwd), catalogue);
  return taskFiles(dir).length;
}

/** A folder called `drills` stands for its files. */
const drillsOfFolder = (path: string): string[] | undefined =>
  basename(path) === 'drills' ? dataFilesIn(path) : undefined;

function isGoldenTask(data: unknown, path: string): boolean {
  const first: unknown = Array.isArray(data) ? data[0] : data;
  const looksLikeOne = isRecord(first) && !('drill' in first) && ('input' in first || 'name' in first);
  return looksLikeOne || BESIDE.test(basename(path));
}

/** Everything of a project that a run may read. */
function projectFiles(cwd: string): string[] {
  const config = join(cwd, CONFIG_FILE);
  return [
    ...(kindOf(config) === undefined ? [] : [config]),
    ...dataFilesIn(join(cwd, 'drills')),
    ...foldersIn(join(cwd, 'fixtures', 'golden')),
    ...cassetteFiles(cwd),
  ];
}
