import { basename, extname } from 'node:path';
import { Feature } from '../core/declaration.ts';
import { Drill, FAULT_USE_KEYS } from '../core/drill.ts';
import { DrillError, type Place, type Problem } from '../core/errors.ts';
import type { Workflow } from '../core/golden-task.ts';
import { isRecord } from '../core/json.ts';
import type { Fault } from '../core/plugin.ts';
import type { Catalogue } from './catalogue-type.ts';
import { findWorkflow } from './find.ts';
import { inspect, strangers } from './issues.ts';
import { MAX_PROBLEMS, type Path, readUserFile, type UserFile } from './read-file.ts';

export interface LoadedDrill {
  drill: Drill;
  /** Absolute path. */
  file: string;
  /** The drill as its author wrote it. */
  definition: Record<string, unknown>;
  /** Where something of it stands in the file. */
  place(path: Path, part?: 'key' | 'value'): Place;
}

/** What a drill may name outside of its file, as far as it is known when the file is read. */
interface Around {
  roles?: readonly string[] | undefined;
  /** The project in which its workflow is looked for. */
  cwd?: string | undefined;
}

/**
 * Reads a drill file and holds it against the catalogue. Throws a DrillError with every problem of the file. Which
 * roles there must be is settled by `checkRoles`: a drill that is skipped may name others, unless it is broken anyway.
 */
export function loadDrill(path: string, catalogue: Catalogue, { roles, cwd }: Around = {}): LoadedDrill {
  const file = readUserFile(path);
  const data = isRecord(file.data) ? file.data : {};
  // No `expect` is read as an empty one: the message about claims says why it matters, the schema would not.
  const value = isRecord(file.data) ? { ...data, expect: data['expect'] ?? {} } : file.data;
  const { value: drill, problems: schemaProblems } = inspect(Drill, file, { at: [], value });
  const problems = [
    ...schemaProblems,
    ...nameProblems(data, file),
    ...requireProblems(data, file),
    ...faultUses(data).flatMap((use) => faultProblems(use, file, catalogue)),
    ...workflowProblems(data, file, cwd),
    ...emptyExpect(data, file, catalogue),
    ...expectProblems(data, file, catalogue),
  ];
  if (drill === undefined || problems.length > 0) {
    if (data['require'] === undefined) problems.push(...roleProblems(data, file, roles));
    throw new DrillError('invalid_drill', inOrder(problems).slice(0, MAX_PROBLEMS));
  }
  return { drill, file: file.path, definition: structuredClone(data), place: file.place };
}

/** Holds a drill against the roles of the run, which are known later than the file. Throws a DrillError. */
export function checkRoles(loaded: LoadedDrill, roles: readonly string[]): void {
  const problems = roleProblems(loaded.definition, loaded, roles);
  if (problems.length > 0) throw new DrillError('unknown_role', problems);
}

/** Holds the faults' tools and blast radius against the workflow of the run. Throws a DrillError. */
export function checkRadius(
  { drill, place }: LoadedDrill,
  { name, tasks, tools }: Pick<Workflow, 'name' | 'tasks' | 'tools'>,
): void {
  const outside = (key: 'tasks' | 'tenants' | 'tool', what: string, known: readonly string[]): Problem[] => {
    const named = drill.phases.flatMap(({ faults }, p) =>
      faults.flatMap((use, f) => {
        const said = use[key] ?? [];
        const at = ['phases', p, 'faults', f, key];
        if (typeof said === 'string') return [{ word: said, place: place(at) }];
        return said.map((word, i) => ({ word, place: place([...at, i]) }));
      }),
    );
    return strangers(
      named,
      [...new Set(known)],
      `${what}s`,
      (word) => `there is no ${what} "${word}" in the workflow ${name}`,
    );
  };
  const problems = [
    ...outside(
      'tool',
      'tool',
      tools.map((tool) => tool.name),
    ),
    ...outside(
      'tasks',
      'golden task',
      tasks.map((task) => task.name),
    ),
    ...outside(
      'tenants',
      'tenant',
      tasks.map((task) => task.tenant),
    ),
  ];
  if (problems.length > 0) throw new DrillError('unknown_radius', inOrder(problems));
}

interface FaultAtPath {
  use: Record<string, unknown>;
  at: Path;
}

/** Every fault of the file that looks like one, however broken the rest is: no more of them than a drill may have. */
function faultUses(data: Record<string, unknown>): FaultAtPath[] {
  const phases: unknown[] = Array.isArray(data['phases']) ? data['phases'] : [];
  return phases.slice(0, 50).flatMap((phase, p) => {
    const faults: unknown[] = isRecord(phase) && Array.isArray(phase['faults']) ? phase['faults'] : [];
    return faults.slice(0, 50).flatMap((use, f) => (isRecord(use) ? [{ use, at: ['phases', p, 'faults', f] }] : []));
  });
}

