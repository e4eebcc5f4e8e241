import { realpathSync } from 'node:fs';
import { basename, dirname, extname, join, resolve, sep } from 'node:path';
import { z } from 'zod';
import { Concepts } from '../core/concept.ts';
import { Contract } from '../core/contract.ts';
import { DrillError, formatPlace, orElse, type Place } from '../core/errors.ts';
import { GoldenTask, type Source, type Workflow } from '../core/golden-task.ts';
import { Notices } from '../core/notices.ts';
import { entryOf } from '../core/once.ts';
import { isRecord, type Json } from '../text/json.ts';
import { suggest } from './closest.ts';
import { dataFilesIn, namesIn } from './find.ts';
import { inspect, parseWith } from './issues.ts';
import { question } from './kept.ts';
import { tellTwins } from './notices-file.ts';
import { schemaProblems } from './output-schema.ts';
import { createPatternCheck } from './pattern-check.ts';
import { type Locate, type Named, namedAt, type Path, type Placed, Problems } from './problems.ts';
import { displayPath, kindOf, readBase64, readText, readUserFile } from './read-file.ts';
import { type Judges, type PlacedTask, ToolsFile, tellLinks } from './workflow-links.ts';

/** What stands in a workflow's folder beside golden tasks, e.g. `contract.yaml`. */
export const BESIDE = /^(contract|concepts|notices|tools)\.(ya?ml|json)$/;
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
  const told = new Problems();
  if (kindOf(home) !== 'folder')
    told.tell(here, 'there is no such folder of golden tasks', 'name a folder with a JSON or YAML file a task');
  told.end();
  const files = taskFiles(home);
  // What a file that cannot be read would have named cannot be missed in it.
  let linked = true;
  const beside = <T>(read: () => T | undefined): T | undefined => {
    const before = told.all.length;
    const found = told.attempt(read);
    linked &&= found !== undefined || told.all.length === before;
    return found;
  };
  const contract = beside(() => readContract(told, home, name));
  const concepts = beside(() => readBeside(told, home, 'concepts', Concepts));
  const tools = beside(() => readBeside(told, home, 'tools', ToolsFile));
  const notices = told.attempt(() => readBeside(told, home, 'notices', Notices));
  if (notices !== undefined) tellTwins(told, notices, judges);
  const tasks = files
    .slice(0, MAX_TASKS)
    .flatMap((file) => (told.full ? [] : (told.attempt(() => readTasks(told, file)) ?? [])));
  if (tasks.length > MAX_TASKS || files.length > MAX_TASKS)
    told.tell(here, `the folder holds more than ${MAX_TASKS} golden tasks`, 'make several workflows of it');
  if (tasks.length === 0 && told.all.length === 0)
    told.tell(here, 'the folder holds no golden task', 'add a JSON or YAML file with at least `name` and `input`');
  const known = tasks.slice(0, MAX_TASKS);
  tellTasks(told, known, judges);
  if (linked) tellLinks(told, { contract, concepts, tools, tasks: known }, judges);

  const homes = [join(home, 'sources'), ...sourceDirs.map((one) => resolve(one))];
  const sources = sourcesOf(told, known, homes);
  const tenants = [...new Set(known.map(({ value }) => value.tenant))].sort();
  const canaries = tenants.flatMap((tenant) => {
    const canary = told.attempt(() => loadCanary(tenant, homes));
    return canary === undefined ? [] : [[tenant, canary] as const];
  });
  told.end();
  return {
    name: contract?.value.workflow ?? name,
    ...(contract === undefined ? {} : { contract: contract.value }),
    tasks: tasks.map(({ value }) => value),
    sources,
    canaries: Object.fromEntries(canaries),
    concepts: concepts?.value ?? {},
    notices: notices?.value.notices ?? [],
    tools: tools?.value ?? [],
  };
}

/** A file beside the golden tasks, in whichever of its formats. */
function readBeside<S extends z.ZodType>(
  told: Problems,
  dir: string,
  what: string,
  schema: S,
): Placed<z.output<S>> | undefined {
  const name = namesIn(dir).find((one) => BESIDE.exec(one)?.[1] === what);
  if (name === undefined) return undefined;
  const { data, place } = readUserFile(join(dir, name));
  const value = inspect(told, schema, { value: data, place });
  return value === undefined ? undefined : { value, place };
}

function readContract(told: Problems, dir: string, workflow: string): Placed<Contract> | undefined {
  const found = readBeside(told, dir, 'contract', ContractFile);
  if (found === undefined) return undefined;
  const { place } = found;
  const { output, ...rest } = found.value;
  const rename = `write \`workflow: ${workflow}\`, or rename the folder`;
  if (rest.workflow !== workflow)
    told.tell(place(['workflow']), `the contract is for the workflow "${rest.workflow}", not "${workflow}"`, rename);
  if (output === undefined) return { value: rest, place };
  const inline: Locate = (path) => place(['output', 'schema', ...path]);
  const { schema } = output;
  if (typeof schema !== 'string') told.all.push(...schemaProblems(schema, inline));
  const read = typeof schema === 'string' ? readSchema(dir, schema, inline([])) : schema;
  return { value: { ...rest, output: { ...output, schema: read } }, place };
}

