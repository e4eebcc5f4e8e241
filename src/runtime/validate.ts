import { dereference, format, type Schema, Validator } from '@cfworker/json-schema';
import { RE2JS } from 're2js';
import { isRecord } from '../core/json.ts';

/** Parses JSON text strictly: the whole text, nothing around it. */
export function parseJson(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Made once a schema: that costs more than a use. */
const validators = new WeakMap<object, Validator>();

/**
 * Where a value breaks a JSON Schema (draft 2020-12): pointers and keywords only, because values may be private.
 * Empty where it is valid. Throws where the schema itself cannot be used.
 */
export function schemaErrors(value: unknown, schema: Record<string, unknown>): string[] {
  const validator = validators.get(schema) ?? new Validator(inLinearTime(schema), '2020-12', false);
  validators.set(schema, validator);
  const { errors } = validator.validate(value);
  return errors.map((e) => `${e.instanceLocation} ${e.keyword}`);
}

/** The validator's own way with a pattern can take twice as long for each letter: as a format, RE2 matches it. */
function inLinearTime(schema: Record<string, unknown>): Schema {
  const copy: Schema = structuredClone(schema);
  for (const inner of Object.values(dereference(copy))) {
    if (typeof inner === 'boolean' || inner.pattern === undefined) continue;
    const test = linear(inner.pattern);
    if (test === undefined) continue;
    const name = `pattern ${inner.pattern}`;
    format[name] = test;
    inner.allOf = [...(inner.allOf ?? []), { format: name }];
    delete inner.pattern;
  }
  return copy;
}

/** Undefined for a pattern that RE2 does not know, e.g. one that looks around. */
function linear(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matcher(text).find();
  } catch {
    return undefined;
  }
}

/** The required fields an object lacks; null counts as lacking. */
export function missingFields(value: unknown, required: readonly string[]): string[] {
  return required.filter((field) => !isRecord(value) || value[field] === undefined || value[field] === null);
}
