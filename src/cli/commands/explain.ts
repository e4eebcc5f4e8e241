import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import { describeTarget } from '../../assemble.ts';
import { checks } from '../../checks/index.ts';
import { alternativesOf, exampleOf } from '../../config/alternatives.ts';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { closest } from '../../config/closest.ts';
import { loadConfig } from '../../config/config-file.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { flagOf } from '../../config/fault-flag.ts';
import { listDrills, listWorkflows, namesIn, packageRoot, sourceHomes } from '../../config/find.ts';
import { displayPath } from '../../config/read-file.ts';
import { jsonSchemaOf, type Piece, piecesAt, wordsOf } from '../../config/schema-words.ts';
import { loadWorkflow } from '../../config/workflow-folder.ts';
import { Contract } from '../../core/contract.ts';
import { FaultUse, paramsOf, placeOf, type WrittenDrill, type WrittenPhase } from '../../core/drill.ts';
import { EFFECTS } from '../../core/effect.ts';
import { DrillError } from '../../core/errors.ts';
import { GoldenTask, type Workflow } from '../../core/golden-task.ts';
import type { Card, Check, Fault } from '../../core/plugin.ts';
import type { Protocol } from '../../core/protocol.ts';
import { readRule } from '../../core/tools.ts';
import type { Terminal } from '../terminal.ts';
import { PAGES } from './pages.ts';
import { SHAPES } from './shapes.ts';

/** Prints everything of that name. Throws a DrillError with a suggestion where there is none. */
export async function explain(
  name: string,
  catalogue: Catalogue,
  { cwd, stdout, stderr }: Pick<Terminal, 'cwd' | 'stdout' | 'stderr'>,
): Promise<void> {
  const cardsOf = <T extends { name: string }>(all: readonly T[], text: (one: T) => string) =>
    all.map((one) => ({ name: one.name, text: () => text(one) }));
  const cards = [
    ...cardsOf(catalogue.faults, faultText),
    ...cardsOf(catalogue.checks, checkText),
    ...cardsOf(catalogue.protocols, (one) =>
      cardText(one, 'protocol', [`Known by: POST …${one.path}`], 'Example, in `roles`', ...dialectsOf(one)),
    ),
    ...cardsOf(catalogue.targetKinds, (one) =>
      cardText(one, 'kind of target', [], 'Example, in `targets` of drill.config.yaml'),
    ),
    ...cardsOf(catalogue.reporters, (one) =>
      cardText(
        one,
        'reporter',
        [`Writes: ${one.file ?? 'to the terminal'}${one.optional ? ', where it is asked for' : ''}`],
        'Example',
      ),
    ),
    ...cardsOf(listDrills(cwd), ({ path }) =>
      drillText(
        drillStory(path, catalogue),
        displayPath(path),
        alternativesOf(loadDrill(path, catalogue).drill, catalogue),
      ),
    ),
    ...cardsOf(listWorkflows(cwd), ({ path }) =>
      workflowText(loadWorkflow(path, sourceHomes(cwd), catalogue), displayPath(path)),
    ),
    ...Object.entries(PAGES).map(([name, { summary, says, title, example }]) => ({
      name,
      text: () => blocks(name, summary, ...says, section(title, example)),
    })),
    ...Object.entries(SHAPES).map(([name, { summary, schema, example }]) => ({
      name,
      text: () => blocks(name, summary, paramLines(schema), section('Example', example)),
    })),
  ];
  const found = cards.filter((one) => one.name === name).map((one) => one.text());
  const names = cards.map((one) => one.name);
  if (found.length === 0) found.push(await targetText(name, { cwd, stderr }, catalogue, names));
  stdout.write(`${found.join('\n\n')}\n`);
}

function cardText(card: Card, kind: string, facts: readonly string[], title: string, ...more: string[]): string {
  const { name, summary, params, magnitude, example } = card;
  const hard = magnitude && `How hard: ${magnitude.param}; ${JSON.stringify(magnitude.zero)} does nothing.`;
  const said = lines(...facts, hard);
  return blocks(`${name} (${kind})`, summary, paramLines(params), said, section(title, example), ...more);
}

function dialectsOf({ dialects = {} }: Protocol): string[] {
  const all = Object.entries(dialects);
  const width = Math.max(...all.map(([name]) => name.length));
  const told = all.flatMap(([name, { summary, example }]) => [
    `${name.padEnd(width)}  ${summary}`,
    `${' '.repeat(width)}  ${example}`,
  ]);
  return [section('Dialects, as `dialect` of a role', lines(...told))];
}