function faultProblems({ use, at }: FaultAtPath, file: UserFile, catalogue: Catalogue): Problem[] {
  const fault = catalogue.faults.find((one) => one.name === use['fault']);
  const named = [{ word: use['fault'], place: file.place([...at, 'fault']) }];
  if (fault === undefined)
    return strangers(named, namesOf(catalogue.faults), 'faults', (word) => `unknown fault "${word}"`);
  const reserved: readonly string[] = FAULT_USE_KEYS;
  const value = Object.fromEntries(Object.entries(use).filter(([key]) => !reserved.includes(key)));
  return [
    ...kindProblems(use, fault.kind, file.place(at)),
    ...inspect(fault.params, file, { at, value, otherKeys: reserved }).problems,
  ];
}

/** A fault of tools breaks a tool, any other a role. That it names one of the two is the schema's to say. */
function kindProblems(use: Record<string, unknown>, kind: Fault['kind'], place: Place): Problem[] {
  const [right, wrong] = kind === 'tool' ? (['tool', 'role'] as const) : (['role', 'tool'] as const);
  if (use[right] !== undefined || typeof use[wrong] !== 'string') return [];
  const message = `${use['fault']} breaks a ${right}, not a ${wrong}`;
  return [{ message, place, fix: `write \`${right}: …\` in place of \`${wrong}: ${use[wrong]}\`` }];
}

function expectProblems(data: Record<string, unknown>, file: UserFile, catalogue: Catalogue): Problem[] {
  const expect = isRecord(data['expect']) ? data['expect'] : {};
  return Object.entries(expect)
    .slice(0, MAX_PROBLEMS)
    .flatMap(([name, value]) => {
      const at = ['expect', name];
      const check = catalogue.checks.find((one) => one.name === name);
      const named = [{ word: name, place: file.place(at, 'key') }];
      if (check === undefined)
        return strangers(named, namesOf(catalogue.checks), 'checks', (word) => `unknown check "${word}"`);
      return isRecord(value) ? inspect(check.params, file, { at, value }).problems : [];
    });
}

function emptyExpect(data: Record<string, unknown>, file: UserFile, catalogue: Catalogue): Problem[] {
  const expect = data['expect'];
  const empty = expect === undefined || expect === null || (isRecord(expect) && Object.keys(expect).length === 0);
  if (!empty) return [];
  const example = catalogue.checks[0]?.name ?? 'a-check';
  return [
    {
      message: 'a drill that claims nothing proves nothing: `expect` is empty',
      place: file.place(['expect'], 'key'),
      fix: `say what should still hold, e.g. \`expect: { ${example}: {} }\` (\`drill list checks\` shows all)`,
    },
  ];
}

function nameProblems(data: Record<string, unknown>, file: UserFile): Problem[] {
  const name = data['drill'];
  const own = basename(file.path, extname(file.path));
  if (typeof name !== 'string' || name === own) return [];
  return [
    {
      message: `the drill is called "${name}", its file "${own}"`,
      place: file.place(['drill']),
      fix: `write \`drill: ${own}\`, or rename the file to ${name}${extname(file.path)}`,
    },
  ];
}

function requireProblems(data: Record<string, unknown>, file: UserFile): Problem[] {
  const features: unknown[] = Array.isArray(data['require']) ? data['require'] : [];
  const named = features.map((word, i) => ({ word, place: file.place(['require', i]) }));
  return strangers(named, Feature.options, 'features', (word) => `unknown feature "${word}"`);
}

function workflowProblems(data: Record<string, unknown>, file: UserFile, cwd: string | undefined): Problem[] {
  const name = data['workflow'];
  if (cwd === undefined || typeof name !== 'string') return [];
  try {
    findWorkflow(name, cwd, file.place(['workflow']));
    return [];
  } catch (error) {
    if (!(error instanceof DrillError)) throw error;
    return [...error.problems];
  }
}

function roleProblems(
  data: Record<string, unknown>,
  file: Pick<UserFile, 'place'>,
  roles: readonly string[] | undefined,
): Problem[] {
  const named = faultUses(data).map(({ use, at }) => ({ word: use['role'], place: file.place([...at, 'role']) }));
  return roles === undefined
    ? []
    : strangers(named, roles, 'roles', (word) => `there is no role "${word}" in this run`);
}

const namesOf = (plugins: readonly { name: string }[]): string[] => plugins.map((one) => one.name);

/** From the top of the file to its end. */
const inOrder = (problems: Problem[]): Problem[] =>
  problems.toSorted(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
