import { basename, relative, resolve } from 'node:path';
import { refsOf } from './cassettes/refs.ts';
import { alternativeNamed, drillsOf, needOf, type PlannedDrill, undivided } from './config/alternatives.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { suggest } from './config/closest.ts';
import type { Config } from './config/config-file.ts';
import { checkRadius, checkRoles, loadDrill } from './config/drill-file.ts';
import { faultFromFlag } from './config/fault-flag.ts';
import { type FoundDrill, findWorkflow, packageRoot, sourceHomes } from './config/find.ts';
import { expanded } from './config/globs.ts';
import type { LoadedDrill } from './config/loaded-drill.ts';
import { loadNotices, mergeReadings, type ReadingsFrom } from './config/notices-file.ts';
import { displayPath, readUserFile } from './config/read-file.ts';
import { loadWorkflow } from './config/workflow-folder.ts';
import type { Cassette } from './core/cassette.ts';
import type { ResolvedDeclaration, Roles } from './core/declaration.ts';
import { concerns, type Drill, type FaultUse } from './core/drill.ts';
import { DrillError } from './core/errors.ts';
import type { GoldenTask, Workflow } from './core/golden-task.ts';
import { entryOf } from './core/once.ts';
import { placeContract, placeDrill, positionsIn, roleFinder } from './core/positions.ts';
import { equip, type Live, type PlayData } from './equip.ts';
import { keeping } from './keeping.ts';
import type { Redaction } from './redaction/redact.ts';
import type { Plan, PlayPlan } from './run/plan.ts';

/** Which drills a user wants run, on what, and how they are changed. */
export interface Wanted {
  cwd: string;
  /** A configuration in place of the project's `drill.config.yaml`. */
  config?: string | undefined;
  /** Drill names or paths, or patterns of them; empty means all. */
  names: string[];
  target?: string | undefined;
  /** A folder of golden tasks that takes the place of the workflow's own. */
  tasks?: string | undefined;
  /** Only these golden tasks, by name or by a pattern. */
  task: string[];
  /** `fault@role[,param=value…]`: takes the place of the faults of every phase that has any. */
  fault: string[];
  seed: number;
  /** Only drills with one of these tags; all where there are none. */
  tag: string[];
  /** Whether scripts reply, as without it, or the providers themselves. */
  mode?: 'mock' | 'live';
  /** What models reply: what the golden tasks say, or what was recorded of providers. */
  replies?: 'scripted' | 'recorded' | undefined;
}

export function plansFor(
  request: Wanted,
  found: readonly FoundDrill[],
  settled: Settled & { notices: ReadingsFrom },
  config: Config | undefined,
): Plan[] {
  const { cwd } = request;
  const { catalogue } = settled;
  const known = [...Object.keys(settled.roles), ...positionsIn(settled.declares.chain)];
  const around = {
    roles: request.fault.length > 0 ? undefined : known,
    cwd: request.tasks === undefined ? cwd : undefined,
  };
  const wanted = found.map(({ path, ...named }) => ({ ...readDrill(path, catalogue, around), ...named }));
  const named = wanted.filter(({ drill }) => request.names.length > 0 || !drill.named_only);
  if (request.mode === 'live') expectAllowed(named);
  const workflows = new Map<string, Workflow>();
  const readings = [...readingsOf(config, catalogue), settled.notices];
  return withTags(named, request.tag).flatMap((loaded) => {
    const workflow = workflowOf(request, loaded, workflows, readings, settled);
    checkPlaces(request, loaded, workflow, settled);
    const cassettes = settled.cassettesOf?.(workflow.name);
    const { written } = loaded;
    return chosenOf(loaded, request, catalogue).map((drill) =>
      planFor(request, stopping(drill, config), workflow, { ...settled, cassettes, written }),
    );
  });
}

function readDrill(path: string, catalogue: Catalogue, around: Parameters<typeof loadDrill>[2]): LoadedDrill {
  const read = () => {
    const { place, ...rest } = loadDrill(path, catalogue, around);
    return rest;
  };
  return {
    ...keeping(catalogue)(['drill', path, around?.cwd], read),
    place: (...at) => readUserFile(path).place(...at),
  };
}

/** Nothing is live unless the drill says so as well. */
function expectAllowed(drills: readonly LoadedDrill[]): void {
  const problems = drills
    .filter(({ drill }) => drill.live !== 'allowed')
    .map(({ drill, file, place }) => ({
      message: `the drill ${drill.drill} may not be run live`,
      place: place(['drill']),
      fix: isShipped(file)
        ? 'Copy it into drills/ under a name of your own, and add  live: allowed  there.'
        : 'Add  live: allowed  to it if it may ask real providers for real money.',
    }));
  if (problems.length > 0) throw new DrillError(problems);
}