function faultText(fault: Fault): string {
  const place = fault.kind === 'tool' ? 'use of its tool' : 'call of its role';
  const facts = [
    `Fires: on every ${place}, unless \`when\`, \`tenants\` or \`tasks\` say otherwise: see \`drill explain fault\`.`,
    ...(fault.feature === undefined ? [] : [`Among every fault, it is tried on targets that claim: ${fault.feature}.`]),
    `Effect: ${EFFECTS[fault.effectOf(paramsOf(exampleOf(fault)))]}.`,
  ];
  const flags = flagsOf(fault).map((flag) => `--fault ${flag}`);
  const line = `drill run ${fault.drill ?? 'timeout_primary'} ${flags.join(' ')}`;
  const flag = section('Or in place of the faults of a drill', line);
  return cardText(fault, `fault, ${fault.kind} layer`, facts, 'Example, in `faults` of a phase', flag);
}

/** A reserve is called where the first choice fails. */
function flagsOf(fault: Fault): string[] {
  const flag = flagOf(fault);
  return /@backup\b/.test(flag) ? ['server-error@primary', flag] : [flag];
}

function checkText(check: Check): string {
  const { name, feature, skips, by_reading, advice } = check;
  const idle = [feature && `the target does not claim the feature: ${feature}`, skips].filter(Boolean);
  const { asked, unclaimed } = checkStory(check);
  const facts = [
    `Reads: ${check.reads}.`,
    by_reading === undefined ? '' : `By words that somebody has read: ${by_reading}.`,
    `Asked of: ${asked}.`,
    check.gate ? 'May be a gate of a contract.' : '',
    idle.length > 0 ? `Not applicable: ${idle.join('; ')}.` : '',
    unclaimed && `Without the feature it is judged all the same in ${unclaimed}.`,
    'Inconclusive: it is expected, and there was nothing to judge.',
    check.always ? 'It counts without faults as well.' : '',
    advice === undefined ? '' : `To mend it: ${advice}`,
    // Of a plugin's check there is no page.
    checks.includes(check) ? `All checks: ${displayPath(join(packageRoot(), 'docs', 'verdicts.md'))}#${name}` : '',
  ];
  const known = flaws();
  const seen = [...known.filter((flaw) => flaw.check === name), ...known.filter((flaw) => flaw.also.includes(name))];
  const kind = `check, ${check.severity}, judges a ${check.scope}`;
  return cardText(check, kind, facts, 'Example, in `expect` of a drill', seenToFail(seen));
}

/** Who is asked a check, told by what it looks at when it is asked. */
export function checkStory({ implies, feature }: Check): { asked: string; unclaimed: string } {
  const ofTask = new Set<string>();
  const ofContract = new Set<string>();
  const watched = <T extends object>(one: T, read: Set<string>): T =>
    new Proxy(one, { get: (of, key) => Reflect.get(read.add(String(key)) && of, key) });
  const task = watched(GoldenTask.parse({ name: 'any', input: 'any' }), ofTask);
  const contract = watched(Contract.parse({ workflow: 'any' }), ofContract);
  const always = implies?.(task, contract) !== undefined;
  // Every task has a tenant: that is no condition.
  ofTask.delete('tenant');
  const having = (what: string, fields: ReadonlySet<string>) =>
    fields.size === 0 ? [] : [`${what} with ${[...fields].join(', ')}`];
  const some = [...having('golden tasks', ofTask), ...having('contracts', ofContract)].join(' or ');
  const brought = implies && (always ? 'every golden task' : some);
  // What only a contract brings along binds whatever a target claims.
  const byContract = implies !== undefined && !always && ofContract.size > 0;
  return {
    asked: ['drills that expect it', brought].filter(Boolean).join(', and '),
    unclaimed: feature
      ? ['drills of your own that expect it', byContract && 'workflows whose contract asks for it']
          .filter(Boolean)
          .join(' and ')
      : '',
  };
}

/** A target of the package with one known flaw: the drill and the check that find it, and what else they find. */
export interface Flaw {
  /** From the root of the package. */
  file: string;
  drill: string;
  check: string;
  also: string[];
}

/** Every flawed target, as it says of itself. None is imported: they are agents, and would run. */
export function flaws(): Flaw[] {
  const home = join('fixtures', 'targets');
  const folders = namesIn(join(packageRoot(), home)).filter((name) => name.startsWith('flawed'));
  const files = folders.flatMap((folder) =>
    namesIn(join(packageRoot(), home, folder)).map((name) => join(home, folder, name)),
  );
  return files.flatMap((file) => {
    const said = /^export const flaw = (\{.*?\});/ms.exec(readFileSync(join(packageRoot(), file), 'utf8'))?.[1];
    // But for its type it is YAML, too.
    return said === undefined ? [] : [{ file, ...parse(said.replace('as string[]', '')) }];
  });
}

