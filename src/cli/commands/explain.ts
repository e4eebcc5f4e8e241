import type { z } from 'zod';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { suggest } from '../../config/closest.ts';
import { Config } from '../../config/config-file.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { listDrills } from '../../config/find.ts';
import { displayPath } from '../../config/read-file.ts';
import { jsonSchemaOf, type Piece, wordsOf } from '../../config/schema-words.ts';
import { ContractFile } from '../../config/workflow-folder.ts';
import { Declaration, Role } from '../../core/declaration.ts';
import { Drill, FaultUse, Phase } from '../../core/drill.ts';
import { DrillError } from '../../core/errors.ts';
import { GoldenTask } from '../../core/golden-task.ts';
import { Outcome } from '../../core/outcome.ts';
import type { Card } from '../../core/plugin.ts';
import { TriggerSpec } from '../../core/trigger.ts';
import type { Terminal } from '../terminal.ts';

/** The shapes a user writes or gives back, by the name messages call them. */
const SHAPES: Record<string, { summary: string; schema: z.ZodType }> = {
  drill: { summary: 'A drill file: drills/<name>.yaml.', schema: Drill },
  phase: { summary: 'A phase of a drill.', schema: Phase },
  fault: { summary: 'A fault as a phase names it, beside the parameters of its own.', schema: FaultUse },
  when: { summary: 'When a fault fires.', schema: TriggerSpec },
  'golden-task': { summary: 'A golden task: one in a JSON or YAML file, or a list of them.', schema: GoldenTask },
  contract: { summary: 'What no fallback may lose: contract.yaml beside the golden tasks.', schema: ContractFile },
  config: { summary: 'The configuration of a project: drill.config.yaml.', schema: Config },
  declares: { summary: 'What a target says it does; it is judged by this.', schema: Declaration },
  roles: { summary: 'One role: a model a workflow uses, and where it is called.', schema: Role },
  outcome: { summary: 'What a target gives back for a task; plain text will do as well.', schema: Outcome },
};

/** Prints everything of that name. Throws a DrillError with a suggestion where there is none. */
export function explain(name: string, catalogue: Catalogue, { cwd, stdout }: Pick<Terminal, 'cwd' | 'stdout'>): void {
  const cards: [kind: string, card: Card][] = [
    ...catalogue.faults.map((fault): [string, Card] => [`fault, ${fault.kind} layer`, fault]),
    ...catalogue.checks.map((check): [string, Card] => [`check, ${check.severity}, judges a ${check.scope}`, check]),
    ...catalogue.protocols.map((protocol): [string, Card] => ['protocol', protocol]),
    ...catalogue.targetKinds.map((kind): [string, Card] => ['kind of target', kind]),
    ...catalogue.reporters.map((reporter): [string, Card] => ['reporter', reporter]),
  ];
  const drills = listDrills(cwd);
  const shape = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  const texts = [
    ...cards.filter(([, card]) => card.name === name).map(([kind, card]) => cardText(kind, card)),
    ...drills.filter((drill) => drill.name === name).map((drill) => drillText(drill.path, catalogue)),
    ...(shape === undefined ? [] : [`${name}\n\n${shape.summary}\n\n${paramLines(shape.schema)}`]),
  ];
  if (texts.length === 0) {
    const known = [...cards.map(([, card]) => card.name), ...drills.map((drill) => drill.name), ...Object.keys(SHAPES)];
    throw new DrillError('unknown_name', {
      message: `there is nothing called "${name}"`,
      place: { file: 'drill explain' },
      fix: suggest(name, known, 'there is'),
    });
  }
  stdout.write(`${texts.join('\n\n')}\n`);
}

function cardText(kind: string, card: Card): string {
  const blocks = [
    `${card.name} (${kind})`,
    card.summary,
    paramLines(card.params),
    ...(card.magnitude === undefined
      ? []
      : [`How hard: ${card.magnitude.param}; ${JSON.stringify(card.magnitude.zero)} does nothing.`]),
    ...(card.feature === undefined ? [] : [`Asked of targets that claim the feature: ${card.feature}`]),
    `Example:\n${indented(card.example)}`,
  ];
  return blocks.join('\n\n');
}

function drillText(path: string, catalogue: Catalogue): string {
  const { drill } = loadDrill(path, catalogue);
  const phases = drill.phases.map((phase) => {
    const faults = phase.faults.map((use) => `${use.fault} on ${use.role}`).join(', ') || 'no fault';
    const quiet = phase.after_ms === 0 ? '' : `, after ${phase.after_ms} ms of quiet`;
    return `  ${phase.name}: ${phase.tasks} ${phase.tasks === 1 ? 'task' : 'tasks'}, ${faults}${quiet}`;
  });
  const expect = Object.entries(drill.expect).map(([check, params]) => `  ${check}: ${JSON.stringify(params)}`);
  return [
    `${drill.drill} (drill, ${displayPath(path)})`,
    `${drill.title}. ${drill.hypothesis}`,
    `Workflow: ${drill.workflow}`,
    `Phases:\n${phases.join('\n')}`,
    `Expects:\n${expect.join('\n')}`,
    `Run it:\n  drill run ${drill.drill}`,
  ].join('\n\n');
}

/** A line a parameter: name, what it must be, its default, what it means. */
function paramLines(schema: z.ZodType): string {
  const piece = jsonSchemaOf(schema);
  const rows = Object.entries(piece.properties ?? {}).map(([name, value]) => rowOf(name, value, piece));
  if (rows.length === 0) return 'It has no parameters.';
  const width = Math.max(...rows.map((row) => row.name.length));
  return ['Parameters:', ...rows.map((row) => `  ${row.name.padEnd(width)}  ${row.text}`)].join('\n');
}

function rowOf(name: string, value: Piece | boolean, parent: Piece): { name: string; text: string } {
  if (typeof value === 'boolean') return { name, text: 'any value' };
  const fallback =
    value.default !== undefined
      ? `default ${JSON.stringify(value.default)}`
      : parent.required?.includes(name) === true
        ? 'required'
        : 'optional';
  const meaning = value.description === undefined ? '' : `: ${value.description}`;
  return { name, text: `${wordsOf(value)} (${fallback})${meaning}` };
}

const indented = (text: string): string =>
  text
    .trim()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
