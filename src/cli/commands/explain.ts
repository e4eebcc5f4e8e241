import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { closest } from '../../config/closest.ts';
import { loadConfig } from '../../config/config-file.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { flagOf } from '../../config/fault-flag.ts';
import { listDrills, listWorkflows, namesIn, packageRoot, sourceHomes } from '../../config/find.ts';
import { displayPath } from '../../config/read-file.ts';
import { jsonSchemaOf, type Piece, piecesAt, wordsOf } from '../../config/schema-words.ts';
import { openTarget, settleTarget } from '../../config/target.ts';
import { loadWorkflow } from '../../config/workflow-folder.ts';
import { Contract } from '../../core/contract.ts';
import { type Drill, type Phase, placeOf } from '../../core/drill.ts';
import { DrillError } from '../../core/errors.ts';
import { GoldenTask, type Workflow } from '../../core/golden-task.ts';
import type { Card, Check, Fault } from '../../core/plugin.ts';
import { readRule } from '../../core/tools.ts';
import type { Terminal } from '../terminal.ts';
import { SHAPES } from './shapes.ts';

/** Prints everything of that name. Throws a DrillError with a suggestion where there is none. */
export async function explain(
  name: string,
  catalogue: Catalogue,
  { cwd, stdout }: Pick<Terminal, 'cwd' | 'stdout'>,
): Promise<void> {
  const cards: { name: string; text(): string }[] = [
    ...catalogue.faults.map((one) => ({ name: one.name, text: () => faultText(one) })),
    ...catalogue.checks.map((one) => ({ name: one.name, text: () => checkText(one) })),
    ...catalogue.protocols.map((one) => ({
      name: one.name,
      text: () => cardText(one, 'protocol', [`Known by: POST …${one.path}`], 'Example, in `roles`'),
    })),
    ...catalogue.targetKinds.map((one) => ({
      name: one.name,
      text: () => cardText(one, 'kind of target', [], 'Example, in `targets` of drill.config.yaml'),
    })),
    ...catalogue.reporters.map((one) => ({
      name: one.name,
      text: () => cardText(one, 'reporter', [`Writes: ${one.file ?? 'to the terminal'}`], 'Example'),
    })),
    ...listDrills(cwd).map(({ name, path }) => ({
      name,
      text: () => drillText(drillStory(path, catalogue), displayPath(path)),
    })),
    ...listWorkflows(cwd).map(({ name, path }) => ({
      name,
      text: () => workflowText(loadWorkflow(path, sourceHomes(cwd), catalogue), displayPath(path)),
    })),
    ...Object.entries(SHAPES).map(([name, { summary, schema, example }]) => ({
      name,
      text: () => blocks(name, summary, paramLines(schema), section('Example', example)),
    })),
  ];
  const found = cards.filter((one) => one.name === name).map((one) => one.text());
  const texts = found.length > 0 ? found : [await targetText(name, cwd, catalogue, cards)];
  stdout.write(`${texts.join('\n\n')}\n`);
}

function cardText(card: Card, kind: string, facts: readonly string[], title: string, ...more: string[]): string {
  const { magnitude } = card;
  const hard =
    magnitude === undefined ? [] : [`How hard: ${magnitude.param}; ${JSON.stringify(magnitude.zero)} does nothing.`];
  const said = [...facts, ...hard].join('\n');
  const example = section(title, card.example);
  return blocks(`${card.name} (${kind})`, card.summary, paramLines(card.params), said, example, ...more);
}

