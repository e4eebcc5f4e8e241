import { isRecord } from '../text/json.ts';
import { schemaErrors as errorsOf } from '../text/json-schema.ts';

/** Parses JSON text strictly: the whole text, nothing around it. */
export function parseJson(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Where a value breaks a JSON Schema (draft 2020-12): pointers and keywords only, because values may be private. */
export const schemaErrors = (value: unknown, schema: Record<string, unknown>): string[] =>
  errorsOf(schema, value).map((e) => `${e.instanceLocation} ${e.keyword}`);

/** The required fields an object lacks; null counts as lacking. */
export function missingFields(value: unknown, required: readonly string[]): string[] {
  return required.filter((field) => !isRecord(value) || value[field] === undefined || value[field] === null);
}
