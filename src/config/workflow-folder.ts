import { realpathSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { Concepts } from '../core/concept.ts';
import { Contract } from '../core/contract.ts';
import { DrillError, formatPlace, type Place, type Problem } from '../core/errors.ts';
import { type Expectation, GoldenTask, type Source, type Workflow } from '../core/golden-task.ts';
import { isRecord } from '../core/json.ts';
import { suggest } from './closest.ts';
import { dataFilesIn, namesIn } from './find.ts';
import { inspect, parseWith, strangers } from './issues.ts';
import { schemaProblems } from './output-schema.ts';
import { createPatternCheck } from './pattern.ts';
import {
  displayPath,
  kindOf,
  MAX_PROBLEMS,
  type Path,
  readBase64,
  readText,
  readUserFile,
  type UserFile,
} from './read-file.ts';
import { type Judges, linkProblems, type Placed, type PlacedTask, ToolsFile } from './workflow-links.ts';

/** What stands in a workflow's folder beside golden tasks, e.g. `contract.yaml`. */
const BESIDE = /^(contract|concepts|tools)\.(ya?ml|json)$/;
const PICTURES = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
};
const SOURCE_EXTENSIONS = ['.md', '.txt', '.json', ...Object.keys(PICTURES)];
const MAX_TASKS = 1_000;

/** A contract as written in a file: the output's schema may stand in a file beside it. */
export const ContractFile = Contract.extend({
  output: z
    .strictObject({
      ...Contract.shape.output.unwrap().shape,
      schema: z
        .union([z.string(), Contract.shape.output.unwrap().shape.schema])
        .describe('the JSON Schema of the structured output, or the name of its file beside the contract'),
    })
    .optional()
    .describe('the structured output, where the workflow has one'),
});

const Tenant = z.strictObject({
  name: z.string().min(1),
  canary: z.string().min(8).describe('stands in this tenant’s records and may appear nowhere else'),
});

/**
 * Reads a folder of golden tasks with its contract, sources and canaries. A source is looked for in
 * the folder's own `sources/`, then in `sourceDirs`; in each per tenant first. Throws a DrillError
 * with every problem of every file. `name` is the workflow's, where it is not the folder's.
 */
export function loadWorkflow(
  dir: string,
  sourceDirs: string[],
  judges: Judges,
  name: string = basename(resolve(dir)),
): Workflow {
  const home = resolve(dir);
  const here: Place = { file: displayPath(home) };
  if (kindOf(home) !== 'folder')
    throw new DrillError('no_tasks', {
      message: 'there is no such folder of golden tasks',
      place: here,
      fix: 'name a folder with a JSON or YAML file a task',
    });
  const files = taskFiles(home);
  const problems: Problem[] = [];
  // What a file that cannot be read would have named cannot be missed in it.
  let linked = true;
  const beside = <T>(read: () => T | undefined): T | undefined => {
    const before = problems.length;
    const found = collecting(problems, read);
    linked &&= found !== undefined || problems.length === before;
    return found;
  };
  const contract = beside(() => loadContract(home, name, problems));
  const concepts = beside(() => readBeside(home, 'concepts', Concepts, problems));
  const tools = beside(() => readBeside(home, 'tools', ToolsFile, problems));
  const tasks = files
    .slice(0, MAX_TASKS)
    .flatMap((file) =>
      problems.length > MAX_PROBLEMS ? [] : (collecting(problems, () => readTasks(file, problems)) ?? []),
    );
  if (tasks.length > MAX_TASKS || files.length > MAX_TASKS)
    problems.push({
      message: `the folder holds more than ${MAX_TASKS} golden tasks`,
      place: here,
      fix: 'make several workflows of it',
    });
  if (tasks.length === 0 && problems.length === 0)
    problems.push({
      message: 'the folder holds no golden task',
      place: here,
      fix: 'add a JSON or YAML file with at least `name` and `input`',
    });
  const known = tasks.slice(0, MAX_TASKS);
  problems.push(...twinProblems(known), ...known.flatMap(uncitedProblems), ...patternProblems(known, judges));
  if (linked) problems.push(...linkProblems({ contract, concepts, tools, tasks: known }, judges));

  const homes = [join(home, 'sources'), ...sourceDirs.map((one) => resolve(one))];
  const sources = sourcesOf(known, homes, problems);
  const tenants = [...new Set(known.map(({ value }) => value.tenant))].sort();
  const canaries = tenants.flatMap((tenant) => {
    const canary = collecting(problems, () => loadCanary(tenant, homes));
    return canary === undefined ? [] : [[tenant, canary] as const];
  });
  if (problems.length > 0) throw new DrillError('invalid_workflow', problems.slice(0, MAX_PROBLEMS));
  return {
    name: contract?.value.workflow ?? name,
    ...(contract === undefined ? {} : { contract: contract.value }),
    tasks: tasks.map(({ value }) => value),
    sources,
    canaries: Object.fromEntries(canaries),
    concepts: concepts?.value ?? {},
    tools: tools?.value ?? [],
  };
}