/** A drill with the conditions of the configuration beside its own. */
function stopping(planned: PlannedDrill, config: Config | undefined): PlannedDrill {
  const stop = [...(planned.drill.stop ?? []), ...(config?.stop ?? [])];
  return stop.length === 0 ? planned : { ...planned, drill: { ...planned.drill, stop } };
}

type Chosen = LoadedDrill & Omit<FoundDrill, 'path'>;

/** The drills of a file that are to be run; where `--fault` takes the place of what they try, they are all the same one. */
function chosenOf(
  { alternative, written, ...loaded }: Chosen,
  { fault }: Wanted,
  catalogue: Catalogue,
): PlannedDrill[] {
  const name = alternative === undefined ? undefined : alternativeNamed(alternative, loaded, catalogue);
  if (name === undefined && fault.length > 0) return [undivided(loaded, catalogue)];
  return drillsOf(loaded, catalogue).filter(({ drill }) => name === undefined || drill.drill === name);
}

/** A drill of the user's own means what it says; one of the package runs as far as the target has what it names. */
function checkPlaces(request: Wanted, loaded: LoadedDrill, workflow: Workflow, { declares, roles }: Settled): void {
  if (isShipped(loaded.file) || request.fault.length > 0 || !concerns(loaded.drill, declares.features)) return;
  checkRoles(loaded, [...Object.keys(roles), ...positionsIn(declares.chain)]);
  checkRadius(loaded, workflow);
}

function withTags(drills: readonly Chosen[], tags: readonly string[]): Chosen[] {
  const chosen = drills.filter(({ drill }) => tags.length === 0 || drill.tags.some((tag) => tags.includes(tag)));
  if (chosen.length > 0) return chosen;
  const known = [...new Set(drills.flatMap(({ drill }) => drill.tags))];
  throw new DrillError({
    message: tags.length === 0 ? 'there is no drill to run' : `no drill has the tag ${tags.join(' or ')}`,
    place: { file: tags.length === 0 ? 'drills' : '--tag' },
    fix: tags.length === 0 ? 'Write one in drills/, or name a file.' : suggest(tags[0] ?? '', known, 'tags'),
  });
}

export interface Settled {
  /** Everything there is, plugins of the project's own included. */
  catalogue: Catalogue;
  redaction: Redaction;
  declares: ResolvedDeclaration;
  roles: Roles;
  wall?: true | undefined;
  live?: Live | undefined;
  /** What was recorded of a workflow, where that replies. */
  cassettesOf?: ((workflow: string) => readonly Cassette[]) | undefined;
}

function planFor(
  request: Wanted,
  loaded: PlannedDrill,
  workflow: Workflow,
  {
    catalogue,
    redaction,
    declares,
    roles,
    wall,
    live,
    cassettes,
    written,
  }: Settled & Pick<FoundDrill, 'written'> & { cassettes: readonly Cassette[] | undefined },
): Plan {
  const names = Object.keys(roles);
  const shipped = isShipped(loaded.file);
  const find = roleFinder(declares.chain, names, !shipped);
  const known = [...names, ...positionsIn(declares.chain)];
  const named = withFaults(loaded, request.fault, { roles: known, tools: workflow.tools, catalogue });
  const { drill, lacking } = placeDrill(named, find, shipped ? misfitIn(workflow) : undefined);
  const tasks = chosenTasks(workflow, request.task).map((task) => task.name);
  const data = { drill, workflow, declares, roles, shipped, tasks, cassettes };
  const equipped = equip(live || cassettes ? unscripted(data) : data, redaction, live, catalogue);
  return {
    ...equipped,
    definition: loaded.definition,
    source: loaded.source,
    wall,
    lacking,
    recordings: cassettes && refsOf(cassettes, drill.drill, tasks),
    effects: equipped.faults.map((armed) => armed.map(({ effect }) => effect)),
    needs: needsOf(equipped.faults),
    checks: catalogue.checks,
    reproduce: reproduceLine(request, [written ?? drill.drill], redaction),
  };
}

/** What a golden task foresees of a reply binds no provider. */
function unscripted(data: PlayData): PlayData {
  const tasks = data.workflow.tasks.map(({ answer, answer_if_not_done, ...task }) => task);
  return { ...data, unscripted: true, workflow: { ...data.workflow, tasks } };
}

/** Nothing where none of them needs anything, which is so of most. */
function needsOf(faults: PlayPlan['faults']): Plan['needs'] {
  const needs = faults.map((armed) => armed.map((one) => one.needs ?? null));
  return needs.flat().every((need) => need === null) ? undefined : needs;
}

/** Why a fault of a drill of the package has no place in a workflow of the user's own. */
const misfitIn =
  ({ name, tools, tasks }: Workflow) =>
  (use: FaultUse): string | undefined => {
    const lacks = (what: string) => `the workflow ${name} has no ${what}`;
    if (use.tool !== undefined && !tools.some((tool) => tool.name === use.tool)) return lacks(`tool ${use.tool}`);
    if (use.tenants?.every((tenant) => tasks.every((task) => task.tenant !== tenant))) return lacks('such tenant');
    return use.tasks?.every((task) => tasks.every((one) => one.name !== task)) ? lacks('such task') : undefined;
  };

