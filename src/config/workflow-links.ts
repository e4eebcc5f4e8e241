import { basename } from 'node:path';
import { Validator } from '@cfworker/json-schema';
import { z } from 'zod';
import type { Concept, Concepts } from '../core/concept.ts';
import type { Contract } from '../core/contract.ts';
import type { Place, Problem } from '../core/errors.ts';
import type { Expectation, GoldenTask, Workflow } from '../core/golden-task.ts';
import { isRecord } from '../core/json.ts';
import type { Catalogue } from './catalogue-type.ts';
import { closest, suggest } from './closest.ts';
import { strangers } from './issues.ts';
import { schemaProblems, schemasIn } from './output-schema.ts';
import { createPatternCheck } from './pattern.ts';
import { MAX_PROBLEMS, type Path } from './read-file.ts';

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

/** A part of a workflow, and where something of it stands in its file. */
export interface Placed<T> {
  value: T;
  place(path: Path, part?: 'key' | 'value'): Place;
}
export type PlacedTask = Placed<GoldenTask>;

/** Everything of a folder that names something of another of its files. */
export interface Links {
  contract: Placed<Contract> | undefined;
  concepts: Placed<Concepts> | undefined;
  tools: Placed<Workflow['tools']> | undefined;
  tasks: readonly PlacedTask[];
}

/** What a loader must be handed, because it knows no plugin. */
export type Judges = Pick<Catalogue, 'checks' | 'says' | 'sizeOf'>;

/** What the files of a workflow say of each other and cannot be right. */
export function linkProblems({ contract, concepts, tools, tasks }: Links, judges: Judges): Problem[] {
  const schemas = tools?.value ?? [];
  const named: Known = {
    what: 'concept',
    names: Object.keys(concepts?.value ?? {}),
    file: fileOf(concepts, 'concepts.yaml'),
  };
  const offered: Known = { what: 'tool', names: schemas.map((tool) => tool.name), file: fileOf(tools, 'tools.json') };
  return [
    ...(concepts === undefined ? [] : conceptProblems(concepts, judges)),
    ...(tools === undefined ? [] : toolProblems(tools)),
    ...(contract === undefined
      ? []
      : [...contractProblems(contract, named, offered, judges), ...roleProblems(contract)]),
    ...tasks.slice(0, MAX_TASKS_TOLD).flatMap((task) => taskProblems(task, named, offered, schemas)),
  ];
}
const MAX_TASKS_TOLD = 1_000;

/** Each pattern is tried on each sentence of its concept: fewer are allowed than of others. */
const MAX_CONCEPTS_SIZE = 10_000;

function conceptProblems({ value, place }: Placed<Concepts>, { says, sizeOf }: Judges): Problem[] {
  const check = createPatternCheck(sizeOf, MAX_CONCEPTS_SIZE);
  return Object.entries(value).flatMap(([name, concept]) => {
    const patterns = (['says', 'unless'] as const).flatMap((key) =>
      concept[key].flatMap((pattern, i) => check(pattern, place([name, key, i]))),
    );
    // A concept whose patterns cannot be read judges nothing.
    return patterns.length > 0 ? patterns : exampleProblems(name, concept, place, says);
  });
}

function exampleProblems(
  name: string,
  concept: Concept,
  place: Placed<unknown>['place'],
  says: Judges['says'],
): Problem[] {
  const wrong = (key: 'positive' | 'negative', message: string, fix: string) =>
    concept[key].flatMap((sentence, i) =>
      says(sentence, concept) === (key === 'positive') ? [] : [{ message, place: place([name, key, i]), fix }],
    );
  return [
    ...wrong('positive', `the concept "${name}" does not find itself in this sentence`, 'add a pattern to `says`'),
    ...wrong('negative', `the concept "${name}" finds itself in this sentence`, 'narrow `says`, or add to `unless`'),
  ];
}

function toolProblems({ value, place }: Placed<Workflow['tools']>): Problem[] {
  return value.flatMap(({ name, parameters }, i) => {
    const at = (path: Path) => place([i, 'parameters', ...path]);
    const twin = value.findIndex((one) => one.name === name);
    // Arguments are held against it by validators that know no linear-time patterns.
    const patterns = schemasIn(parameters).filter(({ one }) => typeof one['pattern'] === 'string');
    return [
      ...(twin < i
        ? [{ message: `two tools are called "${name}"`, place: place([i, 'name']), fix: 'rename one' }]
        : []),
      ...schemaProblems(parameters, at),
      ...patterns.map(({ path }) => ({
        message: 'a tool’s parameters may not have patterns',
        place: at([...path, 'pattern']),
        fix: 'write an `enum`, a `format` or a length',
      })),
    ];
  });
}

const USUAL_ROLES = ['primary', 'backup', 'verifier', 'judge'];