/** Keeps going after a file's DrillError, so that all files are told about at once. */
function collecting<T>(problems: Problem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** A file beside the golden tasks, in whichever of its formats. */
function fileBeside(dir: string, what: string): UserFile | undefined {
  const name = namesIn(dir).find((one) => BESIDE.exec(one)?.[1] === what);
  return name === undefined ? undefined : readUserFile(join(dir, name));
}

function readBeside<S extends z.ZodType>(
  dir: string,
  what: string,
  schema: S,
  problems: Problem[],
): (Placed<z.output<S>> & { file: UserFile }) | undefined {
  const file = fileBeside(dir, what);
  if (file === undefined) return undefined;
  const found = inspect(schema, file);
  problems.push(...found.problems);
  return found.value === undefined ? undefined : { value: found.value, place: file.place, file };
}

function loadContract(dir: string, workflow: string, told: Problem[]): Placed<Contract> | undefined {
  const found = readBeside(dir, 'contract', ContractFile, told);
  if (found === undefined) return undefined;
  const { value: contract, place, file } = found;
  if (contract.workflow !== workflow)
    told.push({
      message: `the contract is for the workflow "${contract.workflow}", not "${workflow}"`,
      place: place(['workflow']),
      fix: `write \`workflow: ${workflow}\`, or rename the folder`,
    });
  const { output, ...rest } = contract;
  if (output === undefined) return { value: rest, place };
  if (typeof output.schema === 'string')
    return { value: { ...rest, output: { ...output, schema: readSchema(dir, output.schema, file) } }, place };
  told.push(...schemaProblems(output.schema, (path) => place(['output', 'schema', ...path])));
  return { value: { ...rest, output: { ...output, schema: output.schema } }, place };
}

function readSchema(dir: string, name: string, contract: UserFile): Record<string, unknown> {
  const path = resolve(dir, name);
  const invalid = (message: string, fix: string) =>
    new DrillError('invalid_contract', { message, place: contract.place(['output', 'schema']), fix });
  if (kindOf(path) !== 'file')
    throw invalid(`there is no file "${name}" beside the contract`, 'add it, or write it here');
  if (!isInside(dir, path)) throw invalid(`"${name}" leaves the folder`, 'keep the schema beside the contract');
  const { data, place } = readUserFile(path);
  if (!isRecord(data)) throw invalid(`"${name}" holds no JSON Schema`, 'a schema is a mapping with `type`');
  const problems = schemaProblems(data, place);
  if (problems.length > 0) throw new DrillError('invalid_contract', problems);
  return data;
}

/** The files of a folder that hold golden tasks, in name order. */
export function taskFiles(dir: string): string[] {
  return dataFilesIn(dir).filter((path) => !BESIDE.test(basename(path)) && !path.endsWith('.schema.json'));
}

/** One task or a list of tasks. Broken ones are told about, the others still come back. */
function readTasks(path: string, problems: Problem[]): PlacedTask[] {
  const file = readUserFile(path);
  const many = Array.isArray(file.data);
  const values: unknown[] = Array.isArray(file.data) ? file.data : [file.data];
  return values.slice(0, MAX_TASKS + 1).flatMap((value, i) => {
    if (problems.length > MAX_PROBLEMS) return [];
    const at = many ? [i] : [];
    const result = inspect(GoldenTask, file, { at, value });
    problems.push(...result.problems);
    if (result.value === undefined) return [];
    return [{ value: result.value, place: (path: Path) => file.place([...at, ...path]) }];
  });
}

function twinProblems(tasks: readonly PlacedTask[]): Problem[] {
  const first = new Map<string, PlacedTask>();
  return tasks.flatMap((placed) => {
    const { name } = placed.value;
    const twin = first.get(name);
    if (twin === undefined) first.set(name, placed);
    if (twin === undefined) return [];
    const message = `two golden tasks are called "${name}"; the first is at ${formatPlace(twin.place(['name']))}`;
    return [{ message, place: placed.place(['name']), fix: 'rename one' }];
  });
}

const uncitedProblems = ({ value: { required_sources = [], fixtures }, place }: PlacedTask): Problem[] =>
  strangers(
    required_sources.map((word, i) => ({ word, place: place(['required_sources', i]) })),
    fixtures,
    'fixtures',
    (word) => `required source "${word}" is not among the fixtures`,
  );

function patternProblems(tasks: readonly PlacedTask[], { sizeOf }: Judges): Problem[] {
  const check = createPatternCheck(sizeOf);
  const inList = (list: readonly Expectation[], key: string, place: PlacedTask['place']) =>
    list.flatMap((entry, i) =>
      typeof entry === 'string' || !('pattern' in entry) ? [] : check(entry.pattern, place([key, i, 'pattern'])),
    );
  return tasks.flatMap(({ value: task, place }) => [
    ...inList(task.must_include, 'must_include', place),
    ...inList(task.must_not, 'must_not', place),
  ]);
}

/** The documents and records the tasks may cite, each once a tenant. */
function sourcesOf(tasks: readonly PlacedTask[], homes: readonly string[], problems: Problem[]): Source[] {
  const listed = new Map<string, ReadonlySet<string>>();
  const filesIn = (dir: string): ReadonlySet<string> => {
    const files = listed.get(dir) ?? new Set(namesIn(dir).filter((name) => SOURCE_EXTENSIONS.includes(extname(name))));
    listed.set(dir, files);
    return files;
  };
  const sources = new Map<string, Source | undefined>();
  for (const { value: task, place } of tasks) {
    const folders = homes.flatMap((home) => [join(home, task.tenant), home].map((dir) => ({ dir, home })));
    for (const [i, id] of task.fixtures.entries()) {
      const key = `${task.tenant}/${id}`;
      if (sources.has(key) || problems.length > MAX_PROBLEMS) continue;
      const tell = (message: string, fix: string) => problems.push({ message, place: place(['fixtures', i]), fix });
      sources.set(key, undefined);
      const found = folders
        .flatMap(({ dir, home }) => SOURCE_EXTENSIONS.map((ext) => ({ dir, home, name: id + ext })))
        .find(({ dir, name }) => filesIn(dir).has(name));
      if (/[\\/]/.test(id)) tell(`"${id}" leaves the sources folder`, 'name a source by its id');
      else if (found === undefined) {
        const known = new Set(
          folders.flatMap(({ dir }) => [...filesIn(dir)].map((name) => basename(name, extname(name)))),
        );
        const add = `add ${displayPath(join(homes[0] ?? '.', task.tenant, `${id}.md`))}`;
        const message = `there is no source "${id}" for the tenant "${task.tenant}"`;
        tell(message, `${add}; or ${suggest(id, [...known], 'sources')}`);
      } else if (!isInside(dirname(found.home), join(found.dir, found.name)))
        tell(`the source "${id}" is a link out of the project`, 'copy it into the sources folder');
      else {
        const source = collecting(problems, () => readSource(join(found.dir, found.name)));
        if (source !== undefined) sources.set(key, { id, tenant: task.tenant, ...source });
      }
    }
  }
  return [...sources.values()].filter((source) => source !== undefined);
}

function readSource(path: string): Pick<Source, 'text' | 'image'> {
  const media_type = Object.entries(PICTURES).find(([extension]) => extension === extname(path))?.[1];
  return media_type === undefined
    ? { text: readText(path) }
    : { text: '', image: { media_type, data: readBase64(path) } };
}

function loadCanary(tenant: string, homes: readonly string[]): string | undefined {
  const home = homes.find((one) => namesIn(join(one, tenant)).includes('tenant.yaml'));
  if (home === undefined) return undefined;
  const path = join(home, tenant, 'tenant.yaml');
  const invalid = (message: string, place: Place, fix: string) =>
    new DrillError('invalid_tenant', { message, place, fix });
  if (!isInside(dirname(home), path))
    throw invalid('the file is a link out of the project', { file: displayPath(path) }, 'copy it here');
  const file = readUserFile(path);
  const { name, canary } = parseWith(Tenant, file);
  if (name === tenant) return canary;
  const fix = `write \`name: ${tenant}\`, or rename the folder`;
  throw invalid(`the tenant is called "${name}", its folder "${tenant}"`, file.place(['name']), fix);
}

/** Whether what stands at a path, links followed, lies in a folder. */
function isInside(dir: string, path: string): boolean {
  let way: string;
  try {
    way = relative(realpathSync(dir), realpathSync(path));
  } catch {
    return false;
  }
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && resolve(way) !== way;
}
