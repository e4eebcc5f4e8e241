import { dereference, type Schema } from '@cfworker/json-schema';
import type { Problem } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import { suggest } from './closest.ts';
import { createPatternCheck } from './pattern.ts';
import { type Locate, MAX_PROBLEMS, type Path } from './problems.ts';

/** Schemas to go through for one value, every reference written out: references that double grow without end. */
const MAX_STEPS = 10_000;
const MAX_DEPTH = 200;

/**
 * What keeps a JSON Schema (draft 2020-12) from validating any value soon: broken keywords, patterns that are none,
 * references that lead out of the file, nowhere or in a circle. `place` finds a path of the schema in its file.
 */
export function schemaProblems(schema: Record<string, unknown>, place: Locate): Problem[] {
  const checkPattern = createPatternCheck();
  const slips = schemasIn(schema).flatMap(({ one, path }) => [
    ...Object.entries(one).flatMap(([key, value]) => slipsOf(key, value, [...path, key])),
    ...missingIn(one, path),
  ]);
  const patterns = schemasIn(schema).flatMap(({ one, path }) =>
    typeof one['pattern'] === 'string' ? [{ pattern: one['pattern'], path: [...path, 'pattern'] }] : [],
  );
  if (!Object.keys(schema).some((key) => FORMS.has(key) || REFUSED.has(key)))
    return [
      { message: 'this is no JSON Schema', place: place([]), fix: 'a schema is a mapping with `type`, at least' },
    ];
  const problems = [
    ...slips.slice(0, MAX_PROBLEMS).map(({ path, ...slip }) => ({ ...slip, place: place(path) })),
    ...patterns.slice(0, MAX_PROBLEMS).flatMap(({ pattern, path }) => checkPattern(pattern, place(path))),
  ];
  return problems.length > 0 ? problems : referenceProblems(structuredClone(schema), place);
}

interface Slip {
  path: Path;
  message: string;
  fix: string;
}

/** Required fields of an object that has none of that name. What is no object by itself may speak of another's fields. */
function missingIn({ type, properties, required }: Record<string, unknown>, path: Path): Slip[] {
  if (type !== 'object' || !isRecord(properties) || !Array.isArray(required)) return [];
  const known = Object.keys(properties);
  return required.flatMap((name: unknown, i) =>
    typeof name !== 'string' || known.includes(name)
      ? []
      : [
          {
            path: [...path, 'required', i],
            message: `in the JSON Schema, "required" names "${name}", which is no property`,
            fix: suggest(name, known, 'properties'),
          },
        ],
  );
}

function slipsOf(key: string, value: unknown, path: Path): Slip[] {
  const slip = (why: string, fix: string): Slip[] => [{ path, message: `in the JSON Schema, "${key}" ${why}`, fix }];
  const refused = REFUSED.get(key);
  if (refused !== undefined) return slip('is not supported', refused);
  if (key === '$id' && path.length > 1) return slip('is only for the whole', 'remove it');
  if (key === '$ref' && !String(value).startsWith('#')) return slip('leads out of the file', 'copy it under `$defs`');
  // Of all formats this one alone is matched by a pattern that can take for ever.
  if (key === 'format' && value === 'url') return slip('may not be "url"', 'write `format: uri`');
  const form = FORMS.get(key);
  if (form !== undefined && !form.fits(value)) return slip('is broken', `write ${form.words}`);
  if (key !== 'properties' || !isRecord(value)) return [];
  return Object.keys(value)
    .filter((name) => name in {})
    .flatMap((name) => slip(`has the field "${name}", which every object has`, 'rename it'));
}

/** Keywords that the validator would follow out of the file, in a circle or for ever. */
const REFUSED = new Map([
  ...['$dynamicRef', '$recursiveRef', '$anchor', 'id'].map((key) => [key, 'refer by `$ref: "#/$defs/name"`'] as const),
  ['patternProperties', 'name the fields in `properties`'],
  ['dependencies', 'write `dependentRequired` or `dependentSchemas`'],
]);

interface Form {
  fits(value: unknown): boolean;
  words: string;
}

