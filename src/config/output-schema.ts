import { dereference, type Schema } from '@cfworker/json-schema';
import type { Problem } from '../core/errors.ts';
import { messageOf, orElse } from '../core/errors.ts';
import { isRecord, type Json } from '../text/json.ts';
import { createPatternCheck } from './pattern-check.ts';
import { type Locate, MAX_PROBLEMS, namedAt, type Path, Problems } from './problems.ts';

/** Schemas to go through for one value, every reference written out: references that double grow without end. */
const MAX_STEPS = 10_000;
const MAX_DEPTH = 200;

/**
 * What keeps a JSON Schema (draft 2020-12) from validating any value soon: broken keywords, patterns that are none,
 * references that lead out of the file, nowhere or in a circle. `place` finds a path of the schema in its file.
 */
export function schemaProblems(schema: Json, place: Locate): Problem[] {
  const told = new Problems();
  if (Object.keys(schema).some((key) => FORMS.has(key) || REFUSED.has(key))) tellSlips(told, schema, place);
  else told.tell(place([]), 'this is no JSON Schema', 'a schema is a mapping with `type`, at least');
  if (told.all.length === 0) tellReferences(told, structuredClone(schema), place);
  return told.all;
}

function tellSlips(told: Problems, schema: Json, place: Locate): void {
  const schemas = schemasIn(schema);
  for (const { one, path } of schemas) {
    for (const [key, value] of told.full ? [] : Object.entries(one))
      for (const [why, fix] of slipsOf(key, value, path.length > 0))
        told.tell(place([...path, key]), `in the JSON Schema, "${key}" ${why}`, fix);
    // What is no object by itself may require another's fields.
    if (one['type'] !== 'object' || !isRecord(one['properties']) || told.full) continue;
    const missing = (name: string) => `in the JSON Schema, "required" names "${name}", which is no property`;
    const here: Locate = (inner) => place([...path, ...inner]);
    told.strangers(namedAt(one, 'required[]'), here, Object.keys(one['properties']), 'properties', missing);
  }
  const checkPattern = createPatternCheck();
  const patterns = schemas.filter(({ one }) => typeof one['pattern'] === 'string').slice(0, MAX_PROBLEMS);
  for (const { one, path } of patterns)
    told.all.push(...checkPattern(String(one['pattern']), place([...path, 'pattern'])));
}

function slipsOf(key: string, value: unknown, isInside: boolean): [why: string, fix: string][] {
  const refused = REFUSED.get(key);
  if (refused !== undefined) return [['is not supported', refused]];
  if (key === '$id' && isInside) return [['is only for the whole', 'remove it']];
  if (key === '$ref' && !(typeof value === 'string' && value.startsWith('#')))
    return [['leads out of the file', 'copy it under `$defs`']];
  // Of all formats this one alone is matched by a pattern that can take for ever.
  if (key === 'format' && value === 'url') return [['may not be "url"', 'write `format: uri`']];
  const form = FORMS.get(key);
  if (form !== undefined && !form.fits(value)) return [['is broken', `write ${form.words}`]];
  const names = key === 'properties' ? Object.keys(Object(value)) : [];
  return names
    .filter((name) => name in {})
    .map((name) => [`has the field "${name}", which every object has`, 'rename it']);
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

const compiles = (pattern: string): boolean => orElse(() => new RegExp(pattern, 'u') !== undefined, false);

interface SchemaAt {
  one: Record<string, unknown>;
  path: Path;
}

/** A schema and every schema in it. */
export function schemasIn(one: Record<string, unknown>, path: Path = []): SchemaAt[] {
  return [{ one, path }, ...below(one).flatMap((inner) => schemasIn(inner.one, [...path, ...inner.path]))];
}

function below(schema: Record<string, unknown>): SchemaAt[] {
  const inside = Object.entries(schema).flatMap(([key, value]) => {
    const form = FORMS.get(key);
    if (form === SCHEMA) return [{ word: value, path: [key] }];
    if (form === SCHEMAS) return namedAt({ [key]: value }, `${key}[]`);
    return form === SCHEMAS_BY_NAME ? namedAt({ [key]: value }, `${key}.<name>`) : [];
  });
  return inside.flatMap(({ word, path }) => (isRecord(word) ? [{ one: word, path }] : []));
}

/** The validator's own way of finding what a reference means: where it fails here, it would fail in a run. */
function tellReferences(told: Problems, schema: Schema, place: Locate): void {
  let lookup: Record<string, Schema | boolean>;
  try {
    lookup = dereference(schema);
  } catch (error) {
    const why = messageOf(error);
    told.tell(place([]), `the JSON Schema cannot be used: ${why}`, 'mend its `$id` and `$ref`');
    return;
  }
  const target = (one: Schema) => (one.__absolute_ref__ === undefined ? true : lookup[one.__absolute_ref__]);
  const lost = schemasIn(schema).filter(({ one }) => target(one) === undefined);
  for (const { one, path } of lost.slice(0, MAX_PROBLEMS))
    told.tell(
      place([...path, '$ref']),
      `the JSON Schema has nothing at "${one['$ref']}"`,
      'add it, or mend the reference',
    );
  if (lost.length > 0 || stepsOf(schema, target, new Map(), 0) <= MAX_STEPS) return;
  const message = 'the JSON Schema refers to itself, or is too large with its references written out';
  told.tell(place([]), message, 'write out the levels that are needed, and no more');
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