function faultText(fault: Fault): string {
  const place = fault.kind === 'tool' ? 'use of its tool' : 'call of its role';
  const facts = [
    `Fires: on every ${place}, unless \`when\`, \`tenants\` or \`tasks\` say otherwise: see \`drill explain fault\`.`,
    ...(fault.delays === true ? ['Spares: the reply itself, which is whole and only late.'] : []),
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
  const skips = [
    ...(check.feature === undefined ? [] : [`the target does not claim the feature: ${check.feature}`]),
    ...(check.skips === undefined ? [] : [check.skips]),
  ];
  const facts = [
    `Reads: ${check.reads}.`,
    `Asked of: drills that expect it${impliedBy(check)}.`,
    ...(check.gate === undefined ? [] : ['May be a gate of a contract.']),
    ...(skips.length === 0 ? [] : [`Not applicable: ${skips.join('; ')}.`]),
    'Inconclusive: it is expected, and there was nothing to judge.',
  ];
  const known = flaws();
  const made = known.filter((flaw) => flaw.check === check.name);
  const seen = seenToFail([...made, ...known.filter((flaw) => flaw.also.includes(check.name))]);
  const kind = `check, ${check.severity}, judges a ${check.scope}`;
  return cardText(check, kind, facts, 'Example, in `expect` of a drill', ...seen);
}

/** What brings a check along, told by what it looks at when it is asked. */
function impliedBy({ implies }: Check): string {
  if (implies === undefined) return '';
  const read = new Set<string>();
  const watched = <T extends object>(one: T): T =>
    new Proxy(one, { get: (of, key) => Reflect.get(read.add(String(key)) && of, key) });
  const task = watched(GoldenTask.parse({ name: 'any', input: 'any' }));
  const always = implies(task, watched(Contract.parse({ workflow: 'any' }))) !== undefined;
  return always ? ', and every golden task' : `, and golden tasks with ${[...read].join(', ')}`;
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
    const said = /^export const flaw = (\{.*?\});/ms.exec(readFileSync(join(packageRoot(), file), 'utf8'))?.[1] ?? '';
    const word = (key: string) => new RegExp(`${key}: '([\\w-]+)'`).exec(said)?.[1];
    const [drill, check] = [word('drill'), word('check')];
    const also = [...(/also: \[(.*?)\]/s.exec(said)?.[1] ?? '').matchAll(/'([\w-]+)'/g)].map(([, name = '']) => name);
    return drill === undefined || check === undefined ? [] : [{ file, drill, check, also }];
  });
}

const seenToFail = (found: readonly Flaw[]): string[] => {
  const lines = found.map(({ drill, file }) => `drill run ${drill} --target ${displayPath(join(packageRoot(), file))}`);
  return lines.length === 0 ? [] : [section('See it fail', lines.join('\n'))];
};

/** What there is to tell of a drill, for a terminal and for its page. */
export interface DrillStory {
  drill: Drill;
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

function drillText({ drill, facts, phases, claims, flawed }: DrillStory, file: string): string {
  return blocks(
    `${drill.drill} (drill, ${file})`,
    `${drill.title}. ${drill.hypothesis}`,
    facts.join('\n'),
    section('Phases', phases.join('\n')),
    section(
      'Expects, beside what its golden tasks and contract bring along',
      claims.map((one) => `${one.check}: ${one.params}\n  ${one.summary}`).join('\n'),
    ),
    section('Run it', `drill run ${drill.drill}`),
    ...seenToFail(flawed),
  );
}

/** What a workflow asks of whoever serves it, and the tasks that show whether it gets that. */
function workflowText({ name, contract, tasks, concepts, tools }: Workflow, folder: string): string {
  const { workflow: _, output, permissions, ...asked } = contract ?? {};
  const short = { ...(output && { output: output.required }), ...(permissions && { modes: permissions.modes }) };
  const terms = Object.entries({ ...short, ...asked });
  const toolText = ({ name: tool, description }: Workflow['tools'][number]) => {
    const { write, approval, allowed } = readRule(permissions?.tools[tool]);
    const may = [
      write ? 'writes' : 'reads',
      ...(approval === 'human' ? ['asks first'] : []),
      ...(allowed ? [] : ['forbidden']),
    ];
    return `${tool} (${may.join(', ')})${description === undefined ? '' : `: ${description}`}`;
  };
  const golden = tasks.map(({ name: task, tenant, priority, turns }) => {
    const uses = turns.length === 0 ? '' : `, ${[...new Set(turns.map((turn) => turn.tool))].join(', ')}`;
    return `${task}: ${tenant}, ${priority}${uses}`;
  });
  return blocks(
    `${name} (workflow, ${folder})`,
    section('Contract', terms.map(([key, value]) => `${key}: ${flow(value)}`).join('\n') || 'none'),
    section('Golden tasks: tenant, priority, tools', golden.join('\n')),
    ...(tools.length === 0 ? [] : [section('Tools', tools.map(toolText).join('\n'))]),
    ...(Object.keys(concepts).length === 0 ? [] : [section('Concepts', Object.keys(concepts).join(', '))]),
  );
}

function phaseText({ name, tasks, times, load, faults, after_ms, for_ms }: Phase): string {
  const arrival = 'every_ms' in load ? `one every ${load.every_ms} ms` : load.arrive.replace('_', ' ');
  const parts = [
    `${tasks} ${tasks === 1 ? 'task' : 'tasks'}, ${arrival}`,
    ...Object.entries(times).map(([tenant, n]) => `those of ${tenant} ${n} times as often`),
    ...(after_ms === 0 ? [] : [`after ${after_ms} ms of quiet`]),
    ...(for_ms === undefined ? [] : [`for at least ${for_ms} ms`]),
    ...(faults.length === 0 ? ['no fault'] : []),
  ];
  const broken = faults.map((use) => {
    const { fault, role: _role, tool: _tool, ...more } = use;
    const rest = Object.keys(more).length === 0 ? '' : `, ${flow(more)}`;
    return `\n  ${fault} on ${placeOf(use)}${rest}`;
  });
  return `${name}: ${parts.join(', ')}${broken.join('')}`;
}

/** What a target of the package or the configuration says of itself. */
async function targetText(
  name: string,
  cwd: string,
  catalogue: Catalogue,
  others: readonly { name: string }[],
): Promise<string> {
  const config = loadConfig(cwd, catalogue);
  const targets = [...Object.keys(config?.targets ?? {}), ...Object.keys(catalogue.builtinTargets)];
  if (!targets.includes(name)) {
    const meant = closest(name, [...others.map((one) => one.name), ...targets]);
    throw new DrillError('unknown_name', {
      message: `there is nothing called "${name}"`,
      place: { file: 'drill explain' },
      fix:
        meant === undefined ? '`drill list` shows all there is' : `did you mean "${meant}"? (\`drill list\` shows all)`,
    });
  }
  const target = await openTarget(name, cwd, config, catalogue);
  const { declares, roles } = await settleTarget(target, name, config, catalogue);
  const said = Object.entries(declares).map(([key, value]) => `${key}: ${flow(value)}`);
  const lines = Object.entries(roles).map(
    ([role, { protocol, model, base_url }]) => `${role}: ${model} at ${base_url}, ${protocol}`,
  );
  return blocks(
    `${name} (target, ${target.kind})`,
    section('Declares', said.join('\n')),
    section('Roles', lines.join('\n')),
    section('Run it', `drill run --target ${name}`),
  );
}

/** A value on one line, in YAML. */
const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: true }).trim();

