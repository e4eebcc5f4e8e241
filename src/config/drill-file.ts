import { basename, extname, isAbsolute } from 'node:path';
import { Feature } from '../core/declaration.ts';
import { FAULT_USE_KEYS, WrittenDrill } from '../core/drill.ts';
import type { Place } from '../core/errors.ts';
import type { Workflow } from '../core/golden-task.ts';
import type { Fault } from '../core/plugin.ts';
import type { DrillSource } from '../core/report.ts';
import { isRecord, type Json } from '../text/json.ts';
import { tellAlternatives } from './alternatives.ts';
import type { Catalogue } from './catalogue-type.ts';
import { findWorkflow } from './find.ts';
import { inspect } from './issues.ts';
import type { LoadedDrill } from './loaded-drill.ts';
import { keysAt, type Locate, MAX_PROBLEMS, type Named, namedAt, type Path, Problems } from './problems.ts';
import { readUserFile, type UserFile } from './read-file.ts';

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
  const { place } = file;
  const definition = isRecord(file.data) ? file.data : {};
  // No `expect` is read as an empty one: the message about claims says why it matters, the schema would not.
  const value = isRecord(file.data) ? { ...definition, expect: definition['expect'] ?? {} } : file.data;
  const told = new Problems();
  const drill = inspect(told, WrittenDrill, { value, place });
  tellName(told, definition['drill'], file);
  const features = namedAt(definition, 'require[]');
  told.strangers(features, place, Feature.options, 'features', (word) => `unknown feature "${word}"`);
  tellFaults(told, definition, place, catalogue);
  const { workflow } = definition;
  if (cwd !== undefined && typeof workflow === 'string')
    told.attempt(() => findWorkflow(workflow, cwd, place(['workflow'])));
  tellExpect(told, definition, place, catalogue);
  // What faults are called, and need, is only known of good ones.
  if (drill !== undefined && told.all.length === 0) tellAlternatives(told, drill, place, catalogue);
  if (drill === undefined || told.all.length > 0) {
    if (roles !== undefined && definition['require'] === undefined) tellRoles(told, { definition, place }, roles);
    told.sort();
    throw told.error();
  }
  return { drill, file: file.path, definition: structuredClone(definition), place, source: sourceOf(drill, place) };
}

/** A check that only phases claim stands where the first of them does. */
function sourceOf({ expect, phases }: WrittenDrill, place: Locate): DrillSource {
  const lineOf = (...path: Path) => place(path, 'key').line ?? 1;
  const ofPhases = phases.flatMap(({ expect = {} }, i) =>
    Object.keys(expect).map((check) => [check, lineOf('phases', i, 'expect', check)] as const),
  );
  const ofDrill = Object.keys(expect).map((check) => [check, lineOf('expect', check)] as const);
  const { file } = place([]);
  return {
    // One from elsewhere is the package's, wherever this machine has that.
    file: isAbsolute(file) ? basename(file) : file,
    line: lineOf('drill'),
    expect: Object.fromEntries([...ofPhases.toReversed(), ...ofDrill]),
  };
}

/** Holds a drill against the roles of the run, which are known later than the file. Throws a DrillError. */
export function checkRoles(loaded: LoadedDrill, roles: readonly string[]): void {
  const told = new Problems();
  tellRoles(told, loaded, roles);
  told.end();
}

/** Holds the faults' tools and blast radius against the workflow of the run. Throws a DrillError. */
export function checkRadius(
  { definition, place }: LoadedDrill,
  { name, tasks, tools }: Pick<Workflow, 'name' | 'tasks' | 'tools'>,
): void {
  const told = new Problems();
  const radius = [
    ['.tool', 'tool', namesOf(tools)],
    ['.tasks[]', 'golden task', namesOf(tasks)],
    ['.tenants[]', 'tenant', [...new Set(tasks.map(({ tenant }) => tenant))]],
  ] as const;
  for (const [key, what, known] of radius) {
    const message = (word: string) => `there is no ${what} "${word}" in the workflow ${name}`;
    told.strangers(namedInFaults(definition, key), place, known, `${what}s`, message);
  }
  const only = namedAt(definition, 'phases[].only[]', 100);
  told.strangers(only, place, namesOf(tasks), 'golden tasks', (word) => `there is no golden task "${word}" in ${name}`);
  told.sort();
  told.end();
}

