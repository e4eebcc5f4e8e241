import { Validator } from '@cfworker/json-schema';
import type { Place, Problem } from '../core/errors.ts';
import { isRecord } from './issues.ts';
import { createPatternCheck } from './pattern.ts';
import { MAX_PROBLEMS, type Path } from './read-file.ts';

/** Steps one value may take to validate, every reference written out: references can double without end. */
const MAX_STEPS = 10_000;
const MAX_PATTERN = 500;
const MAX_COUNT = 1_000_000;

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];

type Shape = 'schema' | 'schemas' | 'schemas by name' | 'number' | 'count' | 'names' | 'flag' | 'text' | 'list';
/** What the value of each keyword is. Any other keyword is a remark, as JSON Schema has it. */
const KEYWORDS = new Map<string, Shape>([
  ...entries('schema', 'additionalProperties unevaluatedProperties propertyNames items additionalItems'),
  ...entries('schema', 'unevaluatedItems contains not if then else'),
  ...entries('schemas', 'prefixItems allOf anyOf oneOf'),
  ...entries('schemas by name', 'properties $defs definitions dependentSchemas'),
  ...entries('number', 'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf'),
  ...entries('count', 'minItems maxItems minLength maxLength minProperties maxProperties minContains maxContains'),
  ...entries('names', 'required'),
  ...entries('flag', 'uniqueItems'),
  ...entries('text', 'pattern format $ref'),
  ...entries('list', 'enum'),
]);

/** Keywords that the validator would follow out of the file, in a circle, or for ever. */
const REFUSED = new Map([
  ...['$dynamicRef', '$recursiveRef', '$anchor', 'id'].map((key) => [key, 'refer by `$ref: "#/$defs/name"`'] as const),
  ['patternProperties', 'name the fields in `properties`'],
  ['dependencies', 'write `dependentRequired` or `dependentSchemas`'],
]);

function entries(shape: Shape, keys: string): [string, Shape][] {
  return keys.split(' ').map((key) => [key, shape]);
}

interface Slip {
  path: Path;
  message: string;
  fix: string;
}

/**
 * What keeps a JSON Schema (draft 2020-12) from validating any value soon: broken keywords, references that leave the
 * file, lead nowhere or in a circle, patterns that are none. `place` finds a path of the schema in its file.
 */
export function schemaProblems(schema: Record<string, unknown>, place: (path: Path) => Place): Problem[] {
  const checkPattern = createPatternCheck();
  const problems: Problem[] = [];
  eachSchema(schema, [], (one, path) => {
    for (const [key, value] of Object.entries(one)) {
      if (problems.length >= MAX_PROBLEMS) return;
      const at = place([...path, key]);
      const slip = slipOf(key, value, path.length === 0, schema);
      if (slip !== undefined) problems.push({ message: `in the JSON Schema, ${slip[0]}`, place: at, fix: slip[1] });
      else if (key === 'pattern' && typeof value === 'string') problems.push(...checkPattern(value, at));
    }
  });
  if (problems.length > 0) return problems;
  const steps = stepsOf(schema, schema, new Map());
  const tell = (message: string, fix: string): Problem[] => [{ message, place: place([]), fix }];
  if (steps === undefined) return tell('the JSON Schema refers to itself', 'write out the levels that are needed');
  if (steps > MAX_STEPS) return tell('the JSON Schema is too large, its references written out', 'write a smaller one');
  try {
    new Validator(structuredClone(schema), '2020-12');
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return tell(`the JSON Schema cannot be used: ${why}`, 'mend it');
  }
}

/** Every schema in a schema, itself included. */
function eachSchema(
  schema: Record<string, unknown>,
  path: Path,
  visit: (one: Record<string, unknown>, at: Path) => void,
): void {
  visit(schema, path);
  for (const [inner, at] of below(schema)) eachSchema(inner, [...path, ...at], visit);
}

function below(schema: Record<string, unknown>): [Record<string, unknown>, Path][] {
  return Object.entries(schema).flatMap(([key, value]): [Record<string, unknown>, Path][] => {
    const shape = KEYWORDS.get(key);
    if (shape === 'schema') return isRecord(value) ? [[value, [key]]] : [];
    if (shape === 'schemas' && Array.isArray(value))
      return value.flatMap((one: unknown, i) => (isRecord(one) ? [[one, [key, i]]] : []));
    if (shape === 'schemas by name' && isRecord(value))
      return Object.entries(value).flatMap(([name, one]) => (isRecord(one) ? [[one, [key, name]]] : []));
    return [];
  });
}
