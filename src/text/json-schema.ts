import { dereference, format, type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import { RE2JS } from 're2js';

/** A schema made ready, with the formats its patterns became. */
interface Ready {
  validator: Validator;
  patterns: typeof format;
}

/** Made once a schema: that costs more than a use. */
const known = new WeakMap<object, Ready>();

const RE2 = 're2:';

/**
 * Where a value breaks a JSON Schema (draft 2020-12), containers included; empty where it is valid. Throws where the
 * schema itself cannot be used.
 */
export function schemaErrors(schema: Record<string, unknown>, value: unknown): OutputUnit[] {
  const { validator, patterns } = known.get(schema) ?? inLinearTime(schema);
  known.set(schema, { validator, patterns });
  // The validator knows formats by name in one table of the process: ours are there only while it works.
  Object.assign(format, patterns);
  try {
    return validator.validate(value).errors.map(asWritten);
  } finally {
    for (const name of Object.keys(patterns)) delete format[name];
  }
}

/** The validator's own way with patterns can take twice as long for each letter: each becomes a format, matched by RE2. */
function inLinearTime(schema: Record<string, unknown>): Ready {
  // The validator writes into the schema.
  const copy: Schema = structuredClone(schema);
  const patterns: typeof format = {};
  for (const inner of Object.values(dereference(copy))) {
    if (typeof inner === 'boolean' || inner.pattern === undefined) continue;
    const test = matcherOf(inner.pattern);
    if (test === undefined) continue;
    const name = `${RE2}${inner.pattern}`;
    patterns[name] = test;
    inner.allOf = [...(inner.allOf ?? []), { format: name }];
    delete inner.pattern;
  }
  return { validator: new Validator(copy, '2020-12', false), patterns };
}

/** Undefined for a pattern that RE2 does not know, e.g. one that looks around. */
function matcherOf(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matcher(text).find();
  } catch {
    return undefined;
  }
}

function asWritten(unit: OutputUnit): OutputUnit {
  if (!unit.error.includes(`format "${RE2}`)) return unit;
  return { ...unit, keyword: 'pattern', error: unit.error.replace(`format "${RE2}`, 'pattern "') };
}