/** A workflow whose contract names the target's roles. One of the user's own means what it says. */
function withContract(
  workflow: Workflow,
  { cwd, tasks }: Wanted,
  { declares, roles }: Settled,
  name: string,
): Workflow {
  if (workflow.contract === undefined) return workflow;
  const own = tasks !== undefined || !isShipped(findWorkflow(name, cwd));
  return {
    ...workflow,
    contract: placeContract(workflow.contract, roleFinder(declares.chain, Object.keys(roles), own)),
  };
}

/** Whether a drill or a workflow comes with the package. */
function isShipped(file: string): boolean {
  const inside = relative(packageRoot(), file);
  return /^(?:drills|fixtures)[\\/]/.test(inside);
}

/** The drill with the faults that will really be armed. */
function withFaults(
  loaded: PlannedDrill,
  flags: readonly string[],
  { roles, tools, catalogue }: { roles: readonly string[]; tools: Workflow['tools']; catalogue: Catalogue },
): Drill {
  const names = tools.map((tool) => tool.name);
  const uses = flags.map((flag) => faultFromFlag(flag, catalogue, roles, names));
  // What breaks streams is tried where the user reads along.
  const hint = uses.some((use) => needOf(use, catalogue.faults) === 'stream') ? { stream: true } : {};
  const phases = loaded.drill.phases.map((phase) =>
    uses.length > 0 && phase.faults.length > 0 ? { ...hint, ...phase, faults: uses } : { ...hint, ...phase },
  );
  return { ...loaded.drill, phases };
}

/** Drills of one workflow share what was read of it. */
function workflowOf(
  request: Wanted,
  loaded: LoadedDrill,
  known: Map<string, Workflow>,
  others: readonly ReadingsFrom[],
  settled: Settled,
): Workflow {
  const { workflow: name } = loaded.drill;
  const read = () =>
    withContract(withReadings(readWorkflow(request, loaded, settled), others, settled), request, settled, name);
  return entryOf(known, name, read);
}

/** A workflow with what its texts mean, wherever that is written. */
function withReadings(workflow: Workflow, others: readonly ReadingsFrom[], { catalogue }: Settled): Workflow {
  const own = { readings: workflow.notices, place: { file: `notices.yaml of ${workflow.name}` } };
  return { ...workflow, notices: mergeReadings([own, ...others], catalogue) };
}

const readingsOf = (config: Config | undefined, catalogue: Catalogue): ReadingsFrom[] =>
  config?.notices === undefined
    ? []
    : [{ readings: loadNotices(config.notices, catalogue), place: { file: displayPath(config.notices) } }];

function readWorkflow({ cwd, tasks }: Wanted, { drill }: LoadedDrill, { catalogue }: Settled): Workflow {
  const shared = sourceHomes(cwd);
  const folder = tasks === undefined ? findWorkflow(drill.workflow, cwd) : resolve(cwd, tasks);
  const name = tasks === undefined ? drill.workflow : basename(folder);
  // Our own tests have tried the concepts that come with the package.
  const { says, ...judges } = catalogue;
  const tried = tasks === undefined && isShipped(folder) ? judges : catalogue;
  return keeping(catalogue)(['workflow', folder, name, shared], () => loadWorkflow(folder, shared, tried, name));
}

function chosenTasks(workflow: Workflow, patterns: readonly string[]): GoldenTask[] {
  const known = workflow.tasks.map((t) => t.name);
  const names = expanded(patterns, known, `golden tasks of ${workflow.name}`, '--task');
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new DrillError({
      message: `there is no golden task "${unknown}" in ${workflow.name}`,
      place: { file: '--task' },
      fix: suggest(unknown, known, 'golden tasks'),
    });
  }
  return names.length === 0 ? workflow.tasks : workflow.tasks.filter((t) => names.includes(t.name));
}

/** One pasteable line that does the same again: paths stay as the user wrote them, the other words are redacted. */
export function reproduceLine(request: Wanted, names: readonly string[], { text }: Redaction): string {
  const quoted = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
  const option = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, quoted(value)]);
  return [
    'drill run',
    ...names.map((n) => quoted(text(n))),
    ...option('--config', request.config),
    ...option('--target', request.target),
    ...option('--tasks', request.tasks),
    ...option('--mode', request.mode === 'live' ? 'live' : undefined),
    ...request.task.flatMap((t) => option('--task', text(t))),
    ...request.fault.flatMap((f) => option('--fault', text(f))),
    ...option('--replies', request.replies === 'recorded' ? request.replies : undefined),
    ...option('--seed', String(request.seed)),
  ].join(' ');
}