/** The JSON Schema that a contract names. `named` is where it does. */
function readSchema(dir: string, name: string, named: Place): Json {
  const path = resolve(dir, name);
  const refuse = (message: string, fix: string) => new DrillError({ message, place: named, fix });
  if (kindOf(path) !== 'file')
    throw refuse(`there is no file "${name}" beside the contract`, 'add it, or write it here');
  if (!isInside(dir, path)) throw refuse(`"${name}" leaves the folder`, 'keep the schema beside the contract');
  const { data, place } = readUserFile(path);
  if (!isRecord(data)) throw refuse(`"${name}" holds no JSON Schema`, 'a schema is a mapping with `type`');
  const problems = schemaProblems(data, place);
  if (problems.length > 0) throw new DrillError(problems);
  return data;
}

/** The files of a folder that hold golden tasks, in name order. */
export function taskFiles(dir: string): string[] {
  return dataFilesIn(dir).filter((path) => !BESIDE.test(basename(path)) && !path.endsWith('.schema.json'));
}

/** One task or a list of tasks. Broken ones are told about, the others still come back. */
function readTasks(told: Problems, path: string): PlacedTask[] {
  const { data, place } = readUserFile(path);
  const values: Named[] = Array.isArray(data) ? namedAt(data, '[]', MAX_TASKS + 1) : [{ word: data, path: [] }];
  return values.flatMap(({ word, path: at }) => {
    const value = told.full ? undefined : inspect(told, GoldenTask, { value: word, place, at });
    return value === undefined ? [] : [{ value, place: (path: Path) => place([...at, ...path]) }];
  });
}

/** What is wrong with golden tasks beside one another, without the other files of their folder. */
function tellTasks(told: Problems, tasks: readonly PlacedTask[], { sizeOf }: Judges): void {
  const first = new Map<string, Place>();
  for (const { value: task, place } of tasks) {
    const twin = first.get(task.name);
    first.set(task.name, twin ?? place(['name']));
    if (twin === undefined) continue;
    const message = `two golden tasks are called "${task.name}"; the first is at ${formatPlace(twin)}`;
    told.tell(place(['name']), message, 'rename one');
  }
  const uncited = (word: string) => `required source "${word}" is not among the fixtures`;
  for (const { value: task, place } of tasks)
    told.strangers(namedAt(task, 'required_sources[]'), place, task.fixtures, 'fixtures', uncited);
  const check = createPatternCheck(sizeOf);
  for (const { value, place } of tasks)
    for (const list of ['must_include', 'must_not'])
      for (const { word, path } of namedAt(value, `${list}[].pattern`))
        told.all.push(...check(String(word), place(path)));
}

/** The documents and records the tasks may cite, each once a tenant. */
function sourcesOf(told: Problems, tasks: readonly PlacedTask[], homes: readonly string[]): Source[] {
  const listed = new Map<string, ReadonlySet<string>>();
  const filesIn = (dir: string): ReadonlySet<string> =>
    entryOf(listed, dir, () => new Set(namesIn(dir).filter((name) => SOURCE_EXTENSIONS.includes(extname(name)))));
  const sources = new Map<string, Source | undefined>();
  for (const { value: task, place } of tasks) {
    const { tenant, fixtures } = task;
    const folders = homes.flatMap((home) => [join(home, tenant), home].map((dir) => ({ dir, home })));
    for (const [i, id] of fixtures.entries()) {
      const key = `${tenant}/${id}`;
      if (sources.has(key) || told.full) continue;
      sources.set(key, undefined);
      const tell = (message: string, fix: string) => told.tell(place(['fixtures', i]), message, fix);
      const found = folders
        .flatMap(({ dir, home }) => SOURCE_EXTENSIONS.map((ext) => ({ dir, home, name: id + ext })))
        .find(({ dir, name }) => filesIn(dir).has(name));
      if (/[\\/]/.test(id)) tell(`"${id}" leaves the sources folder`, 'name a source by its id');
      else if (found === undefined) {
        const known = folders.flatMap(({ dir }) => [...filesIn(dir)].map((name) => basename(name, extname(name))));
        const add = `add ${displayPath(join(homes[0] ?? '.', tenant, `${id}.md`))}`;
        const others = suggest(id, [...new Set(known)], 'sources');
        tell(`there is no source "${id}" for the tenant "${tenant}"`, `${add}; or ${others}`);
      } else if (!isInside(dirname(found.home), join(found.dir, found.name)))
        tell(`the source "${id}" is a link out of the project`, 'copy it into the sources folder');
      else {
        const source = told.attempt(() => readSource(join(found.dir, found.name)));
        if (source !== undefined) sources.set(key, { id, tenant, ...source });
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
  const invalid = (message: string, place: Place, fix: string) => new DrillError({ message, place, fix });
  if (!isInside(dirname(home), path))
    throw invalid('the file is a link out of the project', { file: displayPath(path) }, 'copy it here');
  const file = readUserFile(path);
  const { name, canary } = parseWith(Tenant, file);
  if (name === tenant) return canary;
  const fix = `write \`name: ${tenant}\`, or rename the folder`;
  throw invalid(`the tenant is called "${name}", its folder "${tenant}"`, file.place(['name']), fix);
}

/** Whether what stands at a path, links followed, lies in a folder. */
const isInside = (dir: string, path: string): boolean =>
  orElse(() => realOf(path).startsWith(join(realOf(dir), sep)), false);
const realOf = question('real', (path) => realpathSync(path));
