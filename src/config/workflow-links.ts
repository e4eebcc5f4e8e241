import { basename } from 'node:path';
import { Validator } from '@cfworker/json-schema';
import { z } from 'zod';
import type { Concepts } from '../core/concept.ts';
import type { Contract } from '../core/contract.ts';
import type { GoldenTask, Workflow } from '../core/golden-task.ts';
import { isRecord, type Json } from '../text/json.ts';
import type { Catalogue } from './catalogue-type.ts';
import { closest } from './closest.ts';
import { schemaProblems, schemasIn } from './output-schema.ts';
import { createPatternCheck } from './pattern-check.ts';
import { keysAt, type Locate, MAX_PROBLEMS, type Named, namedAt, type Placed, type Problems } from './problems.ts';

/** The tools of a workflow, as a model is told of them. */
export const ToolsFile = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/, 'providers take letters, digits, _ and -')
        .describe('letters, digits, _ and -; unlike any other'),
      description: z.string().max(1000).optional().describe('what it does, as the model reads it'),
      parameters: z.record(z.string(), z.unknown()).describe('JSON Schema of the arguments'),
    }),
  )
  .min(1)
  .max(100);

export type PlacedTask = Placed<GoldenTask>;
type PlacedTools = Placed<Workflow['tools']>;

/** Everything of a folder that names something of another of its files. */
export interface Links {
  contract: Placed<Contract> | undefined;
  concepts: Placed<Concepts> | undefined;
  tools: PlacedTools | undefined;
  tasks: readonly PlacedTask[];
}

/** What a loader must be handed, because it knows no plugin. */
export interface Judges extends Pick<Catalogue, 'checks' | 'sizeOf' | 'twinReadings'> {
  /** Tries each concept on its own sentences; absent where that was done when the files were made. */
  says?: Catalogue['says'];
}

/** Tells of names that do not stand where they should: in another file of the folder. */
type Link = (named: readonly Named[], place: Locate) => void;

/** Tells what the files of a workflow say of each other and cannot be right. */
export function tellLinks(told: Problems, { contract, concepts, tools, tasks }: Links, judges: Judges): void {
  const linkTo = (what: string, known: readonly string[], file: Placed<unknown> | undefined, usual: string): Link => {
    const or = `add it to ${file === undefined ? usual : basename(file.place([]).file)}`;
    return (named, place) =>
      told.strangers(named, place, known, `${what}s`, (word) => `there is no ${what} "${word}"`, or);
  };
  const schemas = new Map(tools?.value.toReversed().map((tool) => [tool.name, tool.parameters]));
  const concept = linkTo('concept', Object.keys(concepts?.value ?? {}), concepts, 'concepts.yaml');
  const tool = linkTo('tool', [...new Set(tools?.value.map(({ name }) => name))], tools, 'tools.json');
  if (concepts !== undefined) tellConcepts(told, concepts, judges);
  if (tools !== undefined) tellTools(told, tools);
  if (contract !== undefined) {
    tellContract(told, contract, concept, tool, judges);
    const nobody = (word: unknown) => `no golden task is of the tenant "${word}"`;
    const tenants = [...new Set(tasks.map(({ value }) => value.tenant))];
    // A slip would let its data go anywhere, in silence.
    told.strangers(keysAt(contract.value, 'residency'), contract.place, tenants, 'tenants', nobody);
  }
  for (const { value: task, place } of tasks.slice(0, MAX_TASKS_TOLD)) {
    concept([...namedAt(task, 'must_include[].concept'), ...namedAt(task, 'must_not[].concept')], place);
    tool(namedAt(task, 'tools[]'), place);
    for (const [i, turn] of task.turns.entries()) {
      tool([{ word: turn.tool, path: ['turns', i, 'tool'] }], place);
      tellArgs(told, turn.args, schemas.get(turn.tool), (path) => place(['turns', i, 'args', ...path]));
    }
    const missing = (field: string) => `the canonical answer has no field "${field}"`;
    told.strangers(namedAt(task, 'misreadings[].field'), place, fieldsOf(task.answer), 'fields', missing);
  }
}
const MAX_TASKS_TOLD = 1_000;

/** Each pattern is tried on each sentence of its concept: fewer are allowed than of others. */
const MAX_CONCEPTS_SIZE = 10_000;