/** Which roles there are is known only when a drill runs; a slip in a usual name would switch a limit off in silence. */
function roleProblems({ value, place }: Placed<Contract>): Problem[] {
  const modes = Object.keys(value.permissions?.modes ?? {});
  const named = [
    ...modes.map((role) => ({ role, at: place(['permissions', 'modes', role], 'key') })),
    ...value.steps.map(({ role }, i) => ({ role, at: place(['steps', i, 'role']) })),
  ];
  return named.flatMap(({ role, at }) => {
    const meant = closest(role, USUAL_ROLES);
    // Of the same kind, and one more: backup-2.
    if (meant === undefined || role === meant || new RegExp(`^${meant}-`).test(role)) return [];
    return [
      {
        message: `"${role}" is not the role "${meant}"`,
        place: at,
        fix: `write \`${meant}\`, or a name that is not so near to it`,
      },
    ];
  });
}

function contractProblems(
  { value: contract, place }: Placed<Contract>,
  concepts: Known,
  tools: Known,
  { checks }: Judges,
): Problem[] {
  const { gates, permissions, wrong_is_worse_than_none } = contract;
  const known = checks.filter((check) => check.gate).map((check) => check.name);
  const rules = Object.entries(permissions?.tools ?? {});
  const noGate = wrong_is_worse_than_none && gates.length === 0;
  return [
    ...(noGate
      ? [
          {
            message: 'where a wrong answer is worse than none, something must tell them apart: there is no gate',
            place: place(['wrong_is_worse_than_none']),
            fix: 'name checks in `gates`, e.g. `gates: [cites-sources]`',
          },
        ]
      : []),
    ...strangers(
      gates.map((word, i) => ({ word, place: place(['gates', i]) })),
      known,
      'gates',
      (word) =>
        checks.some((check) => check.name === word)
          ? `"${word}" cannot be a gate: it does not judge what an answer says`
          : `there is no check "${word}"`,
    ),
    ...rules.flatMap(([tool, rule]) => [
      ...unknown(tools, tool, place(['permissions', 'tools', tool], 'key')),
      ...(rule === 'read' || rule.claimed_by === undefined
        ? []
        : unknown(concepts, rule.claimed_by, place(['permissions', 'tools', tool, 'claimed_by']))),
    ]),
  ];
}

function taskProblems({ value: task, place }: PlacedTask, concepts: Known, tools: Known, schemas: Workflow['tools']) {
  const inList = (list: readonly Expectation[], key: string) =>
    list.flatMap((entry, i) =>
      typeof entry === 'object' && 'concept' in entry
        ? unknown(concepts, entry.concept, place([key, i, 'concept']))
        : [],
    );
  return [
    ...inList(task.must_include, 'must_include'),
    ...inList(task.must_not, 'must_not'),
    ...(task.tools ?? []).flatMap((name, i) => unknown(tools, name, place(['tools', i]))),
    ...task.turns.flatMap((turn, i) => {
      const schema = schemas.find((tool) => tool.name === turn.tool)?.parameters;
      if (schema === undefined) return unknown(tools, turn.tool, place(['turns', i, 'tool']));
      return argsProblems(turn.args, schema, (path) => place(['turns', i, 'args', ...path]));
    }),
    ...task.misreadings.flatMap(({ field }, i): Problem[] => {
      const fields = fieldsOf(task.answer);
      const message = `the canonical answer has no field "${field}"`;
      return fields.includes(field)
        ? []
        : [{ message, place: place(['misreadings', i, 'field']), fix: suggest(field, fields, 'fields') }];
    }),
  ];
}

function argsProblems(args: unknown, schema: Record<string, unknown>, place: (path: Path) => Place): Problem[] {
  // What is wrong with the schema itself is told at the schema.
  if (schemaProblems(schema, place).length > 0 || schemasIn(schema).some(({ one }) => 'pattern' in one)) return [];
  const { errors } = new Validator(structuredClone(schema), '2020-12', false).validate(args);
  return errors
    .filter(({ keyword }) => !['properties', 'items', 'false'].includes(keyword))
    .slice(0, MAX_PROBLEMS)
    .map(({ error, instanceLocation }) => ({
      message: `the tool does not take these arguments: ${error}`,
      place: place(instanceLocation.split('/').slice(1)),
      fix: 'change the arguments, or the tool’s `parameters`',
    }));
}

/** Fields of an answer and those inside them, led to by dots. */
function fieldsOf(value: unknown, before = ''): string[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [before + key, ...fieldsOf(inner, `${before}${key}.`)]);
}

/** Names that a file gives to others of its folder. */
interface Known {
  what: 'concept' | 'tool';
  names: readonly string[];
  /** Where they stand, or would. */
  file: string;
}

const fileOf = (placed: Placed<unknown> | undefined, usual: string): string =>
  placed === undefined ? usual : basename(placed.place([]).file);

function unknown({ what, names, file }: Known, name: string, place: Place): Problem[] {
  if (names.includes(name)) return [];
  const known = names.length === 0 ? '' : `${suggest(name, names, `${what}s`)}; or `;
  return [{ message: `there is no ${what} "${name}"`, place, fix: `${known}add it to ${file}` }];
}
