import { existsSync, statSync } from 'node:fs';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { RE2JS } from 're2js';
import { z } from 'zod';
import { Contract } from '../core/contract.ts';
import { DrillError, formatPlace, type Place, type Problem } from '../core/errors.ts';
import { type Expectation, GoldenTask, type Source, type Workflow } from '../core/golden-task.ts';
import { suggest } from './closest.ts';
import { isDataFile, namesIn } from './find.ts';
import { inspect, isRecord, parseWith } from './issues.ts';
import { displayPath, type Path, readText, readUserFile, type UserFile } from './read-file.ts';

const CONTRACTS = ['contract.yaml', 'contract.yml', 'contract.json'];
const SOURCE_EXTENSIONS = ['.md', '.txt', '.json'];

/** A contract as written in a file: the output's schema may stand in a file beside it. */
export const ContractFile = Contract.extend({
  output: z
    .strictObject({
      ...Contract.shape.output.unwrap().shape,
      schema: z.union([
        z.string().describe('a JSON Schema file beside the contract'),
        Contract.shape.output.unwrap().shape.schema,
      ]),
    })
    .optional(),
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
export function loadWorkflow(dir: string, sourceDirs: string[], name: string = basename(resolve(dir))): Workflow {
  const home = resolve(dir);
  if (!existsSync(home) || !statSync(home).isDirectory())
    throw new DrillError('no_tasks', {
      message: 'there is no such folder of golden tasks',
      place: { file: displayPath(home) },
      fix: 'name a folder with a JSON or YAML file a task',
    });
  const problems: Problem[] = [];
  const contract = collecting(problems, () => loadContract(home, name));
  const tasks = taskFiles(home).flatMap((file) => collecting(problems, () => readTasks(file, problems)) ?? []);
  if (tasks.length === 0 && problems.length === 0)
    problems.push({
      message: 'the folder holds no golden task',
      place: { file: displayPath(home) },
      fix: 'add a JSON or YAML file with at least `name` and `input`',
    });
  problems.push(...tasks.flatMap((task) => taskProblems(task, tasks)));

  const homes = [join(home, 'sources'), ...sourceDirs.map((one) => resolve(one))];
  const sources = tasks.flatMap((task) => taskSources(task, homes, problems));
  const tenants = [...new Set(tasks.map(({ task }) => task.tenant))].sort();
  const canaries = tenants.flatMap((tenant) => {
    const canary = collecting(problems, () => loadCanary(tenant, homes));
    return canary === undefined ? [] : [[tenant, canary] as const];
  });
  if (problems.length > 0) throw new DrillError('invalid_workflow', problems);
  return {
    name: contract?.workflow ?? name,
    ...(contract === undefined ? {} : { contract }),
    tasks: tasks.map(({ task }) => task),
    sources: uniqueSources(sources),
    canaries: Object.fromEntries(canaries),
  };
}

interface PlacedTask {
  task: GoldenTask;
  place(path: Path): Place;
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

function loadContract(dir: string, workflow: string): Contract | undefined {
  const name = CONTRACTS.find((one) => existsSync(join(dir, one)));
  if (name === undefined) return undefined;
  const file = readUserFile(join(dir, name));
  const contract = parseWith(ContractFile, file);
  if (contract.workflow !== workflow)
    throw new DrillError('invalid_contract', {
      message: `the contract is for the workflow "${contract.workflow}", not "${workflow}"`,
      place: file.place(['workflow']),
      fix: `write \`workflow: ${workflow}\`, or rename the folder`,
    });
  const { output, ...rest } = contract;
  if (output === undefined) return rest;
  const schema = typeof output.schema === 'string' ? readSchema(dir, output.schema, file) : output.schema;
  return { ...rest, output: { ...output, schema } };
}

function readSchema(dir: string, name: string, contract: UserFile): Record<string, unknown> {
  const path = inside(dir, name);
  const invalid = (message: string, fix: string) =>
    new DrillError('invalid_contract', { message, place: contract.place(['output', 'schema']), fix });
  if (path === undefined) throw invalid(`"${name}" leaves the folder`, 'keep the schema beside the contract');
  if (!existsSync(path)) throw invalid(`there is no file "${name}" beside the contract`, 'add it, or write it here');
  const { data } = readUserFile(path);
  if (!isRecord(data)) throw invalid(`"${name}" holds no JSON Schema`, 'a schema is a mapping with `type`');
  return data;
}

/** The files of a folder that hold golden tasks, in name order. */
export function taskFiles(dir: string): string[] {
  return namesIn(dir)
    .filter((name) => isDataFile(name) && !CONTRACTS.includes(name) && !name.endsWith('.schema.json'))
    .map((name) => join(dir, name));
}

/** One task or a list of tasks. Broken ones are told about, the others still come back. */
function readTasks(path: string, problems: Problem[]): PlacedTask[] {
  const file = readUserFile(path);
  const many = Array.isArray(file.data);
  const values: unknown[] = Array.isArray(file.data) ? file.data : [file.data];
  return values.flatMap((value, i) => {
    const at = many ? [i] : [];
    const result = inspect(GoldenTask, file, { at, value });
    problems.push(...result.problems);
    if (result.value === undefined) return [];
    return [{ task: result.value, place: (path: Path) => file.place([...at, ...path]) }];
  });
}

function taskProblems({ task, place }: PlacedTask, all: readonly PlacedTask[]): Problem[] {
  const first = all.find((other) => other.task.name === task.name);
  const twin = first === undefined || first.task === task ? [] : [twinProblem(task.name, place, first)];
  const uncited = (task.required_sources ?? []).flatMap((id, i) =>
    task.fixtures.includes(id)
      ? []
      : [
          {
            message: `required source "${id}" is not among the fixtures`,
            place: place(['required_sources', i]),
            fix: suggest(id, task.fixtures, 'fixtures'),
          },
        ],
  );
  return [
    ...twin,
    ...uncited,
    ...patternProblems(task.must_include, 'must_include', place),
    ...patternProblems(task.must_not, 'must_not', place),
  ];
}

function twinProblem(name: string, place: PlacedTask['place'], first: PlacedTask): Problem {
  const message = `two golden tasks are called "${name}"; the first is at ${formatPlace(first.place(['name']))}`;
  return { message, place: place(['name']), fix: 'rename one' };
}

function patternProblems(list: readonly Expectation[], key: string, place: PlacedTask['place']): Problem[] {
  return list.flatMap((entry, i) => {
    if (typeof entry === 'string' || !('pattern' in entry)) return [];
    try {
      RE2JS.compile(entry.pattern);
      return [];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const fix = 'write an RE2 pattern (no look-around, no back-references)';
      return [{ message: `bad pattern: ${why}`, place: place([key, i, 'pattern']), fix }];
    }
  });
}

function taskSources({ task, place }: PlacedTask, homes: readonly string[], problems: Problem[]): Source[] {
  return task.fixtures.flatMap((id, i) => {
    const at = place(['fixtures', i]);
    // Checked before any path is made of it.
    if (inside(homes[0] ?? '.', id) === undefined) {
      problems.push({ message: `"${id}" leaves the sources folder`, place: at, fix: 'name a source by its id' });
      return [];
    }
    const folders = homes.flatMap((home) => [join(home, task.tenant), home]);
    const path = folders.flatMap((dir) => SOURCE_EXTENSIONS.map((ext) => join(dir, id + ext))).find(isFile);
    if (path === undefined) {
      const known = [...new Set(folders.flatMap(sourceIds))];
      const add = `add ${displayPath(join(homes[0] ?? '.', task.tenant, `${id}.md`))}`;
      const message = `there is no source "${id}" for the tenant "${task.tenant}"`;
      problems.push({ message, place: at, fix: `${add}; or ${suggest(id, known, 'sources')}` });
      return [];
    }
    const text = collecting(problems, () => readText(path));
    return text === undefined ? [] : [{ id, tenant: task.tenant, text }];
  });
}

function sourceIds(dir: string): string[] {
  const files = namesIn(dir).filter((name) => SOURCE_EXTENSIONS.includes(extname(name)));
  return files.map((name) => basename(name, extname(name)));
}

function uniqueSources(sources: readonly Source[]): Source[] {
  return [...new Map(sources.map((source) => [`${source.tenant}/${source.id}`, source])).values()];
}

function loadCanary(tenant: string, homes: readonly string[]): string | undefined {
  const path = homes.map((home) => join(home, tenant, 'tenant.yaml')).find(isFile);
  if (path === undefined) return undefined;
  const file = readUserFile(path);
  const { name, canary } = parseWith(Tenant, file);
  if (name === tenant) return canary;
  throw new DrillError('invalid_tenant', {
    message: `the tenant is called "${name}", its folder "${tenant}"`,
    place: file.place(['name']),
    fix: `write \`name: ${tenant}\`, or rename the folder`,
  });
}

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/** A name resolved in a folder; undefined where it would leave it. */
function inside(dir: string, name: string): string | undefined {
  const path = resolve(dir, name);
  const way = relative(dir, path);
  return way === '' || way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way ? undefined : path;
}
