import { dereference, format, type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import { RE2JS } from 're2js';
import { once, remembering } from '../core/once.ts';

/** A schema made ready, with the formats its patterns became. */
interface Ready {
  validator: Validator;
  patterns: typeof format;
}

/** Made once a schema, and once for all that say the same: that costs more than a use. */
const readyFor = once((schema: Record<string, unknown>) => readyForText(JSON.stringify(schema)));
const readyForText = remembering((text) => inLinearTime(JSON.parse(text)));

const RE2 = 're2:';

/**
 * Where a value breaks a JSON Schema (draft 2020-12), containers included; empty where it is valid. Throws where the
 * schema itself cannot be used.
 */
export function schemaErrors(schema: Record<string, unknown>, value: unknown): OutputUnit[] {
  const { validator, patterns } = readyFor(schema);
  // The validator knows formats by name in one table of the process: ours are there only while it works.
  Object.assign(format, patterns);
  try {
    return validator.validate(value).errors.map(asWritten);
  } finally {
    for (const name of Object.keys(patterns)) delete format[name];
  }
}

/** The validator's own way with patterns can take twice as long for each letter: each becomes a format, matched by RE2. */
function inLinearTime(schema: Schema): Ready {
  const patterns: typeof format = {};
  for (const inner of Object.values(dereference(schema))) {
    if (typeof inner === 'boolean' || inner.pattern === undefined) continue;
    const test = matcherOf(inner.pattern);
    if (test === undefined) continue;
    const name = `${RE2}${inner.pattern}`;
    patterns[name] = test;
    inner.allOf = [...(inner.allOf ?? []), { format: name }];
    delete inner.pattern;
  }
  return { validator: new Validator(schema, '2020-12', false), patterns };
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