const seenToFail = (found: readonly Flaw[]): string =>
  section(
    'See it fail',
    lines(...found.map(({ drill, file }) => `drill run ${drill} --target ${displayPath(join(packageRoot(), file))}`)),
  );

/** What there is to tell of a drill, for a terminal and for its page. */
export interface DrillStory {
  drill: WrittenDrill;
  facts: string[];
  phases: string[];
  claims: { check: string; params: string; summary: string; reads: string }[];
  flawed: Flaw[];
}

export function drillStory(path: string, catalogue: Catalogue): DrillStory {
  const { drill } = loadDrill(path, catalogue);
  return {
    drill,
    facts: [
      `Workflow: ${drill.workflow}`,
      ...(drill.tags.length === 0 ? [] : [`Tags: ${drill.tags.join(', ')}`]),
      ...(drill.named_only ? ['Runs only where it is named'] : []),
      ...(drill.require === undefined ? [] : [`Skipped, unless the target claims: ${drill.require.join(', ')}`]),
    ],
    phases: drill.phases.map(phaseText),
    claims: Object.entries(drill.expect).map(([check, params]) => {
      const { summary = '', reads = '' } = catalogue.checks.find((one) => one.name === check) ?? {};
      return { check, params: flow(params), summary, reads };
    }),
    flawed: flaws().filter((flaw) => flaw.drill === drill.drill),
  };
}

function drillText(
  { drill, facts, phases, claims, flawed }: DrillStory,
  file: string,
  alternatives: readonly { name: string; anywhere: boolean }[],
): string {
  // One that has something to break in any target.
  const first = alternatives.find(({ anywhere }) => anywhere) ?? alternatives[0];
  return blocks(
    `${drill.drill} (drill, ${file})`,
    `${drill.title}. ${drill.hypothesis}`,
    lines(...facts),
    section('Phases', lines(...phases)),
    section(
      'Expects, beside what its golden tasks and contract bring along',
      lines(...claims.map((one) => `${one.check}: ${one.params}\n  ${one.summary}`)),
    ),
    section('Alternatives, each a drill of its own', alternatives.map(({ name }) => name).join(', ')),
    section('Run it', lines(`drill run ${drill.drill}`, first && `drill run ${drill.drill}/${first.name}`)),
    seenToFail(flawed),
  );
}

/** What a workflow asks of whoever serves it, and the tasks that show whether it gets that. */
function workflowText({ name, contract, tasks, concepts, tools }: Workflow, folder: string): string {
  const { workflow: _, output, permissions, ...asked } = contract ?? {};
  const short = { ...(output && { output: output.required }), ...(permissions && { modes: permissions.modes }) };
  const terms = Object.entries({ ...short, ...asked });
  const toolText = ({ name: tool, description }: Workflow['tools'][number]) => {
    const { write, approval, allowed } = readRule(permissions?.tools, tool);
    const may = [write ? 'writes' : 'reads', approval === 'human' && 'asks first', !allowed && 'forbidden'];
    return `${tool} (${may.filter(Boolean).join(', ')})${description === undefined ? '' : `: ${description}`}`;
  };
  const golden = tasks.map(({ name: task, tenant, priority, turns }) =>
    [`${task}: ${tenant}`, priority, ...new Set(turns.map((turn) => turn.tool))].join(', '),
  );
  return blocks(
    `${name} (workflow, ${folder})`,
    section('Contract', lines(...terms.map(([key, value]) => `${key}: ${flow(value)}`)) || 'none'),
    section('Golden tasks: tenant, priority, tools', lines(...golden)),
    section('Tools', lines(...tools.map(toolText))),
    section('Concepts', Object.keys(concepts).join(', ')),
  );
}

function phaseText(phase: WrittenPhase): string {
  const { name, tasks, times, load, faults, each, stream, after_ms, for_ms, leaves_after_ms } = phase;
  const parts = [
    `${tasks} ${tasks === 1 ? 'task' : 'tasks'}`,
    'every_ms' in load ? `one every ${load.every_ms} ms` : load.arrive.replace('_', ' '),
    ...Object.entries(times).map(([tenant, n]) => `those of ${tenant} ${n} times as often`),
    after_ms === 'cooldown' && 'after the cooldown',
    typeof after_ms === 'number' && after_ms > 0 && `after ${after_ms} ms of quiet`,
    for_ms !== undefined && `for at least ${for_ms} ms`,
    leaves_after_ms !== undefined && `each user leaves after ${leaves_after_ms} ms`,
    stream !== undefined && STREAMS[String(stream)],
    faults.length === 0 && each === undefined && 'no fault',
  ];
  return lines(`${name}: ${parts.filter(Boolean).join(', ')}`, ...faults.map(useText), ...eachText(each));
}