function tellConcepts(told: Problems, { value, place }: Placed<Concepts>, { says, sizeOf }: Judges): void {
  const check = createPatternCheck(sizeOf, MAX_CONCEPTS_SIZE);
  for (const [name, concept] of Object.entries(value)) {
    const patterns = (['says', 'unless'] as const).flatMap((key) =>
      concept[key].flatMap((pattern, i) => check(pattern, place([name, key, i]))),
    );
    told.all.push(...patterns);
    // A concept whose patterns cannot be read judges nothing.
    if (patterns.length > 0 || says === undefined) continue;
    for (const [key, finds, fix] of MISJUDGED)
      for (const [i, sentence] of concept[key].entries())
        if (says(sentence, concept) !== (key === 'positive'))
          told.tell(place([name, key, i]), `the concept "${name}" ${finds} itself in this sentence`, fix);
  }
}
const MISJUDGED = [
  ['positive', 'does not find', 'add a pattern to `says`'],
  ['negative', 'finds', 'narrow `says`, or add to `unless`'],
] as const;

function tellTools(told: Problems, { value, place }: PlacedTools): void {
  for (const [i, { name, parameters }] of value.entries()) {
    const at: Locate = (path) => place([i, 'parameters', ...path]);
    if (value.findIndex((one) => one.name === name) < i)
      told.tell(place([i, 'name']), `two tools are called "${name}"`, 'rename one');
    told.all.push(...schemaProblems(parameters, at));
    // Arguments are held against it by validators that know no linear-time patterns.
    for (const { path } of schemasIn(parameters).filter(({ one }) => typeof one['pattern'] === 'string'))
      told.tell(at([...path, 'pattern']), 'a tool’s parameters may not have patterns', NO_PATTERN);
  }
}
const NO_PATTERN = 'write an `enum`, a `format` or a length';

function tellContract(
  told: Problems,
  { value, place }: Placed<Contract>,
  concept: Link,
  tool: Link,
  { checks }: Judges,
): void {
  if (value.wrong_is_worse_than_none && value.gates.length === 0)
    told.tell(
      place(['wrong_is_worse_than_none']),
      'where a wrong answer is worse than none, something must tell them apart: there is no gate',
      'name checks in `gates`, e.g. `gates: [cites-sources]`',
    );
  const gates = checks.filter((check) => check.gate).map((check) => check.name);
  told.strangers(namedAt(value, 'gates[]'), place, gates, 'gates', (word) =>
    checks.some((check) => check.name === word)
      ? `"${word}" cannot be a gate: it does not judge what an answer says`
      : `there is no check "${word}"`,
  );
  for (const [name, rule] of Object.entries(value.permissions?.tools ?? {})) {
    const path = ['permissions', 'tools', name];
    tool([{ word: name, path, part: 'key' }], place);
    if (rule !== 'read') concept([{ word: rule.claimed_by, path: [...path, 'claimed_by'] }], place);
  }
  // Which roles there are is known only when a drill runs; a slip in a usual name would switch a limit off in silence.
  for (const { word, path, part } of [...keysAt(value, 'permissions.modes'), ...namedAt(value, 'steps[].role')]) {
    const meant = closest(String(word), USUAL_ROLES);
    // Of the same kind, and one more: backup-2.
    if (meant === undefined || word === meant || String(word).startsWith(`${meant}-`)) continue;
    const fix = `write \`${meant}\`, or a name that is not so near to it`;
    told.tell(place(path, part), `"${word}" is not the role "${meant}"`, fix);
  }
}
const USUAL_ROLES = ['primary', 'backup', 'verifier', 'judge'];

function tellArgs(told: Problems, args: unknown, schema: Json | undefined, place: Locate): void {
  // What is wrong with the schema itself is told at the schema.
  if (schema === undefined || schemaProblems(schema, place).length > 0) return;
  if (schemasIn(schema).some(({ one }) => 'pattern' in one)) return;
  const { errors } = new Validator(structuredClone(schema), '2020-12', false).validate(args);
  const telling = errors.filter(({ keyword }) => !['properties', 'items', 'false'].includes(keyword));
  for (const { error, instanceLocation } of telling.slice(0, MAX_PROBLEMS))
    told.tell(
      place(instanceLocation.split('/').slice(1)),
      `the tool does not take these arguments: ${error}`,
      'change the arguments, or the tool’s `parameters`',
    );
}

/** Fields of an answer and those inside them, led to by dots. */
function fieldsOf(value: unknown, before = ''): string[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [before + key, ...fieldsOf(inner, `${before}${key}.`)]);
}