const TYPES: unknown[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const isText = (value: unknown): boolean => typeof value === 'string';
const isSchema = (value: unknown): boolean => isRecord(value) || typeof value === 'boolean';
const filled = (value: unknown, fits: (one: unknown) => boolean) =>
  Array.isArray(value) && value.length > 0 && value.every(fits);
const isNames = (value: unknown) => Array.isArray(value) && value.every(isText);
const byName = (value: unknown, fits: (one: unknown) => boolean) => isRecord(value) && Object.values(value).every(fits);
const isPattern = (value: unknown) => typeof value === 'string' && value.length <= 500 && compiles(value);

const SCHEMA: Form = { fits: isSchema, words: 'a schema' };
const SCHEMAS: Form = { fits: (value) => filled(value, isSchema), words: 'a list of schemas' };
const SCHEMAS_BY_NAME: Form = { fits: (value) => byName(value, isSchema), words: 'a mapping of schemas' };
const NUMBER: Form = { fits: (value) => typeof value === 'number', words: 'a number' };
const COUNT: Form = { fits: (value) => Number.isSafeInteger(value) && Number(value) >= 0, words: 'a whole number' };

/** What the value of a keyword is. Any other keyword is a remark, as JSON Schema has it. */
const FORMS = new Map<string, Form>([
  ...named('additionalProperties unevaluatedProperties propertyNames items additionalItems', SCHEMA),
  ...named('unevaluatedItems contains not if then else', SCHEMA),
  ...named('prefixItems allOf anyOf oneOf', SCHEMAS),
  ...named('properties $defs definitions dependentSchemas', SCHEMAS_BY_NAME),
  ...named('minimum maximum exclusiveMinimum exclusiveMaximum multipleOf', NUMBER),
  ...named('minItems maxItems minLength maxLength minProperties maxProperties minContains maxContains', COUNT),
  ...named('format $ref $id', { fits: isText, words: 'text' }),
  ['pattern', { fits: isPattern, words: 'a regular expression of at most 500 characters' }],
  ['required', { fits: isNames, words: 'a list of names' }],
  ['dependentRequired', { fits: (value) => byName(value, isNames), words: 'a mapping of lists of names' }],
  ['enum', { fits: (value) => filled(value, () => true), words: 'a list of values' }],
  ['const', { fits: () => true, words: 'a value' }],
  ['uniqueItems', { fits: (value) => typeof value === 'boolean', words: 'true or false' }],
  [
    'type',
    {
      fits: (value) => TYPES.includes(value) || filled(value, (one) => TYPES.includes(one)),
      words: `one or several of: ${TYPES.join(', ')}`,
    },
  ],
]);

function named(keys: string, form: Form): [string, Form][] {
  return keys.split(' ').map((key) => [key, form]);
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') !== undefined;
  } catch {
    return false;
  }
}

interface SchemaAt {
  one: Record<string, unknown>;
  path: Path;
}

/** A schema and every schema in it. */
export function schemasIn(one: Record<string, unknown>, path: Path = []): SchemaAt[] {
  return [{ one, path }, ...below(one).flatMap((inner) => schemasIn(inner.one, [...path, ...inner.path]))];
}

function below(schema: Record<string, unknown>): SchemaAt[] {
  const one = (value: unknown, path: Path): SchemaAt[] => (isRecord(value) ? [{ one: value, path }] : []);
  return Object.entries(schema).flatMap(([key, value]) => {
    const form = FORMS.get(key);
    if (form === SCHEMA) return one(value, [key]);
    if (form === SCHEMAS && Array.isArray(value)) return value.flatMap((inner, i) => one(inner, [key, i]));
    if (form !== SCHEMAS_BY_NAME || !isRecord(value)) return [];
    return Object.entries(value).flatMap(([name, inner]) => one(inner, [key, name]));
  });
}

/** The validator's own way of finding what a reference means: where it fails here, it would fail in a run. */
function referenceProblems(schema: Schema, place: Locate): Problem[] {
  let lookup: Record<string, Schema | boolean>;
  try {
    lookup = dereference(schema);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ message: `the JSON Schema cannot be used: ${why}`, place: place([]), fix: 'mend its `$id` and `$ref`' }];
  }
  const target = (one: Schema) => (one.__absolute_ref__ === undefined ? true : lookup[one.__absolute_ref__]);
  const lost = schemasIn(schema).filter(({ one }) => target(one) === undefined);
  if (lost.length > 0)
    return lost.slice(0, MAX_PROBLEMS).map(({ one, path }) => ({
      message: `the JSON Schema has nothing at "${one['$ref']}"`,
      place: place([...path, '$ref']),
      fix: 'add it, or mend the reference',
    }));
  if (stepsOf(schema, target, new Map(), 0) <= MAX_STEPS) return [];
  const message = 'the JSON Schema refers to itself, or is too large with its references written out';
  return [{ message, place: place([]), fix: 'write out the levels that are needed, and no more' }];
}

/** How many schemas one value is held against; without end where a reference leads back. */
function stepsOf(
  one: Schema,
  target: (one: Schema) => Schema | boolean | undefined,
  known: Map<Schema, number>,
  depth: number,
): number {
  const before = known.get(one);
  if (before !== undefined) return before;
  if (depth > MAX_DEPTH) return Number.POSITIVE_INFINITY;
  // Met again before it is counted, it leads back to itself.
  known.set(one, Number.POSITIVE_INFINITY);
  const inner: Schema[] = below(one).map((place) => place.one);
  const referred = target(one);
  const all = [...inner, ...(typeof referred === 'object' ? [referred] : [])];
  const each = all.reduce((sum, next) => sum + stepsOf(next, target, known, depth + 1), 1);
  const steps = each * Math.max(1, one.minItems ?? 1);
  known.set(one, steps);
  return steps;
}