/** Every fault of the file that looks like one, or something in it, however broken the rest is: as many as there may be. */
const namedInFaults = (definition: Json, inside = ''): Named[] =>
  ['faults[]', 'each[]', 'each[].faults[]', 'each'].flatMap((home) =>
    namedAt(definition, `phases[].${home}${inside}`, MOST_FAULTS),
  );
const MOST_FAULTS = 200;

function tellFaults(told: Problems, definition: Json, place: Locate, { faults }: Catalogue): void {
  const names = namedInFaults(definition, '.fault');
  told.strangers(names, place, namesOf(faults), 'faults', (word) => `unknown fault "${word}"`);
  const otherKeys: readonly string[] = FAULT_USE_KEYS;
  for (const { word: use, path: at } of namedInFaults(definition)) {
    const fault = isRecord(use) ? faults.find((one) => one.name === use['fault']) : undefined;
    if (!isRecord(use) || fault === undefined) continue;
    tellKind(told, use, fault, place(at));
    const value = Object.fromEntries(Object.entries(use).filter(([key]) => !otherKeys.includes(key)));
    inspect(told, fault.params, { value, place, at, otherKeys });
  }
}

/** A fault of tools breaks a tool, any other a role. That it names one of the two is the schema's to say. */
function tellKind(told: Problems, use: Json, { kind }: Fault, place: Place): void {
  const [right, wrong] = kind === 'tool' ? (['tool', 'role'] as const) : (['role', 'tool'] as const);
  if (use[right] !== undefined || typeof use[wrong] !== 'string') return;
  const message = `${use['fault']} breaks a ${right}, not a ${wrong}`;
  told.tell(place, message, `write \`${right}: …\` in place of \`${wrong}: ${use[wrong]}\``);
}

function tellExpect(told: Problems, { expect }: Json, place: Locate, { checks }: Catalogue): void {
  const claims = isRecord(expect) ? Object.entries(expect) : [];
  if (expect === undefined || expect === null || (isRecord(expect) && claims.length === 0)) {
    const example = checks[0]?.name ?? 'a-check';
    const fix = `say what should still hold, e.g. \`expect: { ${example}: {} }\` (\`drill list checks\` shows all)`;
    told.tell(place(['expect'], 'key'), 'a drill that claims nothing proves nothing: `expect` is empty', fix);
  }
  told.strangers(keysAt({ expect }, 'expect'), place, namesOf(checks), 'checks', (word) => `unknown check "${word}"`);
  for (const [name, value] of claims.slice(0, MAX_PROBLEMS)) {
    const check = checks.find((one) => one.name === name);
    if (check !== undefined && isRecord(value)) inspect(told, check.params, { value, place, at: ['expect', name] });
  }
}

function tellName(told: Problems, name: unknown, { path, place }: UserFile): void {
  const own = basename(path, extname(path));
  if (typeof name !== 'string' || name === own) return;
  const fix = `write \`drill: ${own}\`, or rename the file to ${name}${extname(path)}`;
  told.tell(place(['drill']), `the drill is called "${name}", its file "${own}"`, fix);
}

function tellRoles(
  told: Problems,
  { definition, place }: Pick<LoadedDrill, 'definition' | 'place'>,
  roles: readonly string[],
) {
  const named = namedInFaults(definition, '.role');
  told.strangers(named, place, roles, 'roles', (word) => `there is no role "${word}" in this run`);
}

const namesOf = (all: readonly { name: string }[]): string[] => all.map((one) => one.name);
