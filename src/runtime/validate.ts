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

/** The same of a model's words, which may stand around the object: a fence, a preamble, its own thoughts. */
export const objectIn = (text: string): { json: unknown } | undefined =>
  parseJson(text) ?? parseJson(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));

/** A model's words without the thoughts before them, and out of the fence around all of them. */
export const unwrapped = (text: string): string =>
  text.replace(/^\s*<think>[\s\S]*?<\/think>\s*/, '').replace(/^```\w*\n([\s\S]*)\n```\s*$/, '$1');

/** Where a value breaks a JSON Schema (draft 2020-12): pointers and keywords only, because values may be private. */
export const schemaErrors = (value: unknown, schema: Record<string, unknown>): string[] =>
  errorsOf(schema, value).map((e) => `${e.instanceLocation} ${e.keyword}`);

/** The required fields an object lacks; null counts as lacking. */
export function missingFields(value: unknown, required: readonly string[]): string[] {
  return required.filter((field) => !isRecord(value) || value[field] === undefined || value[field] === null);
}
