import { basename, dirname, extname, join } from 'node:path';
import { Cassette } from '../core/cassette.ts';
import { DrillError } from '../core/errors.ts';
import { entryOf } from '../core/once.ts';
import { dataFilesIn, foldersIn } from './find.ts';
import { inspect } from './issues.ts';
import { Problems } from './problems.ts';
import { displayPath, readUserFile } from './read-file.ts';

/** Where the recordings of a project are, each workflow's in a folder of its name. */
const homeOf = (cwd: string): string => join(cwd, 'fixtures', 'replies');

/** Of a workflow whose name could lead out of that folder nothing is kept. Throws a DrillError. */
export function cassetteFolder(cwd: string, workflow: string): string {
  if (/^[\w-][\w.-]*$/.test(workflow)) return join(homeOf(cwd), workflow);
  throw new DrillError({
    message: `the workflow "${workflow}" cannot have recordings: its name cannot be that of a folder`,
    place: { file: displayPath(homeOf(cwd)) },
    fix: 'Give it a name of letters, digits, dots, dashes and underscores.',
  });
}

/** The cassettes of a workflow in the order of their tasks; none where nothing was recorded. Throws a DrillError with every problem. */
export function loadCassettes(cwd: string, workflow: string): Cassette[] {
  const told = new Problems();
  const cassettes = cassettesIn(cassetteFolder(cwd, workflow)).flatMap(
    (path) => told.attempt(() => loadCassette(path, workflow)) ?? [],
  );
  told.end();
  return cassettes;
}

/** Whatever else is kept beside them is left alone. */
const cassettesIn = (folder: string): string[] => dataFilesIn(folder).filter((path) => extname(path) === '.yaml');

/** All cassettes of a project. */
export const cassetteFiles = (cwd: string): string[] => foldersIn(homeOf(cwd)).flatMap(cassettesIn);

/** The workflows of a project that have recordings. */
export const recordedWorkflows = (cwd: string): string[] => [
  ...new Set(cassetteFiles(cwd).map((path) => basename(dirname(path)))),
];

/** Reads one; its folder is called like the workflow. Throws a DrillError. */
export function loadCassette(path: string, workflow = basename(dirname(path))): Cassette {
  const { data, place } = readUserFile(path);
  const told = new Problems();
  const cassette = inspect(told, Cassette, { value: data, place });
  const task = basename(path, extname(path));
  if (cassette !== undefined && cassette.task !== task)
    told.tell(place(['task']), `this is "${cassette.task}", and the file is called ${task}`, `write \`task: ${task}\``);
  if (cassette !== undefined && cassette.workflow !== workflow)
    told.tell(
      place(['workflow']),
      `this is "${cassette.workflow}", and the folder is called ${workflow}`,
      `write \`workflow: ${workflow}\`, or move the file`,
    );
  if (cassette === undefined || told.all.length > 0) throw told.error();
  return cassette;
}

/** Reads the cassettes of each workflow once. Throws a DrillError where a workflow has none. */
export function cassettesFinder(cwd: string): (workflow: string) => Cassette[] {
  const known = new Map<string, Cassette[]>();
  return (workflow) => {
    const cassettes = entryOf(known, workflow, () => loadCassettes(cwd, workflow));
    if (cassettes.some(({ takes }) => takes.length > 0)) return cassettes;
    const others = recordedWorkflows(cwd).filter((name) => name !== workflow);
    const or = others.length === 0 ? '' : `, or name drills of what has some: ${others.join(', ')}`;
    throw new DrillError({
      message: `nothing is recorded of the workflow ${workflow}`,
      place: { file: displayPath(cassetteFolder(cwd, workflow)) },
      fix: `Record it with \`drill run … --mode live --record\`${or}; without --replies the golden tasks reply.`,
    });
  };
}
