import { z } from 'zod';
import type { Script } from '../core/golden-task.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { isRecord } from '../text/json.ts';
import { fieldsOf } from './answer.ts';
import { rewriting } from './rewriting.ts';

type Fields = Record<string, unknown>;

/** What another model calls the same thing; a field without an entry gets `_text` behind its name. */
const OTHER_NAMES: Record<string, string> = {
  summary: 'message',
  risk: 'priority',
  next_action: 'recommendation',
  answer: 'response',
  citations: 'references',
  confidence: 'certainty',
};

export const schemaDrift = defineMeaningFault({
  name: 'schema-drift',
  effect: 'spoils',
  needs: 'schema',
  summary: 'A structured answer drifts from its schema: other names, fields gone, other types, or other meanings.',
  params: z.strictObject({
    how: z
      .enum(['rename', 'drop', 'retype', 'meaning'])
      .default('rename')
      .describe('`meaning` fits the schema and says something else: what, the golden task declares as `misreadings`'),
    fields: z
      .array(z.string().min(1).max(200))
      .max(50)
      .optional()
      .describe('top-level fields that drift; without it, those the call’s schema requires'),
    repairable: z
      .boolean()
      .default(true)
      .describe('whether the next call of the same ask to the same role gets the right shape'),
  }),
  magnitude: { param: 'fields', zero: [] },
  example: '{ fault: schema-drift, role: backup, how: rename, fields: [summary, risk], repairable: false }',
  drill: 'invalid_schema_backup',
  trials: [{ how: 'rename' }, { how: 'drop' }, { how: 'retype', repairable: false }],
  open({ how, fields, repairable }) {
    const drifted = new Set<number>();
    return rewriting(({ text }, call, { script }) => {
      const answer = fieldsOf(text);
      if (answer === undefined || (repairable && drifted.has(call.ask))) return undefined;
      const required = call.responseSchema?.schema['required'];
      const named = fields ?? (Array.isArray(required) ? required : Object.keys(answer));
      const changed = how === 'meaning' ? misread(answer, script, fields) : reshape(answer, how, named);
      const wrong = JSON.stringify(changed);
      if (wrong === JSON.stringify(answer)) return undefined;
      drifted.add(call.ask);
      return {
        did: how === 'meaning' ? 'other meanings in the same fields' : `${how}: ${named.join(', ')}`,
        text: wrong,
      };
    });
  },
});

function reshape(answer: Fields, how: 'rename' | 'drop' | 'retype', named: readonly unknown[]): Fields {
  const entries = Object.entries(answer).flatMap(([name, value]): [string, unknown][] => {
    if (!named.includes(name)) return [[name, value]];
    if (how === 'drop') return [];
    return how === 'rename' ? [[OTHER_NAMES[name] ?? `${name}_text`, value]] : [[name, retyped(value)]];
  });
  return Object.fromEntries(entries);
}

function retyped(value: unknown): unknown {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
}

function misread(answer: Fields, { task }: Script, fields: readonly string[] | undefined): Fields {
  const chosen = task.misreadings.map((m) => ({ path: m.field.split('.'), value: m.value }));
  return chosen
    .filter(({ path }) => fields?.includes(path[0] ?? '') !== false)
    .reduce<Fields>((changed, { path, value }) => put(changed, path, value), answer);
}

/** A path that leads nowhere changes nothing. */
function put(at: Fields, [key = '', ...rest]: readonly string[], value: unknown): Fields {
  if (!(key in at)) return at;
  if (rest.length === 0) return { ...at, [key]: value };
  const inner = at[key];
  return isRecord(inner) ? { ...at, [key]: put(inner, rest, value) } : at;
}
