import { isRecord, type Json } from '../../text/json.ts';

/** What Google's own Schema knows; whatever else JSON Schema has, it turns away as an unknown field. */
const KEYS = new Set([
  ...['type', 'format', 'title', 'description', 'nullable', 'enum', 'default', 'example', 'pattern'],
  ...['properties', 'required', 'propertyOrdering', 'minProperties', 'maxProperties'],
  ...['items', 'minItems', 'maxItems', 'minLength', 'maxLength', 'minimum', 'maximum', 'anyOf'],
]);

/** The schemas right below one, with where they stand in it. */
function below({ properties, items, anyOf }: Json): [path: string, schema: unknown][] {
  return [
    ...Object.entries(isRecord(properties) ? properties : {}).map(([, schema], i): [string, unknown] => [
      `properties[${i}].value`,
      schema,
    ]),
    ...(items === undefined ? [] : [['items', items] satisfies [string, unknown]]),
    ...(Array.isArray(anyOf) ? anyOf.map((schema, i): [string, unknown] => [`any_of[${i}]`, schema]) : []),
  ];
}

/** The first field that is not Google's, and where it stands. */
export function strangeField(schema: unknown, path: string): { name: string; path: string } | undefined {
  if (!isRecord(schema)) return undefined;
  const name = Object.keys(schema).find((key) => !KEYS.has(camelCase(key)));
  if (name !== undefined) return { name, path };
  for (const [at, child] of below(schema)) {
    const strange = strangeField(child, `${path}.${at}`);
    if (strange !== undefined) return strange;
  }
  return undefined;
}

/** The same as JSON Schema, whose names of types are in lower case. */
export function asJsonSchema(schema: Json): Json {
  const entries = Object.entries(schema).map(([name, value]): [string, unknown] => {
    const key = camelCase(name);
    if (key === 'type' && typeof value === 'string') return [key, value.toLowerCase()];
    if (key === 'properties' && isRecord(value))
      return [key, Object.fromEntries(Object.entries(value).map(([field, child]) => [field, inner(child)]))];
    if (key === 'items') return [key, inner(value)];
    if (key === 'anyOf' && Array.isArray(value)) return [key, value.map(inner)];
    return [key, value];
  });
  return Object.fromEntries(entries);
}

const inner = (schema: unknown) => (isRecord(schema) ? asJsonSchema(schema) : schema);

export const camelCase = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
export const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
