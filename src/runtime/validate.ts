import { Validator } from '@cfworker/json-schema';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

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
  const validator = validators.get(schema) ?? new Validator(schema, '2020-12', false);
  validators.set(schema, validator);
  const { errors } = validator.validate(value);
  return errors.map((e) => `${e.instanceLocation} ${e.keyword}`);
}

/** The required fields an object lacks; null counts as lacking. */
export function missingFields(value: unknown, required: readonly string[]): string[] {
  return required.filter((field) => !isRecord(value) || value[field] === undefined || value[field] === null);
}