const STREAMS: Record<string, string> = {
  true: 'with a stream',
  false: 'without a stream',
  either: 'with a stream and without',
};

/** What is broken in turn. */
function eachText(each: WrittenPhase['each']): string[] {
  if (each === undefined) return [];
  if (!Array.isArray(each)) return [`  each: every fault on ${[each.role, each.tool].filter(Boolean).join(', ')}`];
  return each
    .flatMap((one) => ('fault' in one ? [useText(FaultUse.parse(one))] : one.faults.map(useText)))
    .map((text) => `  or${text}`);
}

function useText(use: FaultUse): string {
  const { fault, role: _role, tool: _tool, ...more } = use;
  return `  ${[`${fault} on ${placeOf(use)}`, Object.keys(more).length > 0 && flow(more)].filter(Boolean).join(', ')}`;
}

/** What a target of the package or the configuration says of itself. */
async function targetText(
  name: string,
  terminal: Pick<Terminal, 'cwd' | 'stderr'>,
  catalogue: Catalogue,
  others: readonly string[],
): Promise<string> {
  const config = loadConfig(terminal.cwd, catalogue);
  const targets = [...Object.keys(config?.targets ?? {}), ...Object.keys(catalogue.builtinTargets)];
  if (!targets.includes(name)) {
    const meant = closest(name, [...others, ...targets]);
    const fix = meant ? `did you mean "${meant}"? (\`drill list\` shows all)` : '`drill list` shows all there is';
    throw new DrillError({
      message: `there is nothing called "${name}"`,
      place: { file: 'drill explain' },
      fix,
    });
  }
  const { kind, declares, roles } = await describeTarget(name, terminal, config, catalogue);
  const said = Object.entries(declares).map(([key, value]) => `${key}: ${flow(value)}`);
  const called = Object.entries(roles).map(
    ([role, { protocol, model, base_url }]) => `${role}: ${model} at ${base_url}, ${protocol}`,
  );
  return blocks(
    `${name} (target, ${kind})`,
    section('Declares', lines(...said)),
    section('Roles', lines(...called)),
    section('Run it', `drill run --target ${name}`),
  );
}

/** A value on one line, in YAML. */
const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trim();

/** A line a parameter: name, what it must be, its default, what it means. */
function paramLines(schema: z.ZodType): string {
  const rows = rowsOf(jsonSchemaOf(schema), '');
  const width = Math.max(...rows.map(([name]) => name.length));
  const text = lines(...rows.map(([name, says]) => `${name.padEnd(width)}  ${says}`));
  return section('Parameters', text) || 'It has no parameters.';
}

/** Those of a mapping and of all mappings in it: `output.schema`, `phases[].name`, `roles.<name>.model`. */
function rowsOf(piece: Piece['items' | 'additionalProperties'], prefix: string): [name: string, says: string][] {
  if (typeof piece !== 'object' || Array.isArray(piece)) return [];
  return piecesAt(piece, []).flatMap((one) => [
    ...Object.entries(one.properties ?? {}).flatMap(([name, value]): [string, string][] => [
      [prefix + name, textOf(value, one.required?.includes(name) === true)],
      ...rowsOf(value, `${prefix}${name}.`),
    ]),
    ...rowsOf(one.additionalProperties, `${prefix}<name>.`),
    ...rowsOf(one.items, `${prefix.slice(0, -1)}[].`),
  ]);
}

function textOf(value: Piece | boolean, required: boolean): string {
  if (typeof value === 'boolean') return 'any value';
  const fallback = value.default === undefined ? undefined : `default ${JSON.stringify(value.default)}`;
  const meaning = value.description === undefined ? '' : `: ${value.description}`;
  return `${wordsOf(value)} (${fallback ?? (required ? 'required' : 'optional')})${meaning}`;
}

const blocks = (...texts: string[]): string => texts.filter(Boolean).join('\n\n');

const lines = (...texts: (string | undefined)[]): string => texts.filter(Boolean).join('\n');

/** Nothing where there is nothing to say. */
const section = (title: string, text: string): string =>
  text === '' ? '' : `${title}:\n${text.trim().replace(/^/gm, '  ')}`;
