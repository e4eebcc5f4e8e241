import { basename } from 'node:path';
import { unknown } from '../../config/closest.ts';
import { jsonSchemas } from '../../config/json-schemas.ts';
import type { Terminal } from '../terminal.ts';

/** Prints the JSON Schema of a file format, or which there are. Throws a DrillError for one that does not exist. */
export function schema(name: string | undefined, { stdout }: Pick<Terminal, 'stdout'>): void {
  const schemas = new Map(Object.entries(jsonSchemas()).map(([file, one]) => [basename(file, '.schema.json'), one]));
  const names = [...schemas.keys()];
  if (name === undefined) {
    const width = Math.max(...names.map((one) => one.length));
    for (const [one, { title }] of schemas) stdout.write(`${one.padEnd(width)}  ${title}\n`);
    return;
  }
  const chosen = schemas.get(name);
  if (chosen === undefined) throw unknown(`there is no schema "${name}"`, 'drill schema', name, names, 'schemas');
  stdout.write(`${JSON.stringify(chosen, null, 2)}\n`);
}