/** A line a parameter: name, what it must be, its default, what it means. */
function paramLines(schema: z.ZodType): string {
  const rows = rowsOf(jsonSchemaOf(schema), '');
  if (rows.length === 0) return 'It has no parameters.';
  const width = Math.max(...rows.map((row) => row.name.length));
  return ['Parameters:', ...rows.map((row) => `  ${row.name.padEnd(width)}  ${row.text}`)].join('\n');
}

interface ParamRow {
  name: string;
  text: string;
}

/** Those of a mapping and of all mappings in it: `output.schema`, `phases[].name`, `roles.<name>.model`. */
function rowsOf(piece: Piece, prefix: string): ParamRow[] {
  return piecesAt(piece, []).flatMap((one) => [
    ...Object.entries(one.properties ?? {}).flatMap(([name, value]) => {
      const row = { name: prefix + name, text: textOf(value, one.required?.includes(name) === true) };
      return typeof value === 'boolean' ? [row] : [row, ...rowsOf(value, `${prefix}${name}.`)];
    }),
    ...inner(one.additionalProperties, `${prefix}<name>.`),
    ...inner(one.items, `${prefix.slice(0, -1)}[].`),
  ]);
}

const inner = (piece: Piece['items'] | boolean, prefix: string): ParamRow[] =>
  typeof piece === 'object' && !Array.isArray(piece) ? rowsOf(piece, prefix) : [];

function textOf(value: Piece | boolean, required: boolean): string {
  if (typeof value === 'boolean') return 'any value';
  const fallback = value.default === undefined ? undefined : `default ${JSON.stringify(value.default)}`;
  const meaning = value.description === undefined ? '' : `: ${value.description}`;
  return `${wordsOf(value)} (${fallback ?? (required ? 'required' : 'optional')})${meaning}`;
}

const blocks = (...texts: string[]): string => texts.filter((text) => text !== '').join('\n\n');

const section = (title: string, text: string): string => `${title}:\n${text.trim().replace(/^/gm, '  ')}`;
