import { basename, extname } from 'node:path';
import { Feature } from '../core/declaration.ts';
import { Drill, FAULT_USE_KEYS } from '../core/drill.ts';
import { DrillError, type Place, type Problem } from '../core/errors.ts';
import type { Workflow } from '../core/golden-task.ts';
import type { Catalogue } from './catalogue-type.ts';
import { suggest } from './closest.ts';
import { inspect, isRecord } from './issues.ts';
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

/**
 * Reads a drill file and holds it against the catalogue. Throws a DrillError with every problem of the file.
 * `roles` are the run's, where they are known already.
 */
export function loadDrill(path: string, catalogue: Catalogue, roles?: readonly string[]): LoadedDrill {
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
    ...roleProblems(data, file, roles),
    ...emptyExpect(data, file, catalogue),
    ...expectProblems(data, file, catalogue),
  ];
  if (drill === undefined || problems.length > 0)
    throw new DrillError('invalid_drill', inOrder(problems).slice(0, MAX_PROBLEMS));
  return { drill, file: file.path, definition: structuredClone(data), place: file.place };
}

/** Holds a drill against the roles of the run, which are known later than the file. Throws a DrillError. */
export function checkRoles(loaded: LoadedDrill, roles: readonly string[]): void {
  const problems = roleProblems(loaded.definition, loaded, roles);
  if (problems.length > 0) throw new DrillError('unknown_role', problems);
}

/** Holds the faults' blast radius against the golden tasks of the run. Throws a DrillError. */
export function checkRadius(loaded: LoadedDrill, workflow: Pick<Workflow, 'name' | 'tasks'>): void {
  const problems = [
    ...outside(loaded, 'tasks', 'golden task', new Set(workflow.tasks.map((task) => task.name)), workflow.name),
    ...outside(loaded, 'tenants', 'tenant', new Set(workflow.tasks.map((task) => task.tenant)), workflow.name),
  ];
  if (problems.length > 0) throw new DrillError('unknown_radius', inOrder(problems));
}

function outside(
  { drill, place }: LoadedDrill,
  key: 'tasks' | 'tenants',
  what: string,
  known: ReadonlySet<string>,
  workflow: string,
): Problem[] {
  const named = drill.phases.flatMap((phase, p) =>
    phase.faults.flatMap((use, f) =>
      (use[key] ?? []).map((name, i) => ({ name, path: ['phases', p, 'faults', f, key, i] })),
    ),
  );
  const unknown = named.filter(({ name }) => !known.has(name)).slice(0, MAX_PROBLEMS);
  return unknown.map(({ name, path }) => ({
    message: `there is no ${what} "${name}" in the workflow ${workflow}`,
    place: place(path),
    fix: suggest(name, [...known], `${what}s`),
  }));
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
  const name = use['fault'];
  if (typeof name !== 'string') return [];
  const fault = catalogue.faults.find((one) => one.name === name);
  if (fault === undefined)
    return [unknownName(`unknown fault "${name}"`, file.place([...at, 'fault']), name, catalogue.faults, 'faults')];
  const reserved: readonly string[] = FAULT_USE_KEYS;
  const value = Object.fromEntries(Object.entries(use).filter(([key]) => !reserved.includes(key)));
  return inspect(fault.params, file, { at, value, otherKeys: reserved }).problems;
}

function expectProblems(data: Record<string, unknown>, file: UserFile, catalogue: Catalogue): Problem[] {
  const expect = isRecord(data['expect']) ? data['expect'] : {};
  return Object.entries(expect)
    .slice(0, MAX_PROBLEMS)
    .flatMap(([name, value]) => {
      const at = ['expect', name];
      const check = catalogue.checks.find((one) => one.name === name);
      if (check === undefined)
        return [unknownName(`unknown check "${name}"`, file.place(at, 'key'), name, catalogue.checks, 'checks')];
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
  return features.slice(0, MAX_PROBLEMS).flatMap((name, i) => {
    if (typeof name !== 'string' || Feature.options.some((one) => one === name)) return [];
    const place = file.place(['require', i]);
    return [{ message: `unknown feature "${name}"`, place, fix: suggest(name, Feature.options, 'features') }];
  });
}

function roleProblems(
  data: Record<string, unknown>,
  file: Pick<UserFile, 'place'>,
  roles: readonly string[] | undefined,
): Problem[] {
  if (roles === undefined) return [];
  const named = faultUses(data).flatMap(({ use: { role }, at }) => (typeof role === 'string' ? [{ role, at }] : []));
  const unknown = named.filter(({ role }) => !roles.includes(role)).slice(0, MAX_PROBLEMS);
  return unknown.map(({ role, at }) => ({
    message: `there is no role "${role}" in this run`,
    place: file.place([...at, 'role']),
    fix: suggest(role, roles, 'roles'),
  }));
}

function unknownName(message: string, place: Place, name: string, known: readonly { name: string }[], what: string) {
  return {
    message,
    place,
    fix: suggest(
      name,
      known.map((one) => one.name),
      what,
    ),
  };
}

/** From the top of the file to its end. */
const inOrder = (problems: Problem[]): Problem[] =>
  problems.toSorted(
    (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
